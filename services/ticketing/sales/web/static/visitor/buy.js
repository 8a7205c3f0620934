// @ts-check
/** Adds up the price while counts change, and keeps a form that is sent twice from ordering twice. The server prices. */

import { all, get } from "/static/shared/js/shared/dom.js";
import { keyFor } from "/static/shared/js/shared/idempotency.js";
import { LANGUAGE } from "/static/shared/js/shared/i18n.js";
import { money } from "/static/shared/js/shared/money.js";

const form = get("order", HTMLFormElement);
const total = get("total", HTMLElement);
const counts = all("[data-price]", HTMLInputElement, form);
const visitOn = get("visit_on", HTMLInputElement);
const chosenDay = get("chosen-day", HTMLOutputElement);
const nights = document.getElementById("nights");

/** Browsers write a day as they like, often month first, so it is said again with its weekday. */
function sayDay() {
  const form = new Intl.DateTimeFormat(LANGUAGE === "vi" ? "vi-VN" : "en-GB", { weekday: "long", timeZone: "UTC" });
  const [year, month, day] = visitOn.value.split("-");
  chosenDay.textContent = day ? `${form.format(new Date(visitOn.value))}, ${day}/${month}/${year}` : "";
}

/** @param {HTMLInputElement} input */
function whole(input) {
  return Math.max(0, Math.trunc(Number(input.value)) || 0);
}

function addUp() {
  const times = nights instanceof HTMLInputElement ? whole(nights) : 1;
  let sum = 0;
  for (const input of counts) sum += whole(input) * Number(input.dataset.price) * times;
  total.textContent = money(sum);
  total.classList.add("summed");
}

/** @param {HTMLButtonElement} button */
function step(button) {
  const input = get(String(button.dataset.for), HTMLInputElement);
  const wanted = whole(input) + Number(button.dataset.step);
  input.value = String(Math.min(Number(input.max), Math.max(0, wanted)));
  addUp();
}

function chooseKey() {
  const key = form.elements.namedItem("idempotency_key");
  if (!(key instanceof HTMLInputElement)) return;
  const content = [...new FormData(form)].filter(([name]) => name !== key.name);
  key.value = keyFor(key.value, JSON.stringify(content));
}

for (const button of all("[data-step]", HTMLButtonElement, form)) {
  button.hidden = false;
  button.addEventListener("click", () => step(button));
}
form.addEventListener("input", addUp);
visitOn.addEventListener("input", sayDay);
form.addEventListener("submit", chooseKey);
// A page that comes back from the history has its old numbers again, sometimes after this script ran.
window.addEventListener("pageshow", addUp);
window.addEventListener("pageshow", sayDay);
document.getElementById("refusal")?.focus();
addUp();
sayDay();
