// @ts-check
/**
 * The short code under a ticket's QR: nine Crockford characters and a check character.
 * Twin of services/ticketing/codes/short_code.py. It is a name, not a proof: a gate believes it
 * only by its manifest.
 */

/** @typedef {"short_code_character" | "short_code_length" | "short_code_check" | "payment_reference"} ShortCodeError */
/** @typedef {{code: string, error?: undefined} | {error: ShortCodeError, code?: undefined}} ShortCodeReading */

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LENGTH = 10;
// Blanks and dashes of keyboards, chat apps and print.
const SEPARATORS = /[ \t\r\n\u00a0\u2009\u202f\-\u2010-\u2014_.]/g;

/**
 * The code that a person typed: case, blanks, dashes, O for 0, and I and L for 1 don't matter.
 * @param {string} text
 * @returns {ShortCodeReading}
 */
export function parseShortCode(text) {
  const typed = Array.from(text.replace(SEPARATORS, ""));
  // ASCII first: the upper case of other scripts can be a letter of ours ("ſ" turns into "S").
  const folded = typed.map((character) => (/^[0-9A-Za-z]$/.test(character) ? fold(character) : "?"));
  if (folded.some((character) => !CROCKFORD.includes(character))) return { error: "short_code_character" };
  if (folded.length !== LENGTH) return { error: "short_code_length" };
  const code = folded.join("");
  if (checkCharacter(code.slice(0, -1)) !== code.slice(-1)) return { error: "short_code_check" };
  // The reference of a bank transfer has the same length and check, but always starts with HG.
  return code.startsWith("HG") ? { error: "payment_reference" } : { code };
}

/**
 * The code as people see it: XXXX-XXXX-XX.
 * @param {string} code
 */
export function groupedShortCode(code) {
  return (code.match(/.{1,4}/g) || []).join("-");
}

/**
 * What the manifest knows of a ticket's code: 3 bytes of a salted SHA-256, in lower-case hex.
 * @param {string} code as parseShortCode gave it
 * @param {number} venueNumber
 * @param {string} firstDay YYYY-MM-DD
 * @returns {Promise<string>}
 */
export async function shortCodeHash(code, venueNumber, firstDay) {
  const salted = new TextEncoder().encode(`${venueNumber}.${firstDay}.${code}`);
  const digest = await crypto.subtle.digest("SHA-256", salted);
  return Array.from(new Uint8Array(digest, 0, 3), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} character */
function fold(character) {
  return character.toUpperCase().replace("O", "0").replace(/[IL]/, "1");
}

/**
 * ISO/IEC 7064, hybrid system MOD 37,36; catches every single mistyped character.
 * @param {string} text of 0-9 and A-Z
 */
function checkCharacter(text) {
  let product = 36;
  for (const character of text) {
    const total = (product + ALPHANUMERIC.indexOf(character)) % 36 || 36;
    product = (total * 2) % 37;
  }
  return ALPHANUMERIC[(37 - product) % 36];
}
