// @ts-check
/** The page's texts in its language, as the template wrote them into #messages. */

/** @type {Record<string, string>} */
const MESSAGES = JSON.parse((document.getElementById("messages") || { textContent: "{}" }).textContent || "{}");

/**
 * @param {string} key below "gate."
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const one = values.count === 1 ? MESSAGES[`gate.${key}#one`] : undefined;
  const text = one || MESSAGES[`gate.${key}`];
  return text === undefined ? key : text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {string} key @returns {boolean} */
export function knows(key) {
  return `gate.${key}` in MESSAGES;
}

/** @param {{vi: string, en: string} | undefined} names */
export function nameOf(names) {
  if (!names) return "";
  return document.documentElement.lang === "en" ? names.en : names.vi;
}

/**
 * 14:05, with the day before it if that is not today; always in Hà Giang's time.
 * @param {string | number} at
 */
export function timeOf(at) {
  const zone = "Asia/Ho_Chi_Minh";
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "2-digit", month: "2-digit", year: "numeric" });
  const when = new Date(at);
  const isToday = day.format(when) === day.format(new Date());
  return isToday ? time.format(when) : `${day.format(when)} ${time.format(when)}`;
}
