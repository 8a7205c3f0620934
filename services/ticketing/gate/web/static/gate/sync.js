// @ts-check
/**
 * Tells the server what happened and hears what happened elsewhere. Everything here may fail at any time without
 * anybody at the gate waiting: the outbox stays until its answers are written down.
 */

import { all, answerOf, change, count, fact, keepFact, newId } from "./memory.js";
import { localDate, serverNow } from "./judge.js";
import { bodiesOf, nextToSend, venuesElsewhere } from "./outbox.js";
import { NOT_OURS, REMOVED, Refused, Unreachable, call } from "./server.js";

const TICK_MS = 30_000;
const AGAIN_MS = 3_000;
const SLOW_MS = 3_000;
const DAY_MS = 86_400_000;
// What the tickets are kept as; a list that an older scanner kept is fetched anew.
const LIST = 2;

/**
 * checking: nobody knows at this moment. refused: somebody answers, but what waits does not get through.
 * unpaired: the server does not know this phone. That it was removed is a fact, which outlives the page.
 * @typedef {"checking" | "online" | "offline" | "refused" | "unpaired"} Line
 */
/** @typedef {{line: Line, error: string}} SyncState */
/** @type {SyncState} */
export const state = { line: "checking", error: "" };

/** Called after every change of `state` or of what is known. @type {() => void} */
let tell = () => undefined;
/** @type {EventSource | null} */
let stream = null;
/** @type {Promise<void>} */
let turn = Promise.resolve();
let isQueued = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

/** Keeps up for as long as the page lives. @param {() => void} listener */
export function start(listener) {
  tell = listener;
  // What the browser thinks of the network is only a hint: each change is tried out.
  for (const name of ["online", "offline"]) addEventListener(name, doubt);
  // A page that comes back whole from the browser's memory still shows how things stood when it went.
  addEventListener("pageshow", ({ persisted }) => persisted && doubt());
  document.addEventListener("visibilitychange", doubt);
  setInterval(() => void (document.hidden || sync()), TICK_MS);
  return sync();
}

/** What was known of the line no longer counts; while the page is hidden nobody finds out. */
function doubt() {
  hangUp();
  note({ line: "checking" });
  if (!document.hidden) void sync();
}

/** Sends what waits, fetches what is new, listens on. One at a time; rejects never. */
export function sync() {
  if (isQueued) return turn;
  isQueued = true;
  turn = turn.then(async () => {
    isQueued = false;
    const slow = setTimeout(() => state.line === "online" && note({ line: "checking" }), SLOW_MS);
    try {
      await flush();
      await refresh();
      // By now it is known which venues the pass is for, also if it is a new one.
      await flush();
      note({ line: "online", error: "" });
      await listen();
    } catch (fault) {
      await stumbled(fault);
    } finally {
      clearTimeout(slow);
    }
  });
  return turn;
}

/** @param {unknown} fault */
async function stumbled(fault) {
  const { status, code } = fault instanceof Refused ? fault : { status: 0, code: "" };
  // This pass is not for the venue chosen before: back to the pass's own.
  if (status === 403) await keepFact("venue_id", null);
  if (code === REMOVED) await keepFact("removed", true);
  hangUp();
  if (fault instanceof Unreachable) note({ line: "offline", error: "" });
  else if (status === 401) note({ line: "unpaired", error: "" });
  else note({ line: "refused", error: status ? String(status) : fault instanceof Error ? fault.name : "" });
  if (status !== 401) again(AGAIN_MS);
}

/**
 * Tries once more in a while. One timer for all who want that, or a long time offline would be a storm of tries.
 * @param {number} wait
 */
function again(wait) {
  clearTimeout(retry);
  retry = setTimeout(() => void (document.hidden || sync()), wait);
}

/** @param {Partial<SyncState>} changed */
function note(changed) {
  Object.assign(state, changed);
  tell();
}

/** Sends the outbox in its order; only what is answered leaves it, and what the pass is not for stays. */
async function flush() {
  const elsewhere = await whereElse();
  for (;;) {
    const entries = nextToSend(await all("outbox"), elsewhere);
    if (!entries.length) return;
    const [{ kind, venue_id: venueId }] = entries;
    try {
      await (kind === "undo" ? sendUndo(entries[0]) : sendScans(entries));
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.code !== NOT_OURS || !venueId) throw fault;
      elsewhere.add(venueId);
    }
  }
}

/** Venues that scans wait for, as far as the last manifest knows what the pass is for. */
async function whereElse() {
  const setup = await fact("setup");
  if (!setup) return new Set();
  return venuesElsewhere(await all("outbox"), setup.phone_venues.map((/** @type {any} */ venue) => venue.venue_id));
}

/** How many scans wait until this phone is paired at another venue again. */
export async function countElsewhere() {
  const elsewhere = await whereElse();
  return (await all("outbox")).filter((entry) => elsewhere.has(entry.venue_id)).length;
}

/** @param {any[]} entries */
async function sendScans(entries) {
  try {
    const venue_id = entries[0].venue_id || (await fact("venue_id"));
    const scans = bodiesOf(entries, await all("outbox"));
    const { answers } = await call("/api/gate/scans", { venue_id, scans, keeps: true });
    await written(entries, answers);
  } catch (fault) {
    if (!(fault instanceof Refused) || fault.status !== 422) throw fault;
    // One of them is broken. Alone it is set aside and shown, and the others pass.
    if (entries.length === 1) return written(entries, [{ verdict: "rejected" }]);
    for (const entry of entries) await sendScans([entry]);
  }
}

