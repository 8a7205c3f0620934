// @ts-check
/** Amounts, days and shares as the pages write them. Not Intl: that follows the browser, these follow the product. */

/** @param {number} value whole number */
export function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ".");
}

/** @param {number} amountVnd whole đồng */
export function money(amountVnd) {
  return `${number(amountVnd)}\u00a0₫`;
}

/**
 * 6250 as "62,5 %" or "62.5%"; tenths are cut off, so that only all of it is 100 %.
 * @param {number} basisPoints
 * @param {"vi" | "en"} language
 */
export function percent(basisPoints, language) {
  const tenths = Math.floor((basisPoints % 100) / 10);
  const whole = Math.floor(basisPoints / 100);
  if (language === "en") return tenths ? `${whole}.${tenths}%` : `${whole}%`;
  return `${tenths ? `${whole},${tenths}` : whole}\u00a0%`;
}

/** @param {number} seconds 0 or more; as 14:05 */
export function countdown(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
