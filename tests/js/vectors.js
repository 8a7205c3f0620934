// @ts-check
/** The vectors of docs/ and what the tests of this folder share to read them. */

import { readFileSync } from "node:fs";

/** @param {string} name */
function readJson(name) {
  return JSON.parse(readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8"));
}

export const codeVectors = readJson("ticket-code-vectors.json");
export const ruleVectors = readJson("gate-rule-vectors.json").vectors;

/** The TEST keys of the vectors, as the server hands out real ones. @type {Record<string, string>} */
export const publicKeys = Object.fromEntries(
  codeVectors.test_keys.map((/** @type {any} */ key) => [String(key.key_id), key.public_key]),
);

/**
 * What a gate knows, from its JSON.
 * @param {{revoked: string[], uses: Record<string, import("../../services/ticketing/gate/web/static/gate/rules.js").Use[]>}} known
 */
export function knownOf(known) {
  return { revoked: new Set(known.revoked), uses: new Map(Object.entries(known.uses)) };
}
