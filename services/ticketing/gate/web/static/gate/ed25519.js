// @ts-check
/**
 * Ed25519 signatures: the browser's own where it has them (Chrome 137, Firefox 129, Safari 17),
 * else the vendored @noble/ed25519, loaded only then. The service worker must keep that file.
 */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {(publicKey: Bytes, signature: Bytes, message: Bytes) => Promise<boolean>} Verify */
/**
 * @typedef {object} Noble
 * @property {(signature: Bytes, message: Bytes, publicKey: Bytes, options: {zip215: boolean}) => Promise<boolean>} verifyAsync
 */

/** Where the fallback lies; the shell's precache list names it too. */
export const NOBLE_URL = "/static/shared/vendor/noble-ed25519.js";

// A public key of RFC 8032, 7.1: what a browser with Ed25519 must be able to import.
const SOME_PUBLIC_KEY = bytesOfHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

/**
 * A verifier on the first engine that works here. Rejects if there is none; the next call to it
 * tries again, since the fallback may have been out of reach only for the moment.
 * @param {SubtleCrypto | undefined} subtle
 * @param {() => Promise<Noble>} loadNoble
 * @returns {Verify}
 */
export function createVerifier(subtle, loadNoble) {
  /** @type {Promise<Verify> | null} */
  let engine = null;
  return async (publicKey, signature, message) => {
    engine = engine || chooseEngine(subtle, loadNoble);
    /** @type {Verify} */
    let verify;
    try {
      verify = await engine;
    } catch (fault) {
      engine = null;
      throw fault;
    }
    return verify(publicKey, signature, message);
  };
}

/** The verifier of this page. @type {Verify} */
export const verifyEd25519 = createVerifier(globalThis.crypto && globalThis.crypto.subtle, () => import(NOBLE_URL));

/**
 * The bytes of a text of hexadecimal pairs.
 * @param {string} hex
 * @returns {Bytes}
 */
export function bytesOfHex(hex) {
  return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
}

/**
 * @param {SubtleCrypto | undefined} subtle
 * @param {() => Promise<Noble>} loadNoble
 * @returns {Promise<Verify>}
 */
async function chooseEngine(subtle, loadNoble) {
  if (subtle && (await canImport(subtle))) return nativeVerify(subtle);
  const noble = await loadNoble();
  // By default noble follows ZIP 215, which accepts signatures that WebCrypto and Python refuse.
  return async (publicKey, signature, message) => {
    return noble.verifyAsync(signature, message, publicKey, { zip215: false });
  };
}

/**
 * @param {SubtleCrypto} subtle
 * @returns {Promise<boolean>}
 */
async function canImport(subtle) {
  try {
    await importKey(subtle, SOME_PUBLIC_KEY);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {SubtleCrypto} subtle
 * @returns {Verify}
 */
function nativeVerify(subtle) {
  return async (publicKey, signature, message) => {
    const key = await importKey(subtle, publicKey);
    return subtle.verify("Ed25519", key, signature, message);
  };
}

/**
 * @param {SubtleCrypto} subtle
 * @param {Bytes} publicKey
 */
function importKey(subtle, publicKey) {
  return subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
}