/** @param {any} entry */
async function sendUndo(entry) {
  try {
    await call("/api/gate/undo", entry.body);
    await written([entry], [{ verdict: "undone" }]);
  } catch (fault) {
    if (!(fault instanceof Refused) || ![404, 409, 422].includes(fault.status)) throw fault;
    await written([entry], [{ verdict: "not_undone" }]);
  }
}

/**
 * @param {any[]} entries
 * @param {any[]} answers
 */
function written(entries, answers) {
  return change(["scans", "outbox", "uses"], async ({ scans, outbox, uses }) => {
    for (const [place, entry] of entries.entries()) {
      const { verdict } = answers[place];
      // What the server did not take back counts at every gate, so here too.
      const standing = verdict === "not_undone" ? { undone: false } : {};
      const [scan, use] = [await answerOf(scans.get(entry.scan_id)), await answerOf(uses.get(entry.scan_id))];
      if (scan) scans.put({ ...scan, ...standing, sent: verdict, answer: answers[place] });
      if (use && verdict === "not_undone") uses.put({ ...use, undone: false });
      outbox.delete(entry.n);
    }
  });
}

/** @param {Record<string, string>} values with the chosen venue added, if this phone has several */
async function asQuery(values) {
  const venueId = await fact("venue_id");
  return new URLSearchParams(venueId ? { ...values, venue_id: venueId } : values).toString();
}

/**
 * Moves a phone of several venues; false while something waits that does not say for which of them.
 * @param {string | null} venueId
 */
export async function moveTo(venueId) {
  if ((await all("outbox")).some((entry) => !entry.venue_id)) return false;
  await keepFact("venue_id", venueId);
  hangUp();
  await sync();
  return true;
}

/** Fetches what is new since the last time, and everything on a new day. */
async function refresh() {
  const since = await fact("since");
  const isOld = (await fact("list")) !== LIST;
  const isWhole = !since || isOld || (await fact("whole_on")) !== localDate(await serverNow());
  const asked = Date.now();
  /** @type {Record<string, string>} */
  const asking = isWhole ? {} : { since };
  const body = await call(`/api/gate/manifest?${await asQuery(asking)}`);
  const offset = Date.parse(body.server_time) - (asked + Date.now()) / 2;
  const before = await fact("setup");
  if (!isWhole && (before.device_id !== body.device_id || before.venue.venue_id !== body.venue.venue_id)) {
    // Paired anew or moved to another venue: a part of what is known there does not do.
    await keepFact("since", null);
    return refresh();
  }
  const { manifest, server_time: serverTime, ...setup } = body;
  await readOn(manifest, { ...asking, venue_id: setup.venue.venue_id });
  await change(["facts", "tickets", "uses", "scans"], async ({ facts, tickets, uses, scans }) => {
    if (isWhole) {
      tickets.clear();
      // Ids begin with their time. No ticket is longer valid than 255 days, and the list shows a few scans only.
      uses.delete(IDBKeyRange.upperBound(newId(asked - 260 * DAY_MS)));
      scans.delete(IDBKeyRange.upperBound(newId(asked - 7 * DAY_MS)));
    }
    for (const { short_code_hash: hash, ...ticket } of manifest.tickets) {
      // Three bytes may fit two tickets, so the key has the id as well.
      tickets.put({ ...ticket, hash, short_code_hash: `${hash}.${ticket.ticket_id}` });
    }
    for (const use of manifest.uses) {
      const known = await answerOf(uses.get(use.scan_id));
      // Undoing is never taken back, and may be known here before it is there.
      const undone = use.undone || Boolean(known && known.undone);
      const { scan_id, ticket_id, gate } = use;
      uses.put({ scan_id, ticket_id, gate, admitted: use.count, at: use.occurred_at, undone });
    }
    facts.put({ ...setup, device_name: manifest.device_name }, "setup");
    facts.put(manifest.people, "people");
    facts.put(manifest.has_hosts, "has_hosts");
    facts.put(manifest.for_owner, "for_owner");
    facts.put(manifest.host, "host");
    facts.put(manifest.revoked, "revoked");
    facts.put(manifest.conflicts, "conflicts");
    facts.put(offset, "clock_offset_ms");
    facts.put(serverTime, "since");
    facts.put(Date.now() + offset, "contact_at");
    if (isWhole) facts.put(manifest.today, "whole_on");
    if (isWhole) facts.put(LIST, "list");
    // Paired again, perhaps in another tab.
    facts.delete("removed");
  });
}

/**
 * Adds what is behind the first page. The time of that one stays the next `since`: what happens meanwhile is new then.
 * @param {any} manifest
 * @param {Record<string, string>} asking
 */
async function readOn(manifest, asking) {
  for (let { more } = manifest; more; ) {
    const page = (await call(`/api/gate/manifest?${new URLSearchParams({ ...asking, ...more })}`)).manifest;
    for (const list of ["tickets", "uses", "revoked"]) manifest[list].push(...page[list]);
    more = page.more;
  }
}

/** One stream while the page is seen; whatever it says, there is something to fetch. */
async function listen() {
  const query = await asQuery({});
  if (stream || document.hidden) return;
  const opened = new EventSource(`/api/gate/live?${query}`);
  const openedAt = Date.now();
  stream = opened;
  opened.addEventListener("head", () => void sync());
  // The phone's pass is over: the next question to the server is refused and says so.
  opened.addEventListener("ended", () => void sync());
  opened.onerror = () => {
    if (stream !== opened) return;
    hangUp();
    note({ line: "checking" });
    // At once, unless streams end as soon as they begin.
    again(Date.now() - openedAt < AGAIN_MS ? AGAIN_MS : 0);
  };
}

function hangUp() {
  if (stream) stream.close();
  stream = null;
}
