// @ts-check
/** The owner's day: dots in the amount, amounts by one tap, and an undo that goes away when it is too late. */

import { grouped } from "./money.js";
import { watchSound } from "./sound.js";

const UNDO_SHOWN_MS = 10_000;

watchSound();

const amount = /** @type {HTMLInputElement | null} */ (document.getElementById("amount"));
if (amount) {
  const group = () => {
    // Something with a letter, as 350k, is left as it was typed; the server reads it.
    if (/^[\d.]+$/.test(amount.value)) amount.value = grouped(Number(amount.value.replace(/\./g, "").slice(0, 12)));
  };
  amount.addEventListener("input", group);
  group();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-amount]"))) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      amount.value = grouped(Number(link.dataset.amount));
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
