// @ts-check
/** Amounts as people here write them: 1.250.000 ₫. */

/** @param {number} amount whole đồng */
export function grouped(amount) {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ".");
}

/** @param {number} amount whole đồng */
export function money(amount) {
  return `${grouped(amount)}\u00a0₫`;
}
