// @ts-check
/**
 * The ticket code behind a QR: `HG1.` + base45(28 bytes of claims + Ed25519 signature).
 * Twin of services/ticketing/codes/ticket_code.py; specified in docs/ticket-code.md.
 * Whether a ticket was used or revoked is no business of this file: that is rules.js.
 */

import { decode } from "./base45.js";
import { bytesOfHex, verifyEd25519 } from "./ed25519.js";

/**
 * What a ticket says of itself, named as on the wire. first_day is YYYY-MM-DD, local.
 * @typedef {object} Claims
 * @property {number} format
 * @property {number} key_id
 * @property {string} ticket_id lower-case UUID
 * @property {number} venue_number
 * @property {number} product_number
 * @property {string} first_day
 * @property {number} slot 1..255 of the day, 0 = any
 * @property {number} days local dates on which it admits, from first_day on
 * @property {number} admits people let in, once each, over all those days
 * @property {number} flags
 */
/** @typedef {"not_a_ticket" | "payment_code" | "newer_code" | "unknown_format" | "malformed" | "unknown_key" | "bad_signature"} CodeError */
/** @typedef {{claims: Claims, error?: undefined} | {error: CodeError, claims?: undefined}} TicketReading */
/** Public keys by key id, 32 bytes in hex, as the server hands them out. @typedef {Record<string, string>} PublicKeys */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** A reduction was given: staff are asked to look at the visitor's proof. Changes no verdict. */
export const FLAG_EVIDENCE = 0x01;

const PREFIX = "HG1.";
const FORMAT = 1;
const CLAIMS_BYTES = 28;
const SIGNATURE_BYTES = 64;
const LONGEST_CODE = 4296;
const CRITICAL_FLAGS = 0xf0;
const DAY_MS = 86_400_000;
const DAY_ZERO_MS = Date.UTC(2020, 0, 1);

/**
 * The claims of a genuine code, or the reason why it proves nothing. Nothing is trimmed or folded:
 * a code has one spelling. Rejects only if this browser has no way to check signatures at all.
 * @param {string} code
 * @param {PublicKeys} publicKeys
 * @param {import("./ed25519.js").Verify} [verifySignature]
 * @returns {Promise<TicketReading>}
 */
export async function verifyTicket(code, publicKeys, verifySignature = verifyEd25519) {
  if (!code.startsWith(PREFIX)) return { error: errorOfForeign(code) };
  const data = code.length <= LONGEST_CODE ? decode(code.slice(PREFIX.length)) : null;
  if (!data) return { error: "malformed" };
  // Before the length, because another format may have another one.
  if (data.length && data[0] !== FORMAT) return { error: "unknown_format" };
  if (data.length !== CLAIMS_BYTES + SIGNATURE_BYTES) return { error: "malformed" };
  const packed = data.slice(0, CLAIMS_BYTES);
  const publicKey = publicKeys[String(packed[1])];
  if (publicKey === undefined) return { error: "unknown_key" };
  const genuine = await verifySignature(bytesOfHex(publicKey), data.slice(CLAIMS_BYTES), signedBytes(packed));
  return genuine ? readClaims(packed) : { error: "bad_signature" };
}

/**
 * @param {string} code
 * @returns {CodeError}
 */
function errorOfForeign(code) {
  if (/^HG[2-9]\./.test(code)) return "newer_code";
  // Each payment QR of the EMV standard, VietQR among them, starts with its format indicator.
  if (code.startsWith("000201")) return "payment_code";
  return "not_a_ticket";
}

/**
 * @param {Bytes} packed
 * @returns {Bytes}
 */
function signedBytes(packed) {
  const message = new Uint8Array(PREFIX.length + packed.length);
  message.set(Array.from(PREFIX, (character) => character.charCodeAt(0)));
  message.set(packed, PREFIX.length);
  return message;
}

/**
 * Claims from signed bytes; an issuer's own mistake is refused too.
 * @param {Bytes} packed
 * @returns {TicketReading}
 */
function readClaims(packed) {
  const view = new DataView(packed.buffer);
  const claims = {
    format: packed[0],
    key_id: packed[1],
    ticket_id: uuidOf(packed.slice(2, 18)),
    venue_number: view.getUint16(18),
    product_number: view.getUint16(20),
    first_day: new Date(DAY_ZERO_MS + view.getUint16(22) * DAY_MS).toISOString().slice(0, 10),
    slot: packed[24],
    days: packed[25],
    admits: packed[26],
    flags: packed[27],
  };
  if (claims.flags & CRITICAL_FLAGS) return { error: "newer_code" };
  const complete = claims.venue_number && claims.product_number && claims.days && claims.admits;
  return complete ? { claims } : { error: "malformed" };
}

/** @param {Bytes} bytes */
function uuidOf(bytes) {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
