// @ts-check
// Scans a VietQR with the browser's own detector where it has one; without it the form stays a form.

/** @typedef {{ detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }} Detector */

const LOOK_EVERY_MS = 200;
const form = /** @type {HTMLFormElement} */ (document.getElementById("scan"));
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("qr"));
const view = /** @type {HTMLVideoElement} */ (document.getElementById("camera-view"));
const start = /** @type {HTMLButtonElement} */ (document.getElementById("camera-start"));
const refused = /** @type {HTMLElement} */ (document.getElementById("camera-refused"));

const maker = /** @type {{ BarcodeDetector?: new (options: { formats: string[] }) => Detector }} */ (
  /** @type {unknown} */ (window)
).BarcodeDetector;

if (maker && navigator.mediaDevices) {
  /** @type {HTMLElement} */ (document.getElementById("camera")).hidden = false;
  const detector = new maker({ formats: ["qr_code"] });
  start.addEventListener("click", () => {
    scan(detector).catch(() => {
      view.hidden = true;
      refused.hidden = false;
    });
  });
}

/** @param {Detector} detector */
async function scan(detector) {
  refused.hidden = true;
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    view.srcObject = stream;
    view.hidden = false;
    await view.play();
    field.value = await firstCode(detector);
  } finally {
    stream.getTracks().forEach((track) => track.stop());
  }
  form.submit();
}

/**
 * @param {Detector} detector
 * @returns {Promise<string>}
 */
async function firstCode(detector) {
  for (;;) {
    const found = await detector.detect(view);
    if (found.length > 0) return found[0].rawValue;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
