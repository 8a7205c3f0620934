// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { admissionsLeft, decide } from "../../services/ticketing/gate/web/static/gate/rules.js";
import { knownOf, ruleVectors } from "./vectors.js";

for (const { name, reading, gate, known, count, verdict } of ruleVectors) {
  test(`the gate says what the vector says: ${name}`, () => {
    assert.deepEqual(decide(reading, gate, knownOf(known), count), verdict);
  });
}

for (const { name, reading, known, count, verdict } of ruleVectors) {
  if (verdict.remaining === null) continue;
  test(`the counter of a group is what an admission would start from: ${name}`, () => {
    const admitted = verdict.kind === "admit" ? count : 0;
    assert.equal(admissionsLeft(reading.claims, knownOf(known)), verdict.remaining + admitted);
  });
}

const { reading: genuine, gate: here } = ruleVectors[0];
const nothingKnown = knownOf({ revoked: [], uses: {} });

test("a number of people that is none is an error, not a verdict", () => {
  for (const count of [0, -1, 1.5, NaN]) {
    assert.throws(() => decide(genuine, here, nothingKnown, count), RangeError);
  }
});

test("broken data never comes out as green", () => {
  const broken = [
    { reading: { claims: { ...genuine.claims, admits: NaN } }, gate: here },
    { reading: { claims: { ...genuine.claims, days: NaN } }, gate: here },
    { reading: { claims: { ...genuine.claims, first_day: "" } }, gate: here },
    { reading: genuine, gate: { ...here, today: "Invalid Date" } },
  ];
  for (const { reading, gate } of broken) {
    assert.notEqual(decide(reading, gate, nothingKnown, 1).colour, "green");
  }
});
