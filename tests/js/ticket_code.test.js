// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../services/ticketing/gate/web/static/gate/base45.js";
import { verifyTicket } from "../../services/ticketing/gate/web/static/gate/ticket.js";
import { codeVectors, publicKeys } from "./vectors.js";

for (const { name, code, claims } of codeVectors.valid) {
  test(`a genuine code gives its claims: ${name}`, async () => {
    assert.deepEqual(await verifyTicket(code, publicKeys), { claims });
  });
}

for (const { name, code, error } of codeVectors.invalid) {
  test(`every other text is refused with its reason: ${name}`, async () => {
    assert.deepEqual(await verifyTicket(code, publicKeys), { error });
  });
}

test("a retired key proves nothing any more", async () => {
  const others = { 2: publicKeys[2] };
  assert.deepEqual(await verifyTicket(codeVectors.valid[0].code, others), { error: "unknown_key" });
});

test("a code longer than any QR is refused undecoded", async () => {
  assert.deepEqual(await verifyTicket("HG1." + "0".repeat(3_000_000), publicKeys), { error: "malformed" });
});

test("a code that could not be checked is never taken for genuine", async () => {
  const noEngine = () => Promise.reject(new Error("no engine"));
  await assert.rejects(verifyTicket(codeVectors.valid[0].code, publicKeys, noEngine), /no engine/);
});

for (const { hex, text } of codeVectors.base45.valid) {
  test(`base45 agrees with the examples of its standard: ${JSON.stringify(text)}`, () => {
    assert.equal(Buffer.from(decode(text) ?? []).toString("hex"), hex);
    assert.notEqual(decode(text), null);
  });
}

for (const text of codeVectors.base45.invalid) {
  test(`base45 refuses what no encoder makes: ${JSON.stringify(text)}`, () => {
    assert.equal(decode(text), null);
  });
}
