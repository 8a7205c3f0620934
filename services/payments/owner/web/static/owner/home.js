// @ts-check
/** The owner's day: dots in the amount, amounts by one tap, and an undo that goes away when it is too late. */

import { number } from "/static/shared/js/shared/money.js";
import { followDay } from "./day.js";
import { regrouped } from "./money.js";
import { watchSound } from "./sound.js";

const UNDO_SHOWN_MS = 10_000;

watchSound();
followDay();

const amount = /** @type {HTMLInputElement | null} */ (document.getElementById("amount"));
if (amount) {
  let written = "";
  const group = (/** @type {Event | undefined} */ event = undefined) => {
    const edit = /** @type {InputEvent | undefined} */ (event);
    // A dot that came with this edit, or a text from elsewhere, has nothing to do with the dots we wrote.
    const foreign = edit?.data?.includes(".") || /^insert(From(Paste|Drop)|Replacement)/.test(edit?.inputType ?? "");
    amount.value = regrouped(amount.value, foreign ? "" : written);
    written = amount.value;
  };
  amount.addEventListener("input", group);
  group();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-amount]"))) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      written = amount.value = number(Number(link.dataset.amount));
      amount.focus();
    });
  }
}

const undo = document.getElementById("undo");
if (undo) {
  window.setTimeout(() => {
    undo.hidden = true;
  }, UNDO_SHOWN_MS);
}
