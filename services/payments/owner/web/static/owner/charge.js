// @ts-check
/**
 * Follows one charge while the page is visible. Only the server says paid; a lost connection says that we do not know,
 * never that nobody paid.
 */

import { all, get } from "/static/shared/js/shared/dom.js";
import { keepFresh } from "/static/shared/js/shared/fresh_parts.js";
import { money } from "/static/shared/js/shared/money.js";
import { ring, watchSound } from "./sound.js";

/** @typedef {{state: string, amount_vnd: number, paid_vnd: number, due_vnd: number, over_vnd: number, is_late: boolean}} Charge */

const page = get("charge", HTMLElement);
const qr = get("qr", HTMLElement);
const late = get("late", HTMLElement);
const ENDED = ["paid", "over", "cancelled"];
let now = page.dataset.stateNow || "waiting";
let due = qr.dataset.due;

/** @param {string} state */
function show(state) {
  now = state;
  page.dataset.stateNow = state;
  for (const section of all("[data-state]", HTMLElement, page)) {
    section.hidden = !(section.dataset.state || "").split(" ").includes(state);
  }
}

/** @param {Charge} charge */
function heard(charge) {
  for (const place of all("[data-money]", HTMLElement, page)) {
    const name = /** @type {"amount_vnd" | "paid_vnd" | "due_vnd" | "over_vnd"} */ (place.dataset.money);
    place.textContent = money(charge[name]);
  }
  const before = now;
  if (charge.state !== before) show(charge.state);
  if (charge.due_vnd > 0) due = String(charge.due_vnd);
  showCode();
  late.hidden = !charge.is_late;
  const isPaid = charge.state === "paid" || charge.state === "over";
  if (isPaid && before !== "paid" && before !== "over") ring();
  if (ENDED.includes(charge.state)) live?.end();
}

/** A code for too much is worse than none, so there is none until the page has brought the one for what is due now. */
function showCode() {
  qr.hidden = qr.dataset.due !== due;
}

watchSound();
// Late money still arrives, so the stream stays open beyond the deadline.
window.setTimeout(() => {
  if (now === "waiting") show("expired");
}, Math.min(Number(page.dataset.expiresInS) * 1000 + 1000, 2 ** 31 - 1));
const live = ENDED.includes(now)
  ? null
  : keepFresh({
      stream: page.dataset.live || "",
      address: location.pathname,
      heard,
      isFresh: () => qr.dataset.due === due,
      placed: showCode,
      lost: get("lost", HTMLElement),
    });
