// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  groupedShortCode,
  parseShortCode,
  shortCodeHash,
} from "../../services/ticketing/gate/web/static/gate/short_code.js";
import { codeVectors } from "./vectors.js";

for (const { typed, code, grouped, listed } of codeVectors.short_codes.valid) {
  test(`a typed code is understood however it is typed: ${JSON.stringify(typed)}`, async () => {
    assert.deepEqual(parseShortCode(typed), { code });
    assert.equal(groupedShortCode(code), grouped);
    assert.equal(await shortCodeHash(code, listed.venue_number, listed.first_day), listed.hash);
  });
}

for (const { name, typed, error } of codeVectors.short_codes.invalid) {
  test(`a mistyped code is refused with its reason: ${name}`, () => {
    assert.deepEqual(parseShortCode(typed), { error });
  });
}
