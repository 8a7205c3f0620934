// @ts-check
/** The scripts that all pages share, where they need no page. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keyFor, newId } from "../../shared/web/static/js/shared/idempotency.js";
import { countdown, money } from "../../shared/web/static/js/shared/money.js";

beforeEach(() => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const storage = {
    getItem: (/** @type {string} */ place) => kept.get(place) ?? null,
    setItem: (/** @type {string} */ place, /** @type {string} */ content) => kept.set(place, content),
  };
  Object.defineProperty(globalThis, "sessionStorage", { value: storage, configurable: true });
});

test("money has dots and stays in one piece", () => {
  assert.equal(money(0), "0\u00a0₫");
  assert.equal(money(75_000), "75.000\u00a0₫");
  assert.equal(money(1_250_000), "1.250.000\u00a0₫");
});

test("a countdown shows minutes and two digits of seconds", () => {
  assert.equal(countdown(852.9), "14:12");
  assert.equal(countdown(5), "0:05");
});

test("the same content sent again has the same key", () => {
  assert.equal(keyFor("key-one", "two adults"), "key-one");
  assert.equal(keyFor("key-one", "two adults"), "key-one");
});

test("other content under a used key gets a key of its own, and keeps that one", () => {
  keyFor("key-one", "two adults");
  const other = keyFor("key-one", "three adults");

  assert.notEqual(other, "key-one");
  assert.equal(keyFor(other, "three adults"), other);
});

test("without storage the form's own key is sent", () => {
  Object.defineProperty(globalThis, "sessionStorage", { value: undefined, configurable: true });

  assert.equal(keyFor("key-one", "two adults"), "key-one");
});

test("ids are version 4 UUIDs also where there is no randomUUID", () => {
  const own = crypto.randomUUID;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  } finally {
    Object.defineProperty(crypto, "randomUUID", { value: own, configurable: true });
  }
});
