// @ts-check
/** Reads a typed short code: what ticket it stands for, by the server if it can be asked, else by the phone's list. */

import { all, fact } from "./memory.js";
import { call } from "./server.js";
import { parseShortCode, shortCodeHash } from "./short_code.js";
import { state } from "./sync.js";

const ASK_MS = 3_000;

/**
 * @param {string} typed
 * @returns {Promise<import("./judge.js").Shown | {mistake: string}>}
 */
export async function readTyped(typed) {
  const parsed = parseShortCode(typed);
  if (parsed.error !== undefined) return { mistake: parsed.error };
  // The list has three bytes of each code: enough to find a ticket, too few to prove that the whole code was typed.
  const asked = await ask(parsed.code);
  const claims = asked ? asked.ticket : await listed(parsed.code);
  /** @type {import("./rules.js").Reading} */
  const reading = claims ? { claims } : { error: "unknown_short_code" };
  return { reading, code: null, short_code: parsed.code, flags: 0 };
}

/**
 * Which ticket of this venue a typed code stands for, as the server knows it; null if it does not answer soon.
 * @param {string} code
 * @returns {Promise<{ticket: any} | null>}
 */
async function ask(code) {
  const setup = await fact("setup");
  if (state.line !== "online" || !setup) return null;
  try {
    return await call("/api/gate/short-codes", { short_code: code, venue_id: setup.venue.venue_id }, ASK_MS);
  } catch {
    return null;
  }
}

/**
 * The one ticket of the list that the code fits; if it fits two, nobody can say which, and the QR must be read.
 * @param {string} code
 */
async function listed(code) {
  const tickets = await all("tickets");
  /** @type {Map<string, string>} */
  const hashes = new Map();
  for (const { first_day: day, venue_number: venue } of tickets) {
    if (!hashes.has(day)) hashes.set(day, await shortCodeHash(code, venue, day));
  }
  const fitting = tickets.filter((ticket) => ticket.hash && ticket.hash === hashes.get(ticket.first_day));
  return fitting.length === 1 ? fitting[0] : null;
}
