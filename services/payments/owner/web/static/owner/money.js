// @ts-check
/** An amount as it is typed. */

import { number } from "/static/shared/js/shared/money.js";

/**
 * What an amount field shows after `typed`, where `written` is what we last wrote there: dots put between thousands.
 * An edit may leave our own dots in the wrong place, so those move. A dot that somebody typed in any other place may be
 * meant as a decimal point, and a letter says that this is no plain number: both stay for the server to read or refuse.
 * @param {string} typed
 * @param {string} written "" when nothing of ours was there, or all of it was replaced
 */
export function regrouped(typed, written) {
  const dots = (/** @type {string} */ text) => text.split(".").length - 1;
  const inPlace = (/** @type {string} */ text) => /^(\d+|[1-9]\d{0,2}(\.\d{3})+)$/.test(text);
  const ours = /^\d[\d.]*$/.test(typed) && dots(typed) <= (inPlace(written) ? dots(written) : 0);
  return ours || inPlace(typed) ? number(Number(typed.replace(/\./g, "").slice(0, 12))) : typed;
}
