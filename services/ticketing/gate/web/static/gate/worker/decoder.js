// @ts-check
/// <reference types="emscripten" />
/** Worker that reads the QR code of one camera picture at a time. Says {ready}, then {text} (null: none) per picture. */

import { prepareZXingModule, readBarcodes } from "/static/shared/vendor/zxing/reader/index.js";

const WASM = "/static/shared/vendor/zxing/reader/zxing_reader.wasm";
/** @type {OffscreenCanvas | null} */
let canvas = null;

self.onmessage = async (/** @type {MessageEvent<ImageBitmap>} */ event) => {
  self.postMessage({ text: await textOf(event.data) });
};

prepareZXingModule({ overrides: { locateFile: () => WASM }, fireImmediately: true }).then(
  () => self.postMessage({ ready: true }),
  (/** @type {unknown} */ fault) => self.postMessage({ fault: String(fault) }),
);

/** @param {ImageBitmap} picture */
async function textOf(picture) {
  const { width, height } = picture;
  if (!canvas || canvas.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(picture, 0, 0);
  picture.close();
  const found = await readBarcodes(context.getImageData(0, 0, width, height), {
    formats: ["QRCode"],
    maxNumberOfSymbols: 1,
  });
  return found.length ? found[0].text : null;
}
