// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { bodiesOf, nextToSend, venuesElsewhere } from "../../services/ticketing/gate/web/static/gate/outbox.js";

/**
 * @param {string} made one letter an entry: a scan at venue a, b or c, an undo in upper case, "-" a scan without venue
 * @returns {import("../../services/ticketing/gate/web/static/gate/outbox.js").Entry[]}
 */
function outboxOf(made) {
  return [...made].map((letter, n) => ({
    n,
    kind: letter >= "A" && letter <= "Z" ? "undo" : "scan",
    scan_id: String(n),
    ...(letter !== "-" && { venue_id: letter.toLowerCase() }),
    body: {},
  }));
}

/**
 * @param {string} made
 * @param {string} elsewhere
 */
function sent(made, elsewhere) {
  return nextToSend(outboxOf(made), new Set(elsewhere)).map((entry) => entry.n);
}

test("scans go out in their order, those of one venue together", () => {
  assert.deepEqual(sent("aab", ""), [0, 1]);
  assert.equal(sent("a".repeat(120), "").length, 50);
});

test("an undo goes out alone, after the scans before it", () => {
  assert.deepEqual(sent("aaA", ""), [0, 1]);
  assert.deepEqual(sent("Aa", ""), [0]);
});

test("what is of a venue elsewhere waits with its undo, and lets the others pass", () => {
  assert.deepEqual(sent("aAbba", "a"), [2, 3]);
  assert.deepEqual(sent("aA", "a"), []);
});

test("scans of an older scanner, without a venue, never wait and never go out as another venue's", () => {
  assert.deepEqual(sent("--a", "a"), [0, 1]);
  assert.deepEqual(sent("b-", ""), [0]);
});

test("elsewhere is each venue that something waits for and the pass does not name", () => {
  assert.deepEqual([...venuesElsewhere(outboxOf("abAc-"), ["b"])], ["a", "c"]);
});

test("a scan that was taken back before it could be told says so itself", () => {
  const scan = /** @type {const} */ ({ n: 1, kind: "scan", scan_id: "a", body: { scan_id: "a" } });
  const other = /** @type {const} */ ({ n: 2, kind: "scan", scan_id: "b", body: { scan_id: "b" } });
  const undo = /** @type {const} */ ({ n: 3, kind: "undo", scan_id: "a", body: { scan_id: "a", occurred_at: "then" } });
  assert.deepEqual(bodiesOf([scan, other], [scan, other, undo]), [{ scan_id: "a", undone_at: "then" }, { scan_id: "b" }]);
});
