// @ts-check
/**
 * Keeps the owner's day up to date and says new money aloud. At each change the page is fetched anew and only its
 * `data-live` parts are put in place, so what is being typed stays as it is.
 */

import { t } from "/static/shared/js/shared/i18n.js";
import { follow } from "/static/shared/js/shared/live.js";
import { money } from "./money.js";
import { ring } from "./sound.js";

/** @typedef {{transfer_id: string, amount_vnd: number}} Received */

const AGAIN_MS = 3000;
const RING_MS = 900;
// Whoever comes back to the page after a rush hears that money came, not a concert.
const RINGS = 3;
const SAID = 10;
const day = /** @type {HTMLElement} */ (document.getElementById("day"));
const lost = /** @type {HTMLElement} */ (document.getElementById("lost"));
const told = /** @type {HTMLElement} */ (document.getElementById("received"));
// What the page came with is no news. Ids grow with time, so what is below its oldest is none either.
const heard = new Set((day.dataset.received || "").split(" ").filter(Boolean));
const oldest = [...heard].sort()[0] || "";
const home = day.dataset.home || "/owner";
let shown = day.dataset.shows;
let fetching = false;
let again = false;

/** Follows the day for as long as the page is seen. */
export function followDay() {
  follow({
    stream: day.dataset.stream || "",
    show: (/** @type {{shows: string, received: Received[]}} */ state) => {
      tell(state.received.filter(({ transfer_id: id }) => id > oldest && !heard.has(id)).reverse());
      if (state.shows !== shown) void refresh();
    },
    connection: (isLost) => {
      lost.hidden = !isLost;
    },
  });
}

/** @param {Received[]} news the oldest first */
function tell(news) {
  for (const [index, { transfer_id: id, amount_vnd: amount }] of news.entries()) {
    heard.add(id);
    if (index < RINGS) window.setTimeout(ring, index * RING_MS);
    const line = document.createElement("p");
    line.textContent = t("owner.home.received", { amount: money(amount) });
    told.append(line);
  }
  while (told.children.length > SAID) told.children[0].remove();
}

async function refresh() {
  again = fetching;
  if (fetching) return;
  fetching = true;
  try {
    // Not the page's own address: that may be one of a form that was refused.
    const answer = await fetch(home, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 401) return location.assign(home);
    if (!answer.ok) throw new Error(String(answer.status));
    place(new DOMParser().parseFromString(await answer.text(), "text/html"));
    lost.hidden = true;
  } catch {
    lost.hidden = false;
    window.setTimeout(refresh, AGAIN_MS);
  } finally {
    fetching = false;
  }
  if (again) void refresh();
}

/** @param {Document} fresh */
function place(fresh) {
  const focused = document.activeElement;
  for (const old of document.querySelectorAll("[data-live]")) {
    const found = fresh.getElementById(old.id);
    if (!found || found.innerHTML === old.innerHTML) continue;
    const href = focused && old.contains(focused) ? focused.getAttribute("href") : null;
    old.replaceChildren(...found.childNodes);
    const same = href && /** @type {HTMLElement | null} */ (old.querySelector(`a[href="${href}"]`));
    if (same) same.focus({ preventScroll: true });
  }
  shown = fresh.getElementById("day")?.dataset.shows;
}
