// @ts-check
/** Which entries of the outbox go out together, and which must wait. Pure, so that it can be tried without a phone. */

const BATCH = 50;

/**
 * Something the server has not been told. venue_id: where it was scanned; entries of an older scanner have none.
 * @typedef {{n: number, kind: "scan" | "undo", scan_id: string, venue_id?: string, body: any}} Entry
 */

/**
 * Venues that something waits for although this phone's pass is not for them.
 * @param {readonly Entry[]} waiting
 * @param {readonly string[]} ownVenues of the pass
 * @returns {Set<string>}
 */
export function venuesElsewhere(waiting, ownVenues) {
  const venues = waiting.flatMap(({ venue_id: venueId }) => (venueId ? [venueId] : []));
  return new Set(venues.filter((venueId) => !ownVenues.includes(venueId)));
}

/**
 * The bodies of scans, each with when it was taken back if that waits too: offline nobody else knows that the phone did
 * both within its 30 seconds.
 * @param {readonly Entry[]} scans
 * @param {readonly Entry[]} waiting
 */
export function bodiesOf(scans, waiting) {
  const undone = new Map(waiting.flatMap(({ kind, scan_id: id, body }) => (kind === "undo" ? [[id, body.occurred_at]] : [])));
  return scans.map(({ scan_id: id, body }) => (undone.has(id) ? { ...body, undone_at: undone.get(id) } : body));
}

/**
 * The first entries that one request may carry: scans of one venue, or a single undo; none if all must wait.
 * @param {readonly Entry[]} waiting in the order of their making
 * @param {ReadonlySet<string>} elsewhere
 * @returns {Entry[]}
 */
export function nextToSend(waiting, elsewhere) {
  const [first, ...others] = waiting.filter(({ venue_id: venueId }) => !venueId || !elsewhere.has(venueId));
  if (!first) return [];
  if (first.kind === "undo") return [first];
  const end = others.findIndex((entry) => entry.kind === "undo" || entry.venue_id !== first.venue_id);
  return [first, ...others.slice(0, end < 0 ? BATCH - 1 : Math.min(BATCH - 1, end))];
}
