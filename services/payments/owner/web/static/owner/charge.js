// @ts-check
/**
 * Follows one charge by one event stream while the page is visible. Only the server says paid; a lost connection says
 * that we do not know, never that nobody paid.
 */

import { money } from "./money.js";
import { ring, watchSound } from "./sound.js";

/** @typedef {{state: string, amount_vnd: number, paid_vnd: number, due_vnd: number, over_vnd: number}} Charge */

const page = /** @type {HTMLElement} */ (document.getElementById("charge"));
const lost = /** @type {HTMLElement} */ (document.getElementById("lost"));
const qr = /** @type {HTMLElement} */ (document.getElementById("qr"));
const ENDED = ["paid", "over", "cancelled"];
let now = page.dataset.stateNow || "waiting";
/** @type {EventSource | null} */
let stream = null;

/** @param {string} state */
function show(state) {
  now = state;
  page.dataset.stateNow = state;
  for (const section of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-state]"))) {
    section.hidden = !(section.dataset.state || "").split(" ").includes(state);
  }
}

/** @param {Charge} charge */
function follow(charge) {
  lost.hidden = true;
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-money]"))) {
    const name = /** @type {"amount_vnd" | "paid_vnd" | "due_vnd" | "over_vnd"} */ (place.dataset.money);
    place.textContent = money(charge[name]);
  }
  const before = now;
  if (charge.state !== before) show(charge.state);
  if (charge.due_vnd > 0 && String(charge.due_vnd) !== qr.dataset.due) askForTheRest();
  const isPaid = charge.state === "paid" || charge.state === "over";
  if (isPaid && before !== "paid" && before !== "over") ring();
  if (ENDED.includes(charge.state)) close();
}

/** Takes the new code from the page as the server has it now: to load it anew would lose the owner's leave to sound. */
async function askForTheRest() {
  // A code for too much is worse than none.
  qr.hidden = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("qr");
    const picture = fresh && fresh.querySelector("svg");
    if (!answer.ok || !fresh || !picture) throw new Error(String(answer.status));
    qr.replaceChildren(document.adoptNode(picture));
    qr.dataset.due = fresh.dataset.due || "";
    qr.hidden = false;
  } catch {
    lost.hidden = false;
    window.setTimeout(askForTheRest, 3000);
  }
}

function open() {
  if (stream || document.hidden || ENDED.includes(now)) return;
  stream = new EventSource(page.dataset.live || "");
  stream.addEventListener("open", () => {
    lost.hidden = true;
  });
  stream.addEventListener("state", (event) => follow(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  stream.addEventListener("error", () => {
    lost.hidden = false;
    // A refused answer ends the stream for good; the browser would not come back by itself.
    if (stream && stream.readyState === EventSource.CLOSED) {
      close();
      window.setTimeout(open, 3000);
    }
  });
}

function close() {
  if (stream) stream.close();
  stream = null;
}

watchSound();
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
// Late money still arrives, so the stream stays open beyond the deadline.
window.setTimeout(() => {
  if (now === "waiting") show("expired");
}, Math.min(Number(page.dataset.expiresInS) * 1000 + 1000, 2 ** 31 - 1));
open();
