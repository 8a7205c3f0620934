// @ts-check
/**
 * Base45 as in RFC 9285, strict: one text for every byte string, upper case, nothing skipped.
 * Twin of services/ticketing/codes/base45.py.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/**
 * The bytes behind a text, or null for any text that no encoder could have made.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
export function decode(text) {
  const rest = text.length % 3;
  if (rest === 1) return null;
  const data = new Uint8Array(Math.floor(text.length / 3) * 2 + (rest ? 1 : 0));
  let at = 0;
  for (let start = 0; start < text.length; start += 3) {
    const group = text.slice(start, start + 3);
    const digits = Array.from(group, (character) => ALPHABET.indexOf(character));
    if (digits.includes(-1)) return null;
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    // The bound makes the code canonical: 3 characters could say 91124, 2 bytes only 65535.
    if (value >= 256 ** (group.length - 1)) return null;
    if (group.length === 3) data[at++] = value >> 8;
    data[at++] = value & 0xff;
  }
  return data;
}
