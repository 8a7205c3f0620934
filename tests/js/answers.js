// @ts-check
/**
 * The JavaScript side as a line tool, for tests that compare it with Python: a JSON question a
 * line on standard input ({code} | {typed} | a case of the gate rule), a JSON answer a line back.
 */

import { createInterface } from "node:readline";

import { decide } from "../../services/ticketing/gate/web/static/gate/rules.js";
import { parseShortCode, shortCodeHash } from "../../services/ticketing/gate/web/static/gate/short_code.js";
import { verifyTicket } from "../../services/ticketing/gate/web/static/gate/ticket.js";
import { knownOf, publicKeys } from "./vectors.js";

/** @param {any} question */
async function answerTo(question) {
  if ("code" in question) return verifyTicket(question.code, publicKeys);
  if ("typed" in question) {
    const { code, error } = parseShortCode(question.typed);
    return code === undefined ? { error } : { code, hash: await shortCodeHash(code, 7, "2026-11-24") };
  }
  return decide(question.reading, question.gate, knownOf(question.known), question.count);
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answerTo(JSON.parse(line))));
}
