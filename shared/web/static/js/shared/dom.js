// @ts-check
/** Small things that every page script needs. */

/**
 * The element of the page with this id; a page without it has a fault.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
export function get(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} with the id ${id}`);
  return found;
}

/**
 * @template {HTMLElement} E
 * @param {string} selector
 * @param {new () => E} kind
 * @param {ParentNode} [within]
 * @returns {E[]}
 */
export function all(selector, kind, within = document) {
  return [...within.querySelectorAll(selector)].filter((element) => element instanceof kind).map((found) => /** @type {E} */ (found));
}

/**
 * Puts a text on the clipboard; true if that worked. Without https there is no clipboard but the old way.
 * @param {string} text
 */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused: the old way may still do.
    }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
