// @ts-check
/** Keeps the owner's day up to date and says new money aloud. */

import { get } from "/static/shared/js/shared/dom.js";
import { keepFresh } from "/static/shared/js/shared/fresh_parts.js";
import { t } from "/static/shared/js/shared/i18n.js";
import { money } from "/static/shared/js/shared/money.js";
import { ring } from "./sound.js";

/** @typedef {{transfer_id: string, amount_vnd: number}} Received */

const RING_MS = 900;
// Whoever comes back to the page after a rush hears that money came, not a concert.
const RINGS = 3;
const SAID = 10;
const day = get("day", HTMLElement);
const told = get("received", HTMLElement);
// What the page came with is no news. Ids grow with time, so what is below its oldest is none either.
const known = new Set((day.dataset.received || "").split(" ").filter(Boolean));
const oldest = [...known].sort()[0] || "";
let shows = day.dataset.shows;

/** Follows the day for as long as the page is seen. */
export function followDay() {
  keepFresh({
    stream: day.dataset.stream || "",
    // Not the page's own address: that may be one of a form that was refused.
    address: day.dataset.home || "/owner",
    heard: (/** @type {{shows: string, received: Received[]}} */ state) => {
      shows = state.shows;
      tell(state.received.filter(({ transfer_id: id }) => id > oldest && !known.has(id)).reverse());
    },
    isFresh: () => day.dataset.shows === shows,
    lost: get("lost", HTMLElement),
  });
}

/** @param {Received[]} news the oldest first */
function tell(news) {
  for (const [index, { transfer_id: id, amount_vnd: amount }] of news.entries()) {
    known.add(id);
    if (index < RINGS) window.setTimeout(ring, index * RING_MS);
    const line = document.createElement("p");
    line.textContent = t("owner.home.received", { amount: money(amount) });
    told.append(line);
  }
  while (told.children.length > SAID) told.children[0].remove();
}
