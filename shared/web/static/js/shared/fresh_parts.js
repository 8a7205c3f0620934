// @ts-check
/**
 * Keeps the parts of a page that carry `data-live` as the server has them. At each change the page is fetched anew and
 * only these parts are put in place, so what is being typed, opened or focused elsewhere stays as it is, as does sound.
 */

import { follow } from "./live.js";

const AGAIN_MS = 3000;

/**
 * @template S
 * @typedef {object} LivePage
 * @property {string} stream address of the event stream that says when to look
 * @property {string} address where the page is read anew; without a "#", which would keep a browser from going there
 * @property {(state: S) => void} [heard] takes a state of the stream, before the page is read anew
 * @property {() => boolean} [isFresh] whether the page shows what was heard last; without it each state is a reason to look
 * @property {() => void} [placed] told when the parts were put in place
 * @property {HTMLElement | null} [lost] shown while the stream is broken or the page cannot be read
 */

/**
 * Follows the page for as long as it is seen; gives what looks at once, and what ends it all.
 * @template S
 * @param {LivePage<S>} page
 * @returns {{look: () => void, end: () => void}}
 */
export function keepFresh(page) {
  const isFresh = page.isFresh ?? (() => false);
  let isStreamLost = false;
  let isPageLost = false;
  let isFetching = false;
  let isAskedAgain = false;
  let isEnded = false;
  /** @type {number | undefined} */
  let again;

  function say() {
    if (page.lost) page.lost.hidden = !(isStreamLost || isPageLost);
  }

  async function look() {
    isAskedAgain = isFetching;
    if (isFetching || isEnded) return;
    isFetching = true;
    window.clearTimeout(again);
    try {
      isPageLost = !(await read());
    } catch {
      isPageLost = true;
    }
    isFetching = false;
    say();
    if (isAskedAgain) void look();
    // What was heard last may not be in the page yet: a signal that hardly carries brings the page as it was kept.
    else if (isPageLost || (page.isFresh && !isFresh())) {
      again = window.setTimeout(lookAgain, AGAIN_MS * (1 + Math.random()));
    }
  }

  // Whoever does not look at the page needs nothing; once it is seen again the stream tells how things stand.
  function lookAgain() {
    if (!document.hidden && (isPageLost || !isFresh())) void look();
  }

  /** Whether the page could be read. */
  async function read() {
    const answer = await fetch(page.address, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 401) {
      // Who is signed out goes to the door, which leads back here.
      location.assign(page.address);
      return true;
    }
    if (!answer.ok) return false;
    place(new DOMParser().parseFromString(await answer.text(), "text/html"));
    page.placed?.();
    return true;
  }

  const endStream = follow({
    stream: page.stream,
    show: (/** @type {S} */ state) => {
      page.heard?.(state);
      if (isPageLost || !isFresh()) void look();
    },
    connection: (isLost) => {
      isStreamLost = isLost;
      say();
    },
  });

  function end() {
    isEnded = true;
    window.clearTimeout(again);
    endStream();
  }

  return { look: () => void look(), end };
}

/** @param {Document} fresh */
function place(fresh) {
  for (const old of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live]"))) {
    const found = fresh.getElementById(old.id);
    if (!found) continue;
    Object.assign(old.dataset, found.dataset);
    if (found.innerHTML !== old.innerHTML) replace(old, found);
  }
}

/** @param {HTMLElement} old @param {HTMLElement} found */
function replace(old, found) {
  const focused = document.activeElement;
  const href = focused && old.contains(focused) ? focused.getAttribute("href") : null;
  old.replaceChildren(...found.childNodes);
  const same = href && /** @type {HTMLElement | null} */ (old.querySelector(`a[href="${CSS.escape(href)}"]`));
  if (same) same.focus({ preventScroll: true });
}
