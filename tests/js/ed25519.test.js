// @ts-check
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { createVerifier } from "../../services/ticketing/gate/web/static/gate/ed25519.js";
import { verifyTicket } from "../../services/ticketing/gate/web/static/gate/ticket.js";
import { codeVectors, publicKeys } from "./vectors.js";

const NOBLE_PLACES = ["../../shared/web/static/vendor/noble-ed25519.js", "../../node_modules/@noble/ed25519/index.js"];

/** A browser of before 2025: WebCrypto, but no Ed25519 in it. */
const oldSubtle = /** @type {any} */ ({
  importKey: () => Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError")),
});

function loadNoble() {
  const place = NOBLE_PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  assert.ok(place, "@noble/ed25519 is not vendored: run the JavaScript set-up first");
  return import(place.href);
}

test("where the browser has Ed25519 the fallback is never loaded", async () => {
  const verify = createVerifier(crypto.subtle, () => assert.fail("loaded"));
  const { code, claims } = codeVectors.valid[0];
  assert.deepEqual(await verifyTicket(code, publicKeys, verify), { claims });
});

test("without the browser's Ed25519 the fallback gives the same answer to every vector", async () => {
  for (const subtle of [oldSubtle, undefined]) {
    const verify = createVerifier(subtle, loadNoble);
    for (const { name, code, claims } of codeVectors.valid) {
      assert.deepEqual(await verifyTicket(code, publicKeys, verify), { claims }, name);
    }
    for (const { name, code, error } of codeVectors.invalid) {
      assert.deepEqual(await verifyTicket(code, publicKeys, verify), { error }, name);
    }
  }
});

test("the fallback is loaded once, and asked to be as strict as the others", async () => {
  let loads = 0;
  const options = new Set();
  const noble = {
    verifyAsync: async (/** @type {any[]} */ ...call) => {
      options.add(JSON.stringify(call[3]));
      return true;
    },
  };
  const verify = createVerifier(oldSubtle, async () => {
    loads += 1;
    return noble;
  });
  const bytes = new Uint8Array(32);
  await Promise.all([verify(bytes, bytes, bytes), verify(bytes, bytes, bytes)]);
  await verify(bytes, bytes, bytes);
  assert.equal(loads, 1);
  assert.deepEqual([...options], ['{"zip215":false}']);
});

test("a fallback that was out of reach for a moment is tried again", async () => {
  let reachable = false;
  const noble = { verifyAsync: async () => true };
  const verify = createVerifier(oldSubtle, async () => {
    if (!reachable) throw new TypeError("Failed to fetch");
    return noble;
  });
  const bytes = new Uint8Array(32);
  await assert.rejects(verify(bytes, bytes, bytes), TypeError);
  reachable = true;
  assert.equal(await verify(bytes, bytes, bytes), true);
});
