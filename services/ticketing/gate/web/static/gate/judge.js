// @ts-check
/** Decides on a ticket with what the phone has, and writes scan, use and outbox down before anybody sees a colour. */

import { answerOf, change, fact, newId } from "./memory.js";
import { admissionsLeft, decide } from "./rules.js";
import { verifyTicket } from "./ticket.js";

/** @typedef {import("./rules.js").Reading} Reading */
/** @typedef {import("./rules.js").Verdict} Verdict */
/** What was shown or typed, and what it says. @typedef {{reading: Reading, code: string | null, short_code: string | null, flags: number}} Shown */
/**
 * known_at: when the lists decided by were the server's. A removed phone's verdict is no scan: nothing is written down.
 * @typedef {{verdict: Verdict | typeof REMOVED, count: number, shown: Shown, known_at: string}} Judged
 */

export const UNDO_MS = 30_000;
/** Whatever is shown to a phone that the manager took from the gate. */
const REMOVED = /** @type {const} */ ({ kind: "phone_removed", colour: "red", remaining: null, first_use: null });

/**
 * @param {string} text of a QR code
 * @returns {Promise<Shown>}
 */
export async function readCode(text) {
  const setup = await fact("setup");
  const reading = await verifyTicket(text, setup ? setup.keys : {});
  // A code that is not ours is nobody's business: the server hears that one was shown, not what it said.
  const code = text.startsWith("HG") ? text.slice(0, 4400) : text.slice(0, 6);
  return { reading, code, short_code: null, flags: reading.claims ? Number(/** @type {any} */ (reading.claims).flags) : 0 };
}

/**
 * People that may still enter, for a group's ticket that would be admitted now; else null.
 * @param {Shown} shown
 */
export async function groupOf(shown) {
  const { claims } = shown.reading;
  if (!claims || claims.admits < 2) return null;
  return change(["facts", "uses"], async (stores) => {
    const { gate, known, removed } = await situation(stores, claims.ticket_id);
    if (removed) return null;
    const left = admissionsLeft(claims, known);
    return decide(shown.reading, gate, known, 1).kind === "admit" && left > 1 ? left : null;
  });
}

/**
 * Decides and remembers, in one transaction, so that no second window and no second read gets in between.
 * @param {Shown} shown
 * @param {number} count
 * @param {{offline: boolean, person_id: string | null}} at
 * @returns {Promise<Judged>}
 */
export async function judge(shown, count, at) {
  return change(["facts", "uses", "scans", "outbox"], async (stores) => {
    const { claims } = shown.reading;
    const { gate, known, removed, setup, now, known_at } = await situation(stores, claims ? claims.ticket_id : "");
    if (removed) return { verdict: REMOVED, count, shown, known_at };
    const verdict = decide(shown.reading, gate, known, count);
    const scan_id = newId(now);
    const occurred_at = new Date(now).toISOString();
    const ticket_id = claims ? claims.ticket_id : null;
    if (verdict.kind === "admit" && ticket_id) {
      stores.uses.put({ scan_id, ticket_id, admitted: count, at: occurred_at, gate: setup.device_name });
    }
    const body = { scan_id, code: shown.code, short_code: shown.short_code, count, occurred_at, verdict: verdict.kind, ...at };
    const { venue_id } = setup.venue;
    stores.outbox.add({ kind: "scan", scan_id, venue_id, body });
    const product_number = claims ? claims.product_number : null;
    const { kind } = verdict;
    stores.scans.put({ scan_id, venue_id, ticket_id, product_number, kind, count, at: occurred_at, sent: "waiting" });
    return { verdict, count, shown, known_at };
  });
}

/**
 * Takes a scan back; false if that comes too late.
 * @param {string} scanId
 */
export function undo(scanId) {
  return change(["facts", "uses", "scans", "outbox"], async (stores) => {
    const scan = await answerOf(stores.scans.get(scanId));
    const use = await answerOf(stores.uses.get(scanId));
    const now = Date.now() + Number((await answerOf(stores.facts.get("clock_offset_ms"))) || 0);
    if (!scan || !use || scan.undone || now - Date.parse(scan.at) > UNDO_MS) return false;
    stores.uses.put({ ...use, undone: true });
    stores.scans.put({ ...scan, undone: true, sent: "waiting" });
    const body = { scan_id: scanId, occurred_at: new Date(now).toISOString() };
    stores.outbox.add({ kind: "undo", scan_id: scanId, venue_id: scan.venue_id, body });
    return true;
  });
}

/**
 * What the rule needs besides the reading, read inside the caller's transaction.
 * @param {Record<string, IDBObjectStore>} stores
 * @param {string} ticketId
 */
async function situation(stores, ticketId) {
  const setup = await answerOf(stores.facts.get("setup"));
  const offset = Number((await answerOf(stores.facts.get("clock_offset_ms"))) || 0);
  const revoked = new Set((await answerOf(stores.facts.get("revoked"))) || []);
  const uses = await answerOf(stores.uses.index("ticket_id").getAll(ticketId));
  const removed = Boolean(await answerOf(stores.facts.get("removed")));
  const known_at = await answerOf(stores.facts.get("since"));
  const now = Date.now() + offset;
  const gate = { venue_number: setup.venue.number, product_numbers: null, today: localDate(now) };
  return { gate, known: { revoked, uses: new Map([[ticketId, uses]]) }, removed, setup, now, known_at };
}

/** This moment by the server's clock, as far as the last contact tells. */
export async function serverNow() {
  return Date.now() + Number((await fact("clock_offset_ms")) || 0);
}

/** The date in Hà Giang, seven hours before UTC's all year. @param {number} now */
export function localDate(now) {
  return new Date(now + 7 * 3_600_000).toISOString().slice(0, 10);
}
