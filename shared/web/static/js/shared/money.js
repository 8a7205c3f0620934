// @ts-check
/** Amounts and times left as the pages write them. Not Intl: that follows the browser, these follow the product. */

/** @param {number} value whole number */
export function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ".");
}

/** @param {number} amountVnd whole đồng */
export function money(amountVnd) {
  return `${number(amountVnd)}\u00a0₫`;
}

/** @param {number} seconds 0 or more; as 14:05 */
export function countdown(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
