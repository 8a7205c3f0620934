// @ts-check
/** The texts that the template exported into #messages, in the language of the page. */

/** @type {Record<string, string>} */
const MESSAGES = JSON.parse(document.getElementById("messages")?.textContent || "{}");

export const LANGUAGE = document.documentElement.lang === "en" ? "en" : "vi";

/**
 * The text of a key with its {name} placeholders filled in. A key that was not exported is a fault of the template.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = (values.count === 1 && MESSAGES[`${key}#one`]) || MESSAGES[key];
  if (text === undefined) throw new Error(`the page exports no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
