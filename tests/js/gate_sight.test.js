// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Sight } from "../../services/ticketing/gate/web/static/gate/sight.js";

test("what was not decided is new in each picture", () => {
  const sight = new Sight();
  assert.deepEqual([0, 40, 80, 60_000].map((now) => sight.isNew("B", now)), [true, true, true, true]);
});

test("what was decided is no second scan for as long as it stays in sight, and is one three seconds after", () => {
  const sight = new Sight();
  sight.decide("A", 0);
  for (let now = 40; now < 20_000; now += 40) assert.equal(sight.isNew("A", now), false);
  assert.equal(sight.isNew("A", 22_900), false);
  assert.equal(sight.isNew("A", 25_900), true);
});

test("of several in sight at once each is decided once, in whatever order they are seen", () => {
  const sight = new Sight();
  sight.decide("A", 0);
  assert.equal(sight.isNew("B", 40), true);
  sight.decide("B", 40);
  for (let now = 80; now < 9_000; now += 80) {
    assert.equal(sight.isNew("A", now), false);
    assert.equal(sight.isNew("B", now + 40), false);
  }
});
