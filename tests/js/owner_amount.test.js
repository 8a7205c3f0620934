// @ts-check
/** The owner's amount field: it puts dots between thousands and never swallows one that could be a decimal point. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./addresses.js";

const { regrouped } = await import("/static/payments/owner/money.js");

/** @param {string} keys typed one after the other; "<" takes the last character back */
function shownAfter(keys) {
  let shown = "";
  for (const key of keys) {
    const edited = key === "<" ? shown.slice(0, -1) : shown + key;
    shown = regrouped(edited, key === "." ? "" : shown);
  }
  return shown;
}

test("digits get their dots as they are typed and taken back", () => {
  assert.equal(shownAfter("350000"), "350.000");
  assert.equal(shownAfter("1250000"), "1.250.000");
  assert.equal(shownAfter("350000<"), "35.000");
  assert.equal(shownAfter("350000<<<<"), "35");
});

test("a dot typed where it may be a decimal point stays for the server to refuse", () => {
  assert.equal(shownAfter("1.5k"), "1.5k");
  assert.equal(shownAfter("1.50"), "1.50");
  assert.equal(shownAfter("350.5"), "350.5");
  assert.equal(shownAfter("3500."), "3.500.");
});

test("dots typed between thousands are dots like ours", () => {
  assert.equal(shownAfter("350.000"), "350.000");
  assert.equal(shownAfter("350.0000"), "3.500.000");
});

test("a text put there whole keeps a dot that is out of place", () => {
  assert.equal(regrouped("12.50", ""), "12.50");
  assert.equal(regrouped("12500", ""), "12.500");
  assert.equal(regrouped("350k", ""), "350k");
});
