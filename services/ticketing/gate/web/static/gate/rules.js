// @ts-check
/**
 * The gate rule: what happens when a ticket is shown. One pure function, the same on every side.
 * Twin of services/ticketing/gate/domain/rule.py; docs/gate-rule-vectors.json binds both.
 */

/**
 * What a ticket allows: the claims of a QR, or a manifest's entry for a short code.
 * @typedef {object} Entitlement
 * @property {string} ticket_id
 * @property {number} venue_number
 * @property {number} product_number
 * @property {string} first_day YYYY-MM-DD, local
 * @property {number} days
 * @property {number} admits
 */
/** @typedef {import("./ticket.js").CodeError | "unknown_short_code"} ReadingError */
/** @typedef {{claims: Entitlement, error?: undefined} | {error: ReadingError, claims?: undefined}} Reading */
/**
 * Where the ticket is shown, and on which local date. product_numbers null: every product.
 * @typedef {object} Gate
 * @property {number} venue_number
 * @property {readonly number[] | null} product_numbers
 * @property {string} today YYYY-MM-DD, local
 */
/**
 * One accepted scan of a ticket, from whatever gate it was heard. `undone` is never taken back.
 * @typedef {object} Use
 * @property {string} scan_id lower-case UUID
 * @property {number} admitted
 * @property {string} at an instant, as in "2026-11-24T03:00:00Z"
 * @property {string} gate
 * @property {boolean} [undone]
 */
/**
 * All that this side has heard so far; one scan may be in `uses` twice, heard on two ways.
 * @typedef {object} Known
 * @property {{has(ticketId: string): boolean}} revoked
 * @property {{get(ticketId: string): readonly Use[] | undefined}} uses
 */
/** @typedef {"admit" | "already_used" | "too_many" | "too_early" | "expired" | "wrong_venue" | "wrong_product" | "revoked" | "bad_signature" | "unknown_key" | "newer_code" | "not_a_ticket" | "payment_code" | "unknown_short_code"} VerdictKind */
/** Green: walk in. Amber: a person has to look. Red: no. @typedef {"green" | "amber" | "red"} Colour */
/**
 * remaining: people the ticket still admits after this answer; for admit, already_used and too_many.
 * @typedef {object} Verdict
 * @property {VerdictKind} kind
 * @property {Colour} colour
 * @property {number | null} remaining
 * @property {Use | null} first_use
 */

/** @type {Readonly<Record<ReadingError, VerdictKind>>} */
const VERDICT_OF_ERROR = {
  not_a_ticket: "not_a_ticket",
  malformed: "not_a_ticket",
  payment_code: "payment_code",
  newer_code: "newer_code",
  unknown_format: "newer_code",
  unknown_key: "unknown_key",
  bad_signature: "bad_signature",
  unknown_short_code: "unknown_short_code",
};

/**
 * The verdict on `count` people (at least 1) who show one ticket here and now. The order is part of
 * the specification: readable, place, product, revoked, date, uses.
 * @param {Reading} reading
 * @param {Gate} gate
 * @param {Known} known
 * @param {number} count
 * @returns {Verdict}
 */
export function decide(reading, gate, known, count) {
  if (!Number.isInteger(count) || count < 1) throw new RangeError("count must be a whole number from 1");
  if (reading.error !== undefined) return verdict(VERDICT_OF_ERROR[reading.error]);
  const ticket = reading.claims;
  const refusal = refusalOf(ticket, gate, known);
  if (refusal) return verdict(refusal);
  const left = admissionsLeft(ticket, known);
  const first = standingUses(ticket, known).sort(byTime)[0] || null;
  // Green is what has to be proved: with a broken number every comparison is false.
  if (count <= left) return verdict("admit", left - count, first);
  return verdict(left > 0 ? "too_many" : "already_used", left, first);
}

/**
 * People that the ticket still admits by what is known here; what a group's counter shows.
 * @param {Entitlement} ticket
 * @param {Known} known
 */
export function admissionsLeft(ticket, known) {
  const admitted = standingUses(ticket, known).reduce((sum, use) => sum + use.admitted, 0);
  return Math.max(0, ticket.admits - admitted);
}

/**
 * @param {Entitlement} ticket
 * @param {Gate} gate
 * @param {Known} known
 * @returns {VerdictKind | null}
 */
function refusalOf(ticket, gate, known) {
  if (ticket.venue_number !== gate.venue_number) return "wrong_venue";
  if (gate.product_numbers && !gate.product_numbers.includes(ticket.product_number)) return "wrong_product";
  // Before the date: who is told to come back tomorrow would come in vain.
  if (known.revoked.has(ticket.ticket_id)) return "revoked";
  const age = dayNumber(gate.today) - dayNumber(ticket.first_day);
  if (age < 0) return "too_early";
  return age < ticket.days ? null : "expired";
}

/**
 * Each scan of the ticket once, without the undone ones.
 * @param {Entitlement} ticket
 * @param {Known} known
 * @returns {Use[]}
 */
function standingUses(ticket, known) {
  const uses = known.uses.get(ticket.ticket_id) || [];
  const undone = new Set(uses.filter((use) => use.undone).map((use) => use.scan_id));
  const standing = uses.filter((use) => !undone.has(use.scan_id));
  return [...new Map(standing.map((use) => [use.scan_id, use])).values()];
}

/**
 * @param {Use} one
 * @param {Use} other
 */
function byTime(one, other) {
  return Date.parse(one.at) - Date.parse(other.at) || (one.scan_id < other.scan_id ? -1 : 1);
}

/**
 * Whole days since 1970; a date alone is read as UTC, so no summer time can shift it.
 * @param {string} date YYYY-MM-DD
 */
function dayNumber(date) {
  return Date.parse(date) / 86_400_000;
}

/**
 * @param {VerdictKind} kind
 * @param {number | null} remaining
 * @param {Use | null} firstUse
 * @returns {Verdict}
 */
function verdict(kind, remaining = null, firstUse = null) {
  return { kind, colour: colourOf(kind), remaining, first_use: firstUse };
}

/**
 * @param {VerdictKind} kind
 * @returns {Colour}
 */
function colourOf(kind) {
  if (kind === "admit") return "green";
  return kind === "already_used" || kind === "too_many" || kind === "unknown_short_code" ? "amber" : "red";
}
