// @ts-check
/** Follows one order. The page is loaded anew when its state changes, and only the bank's event changes it to "paid". */

import { all, copy, get } from "/static/shared/js/shared/dom.js";
import { t } from "/static/shared/js/shared/i18n.js";
import { follow } from "/static/shared/js/shared/live.js";
import { countdown } from "/static/shared/js/shared/money.js";

/** @typedef {{status: string, paid_vnd: number, ready: boolean, is_late: boolean, location?: string}} OrderState */

const URGENT_S = 120;
const COPIED_MS = 2500;
const page = get("pay", HTMLElement);

/** @param {OrderState} state */
function show(state) {
  if (state.status === "ticketed") {
    location.replace(state.location ?? `/t/${page.dataset.token}`);
  } else if (
    state.status !== page.dataset.status ||
    String(state.paid_vnd) !== page.dataset.paid ||
    (state.ready ? "yes" : "no") !== page.dataset.ready ||
    (state.is_late ? "yes" : "no") !== page.dataset.late
  ) {
    location.reload();
  }
}

/** Counts down by the server's clock: the phone's own may be wrong. */
function countDown() {
  const left = document.getElementById("left");
  if (!left) return;
  const endsAt = performance.now() + Number(left.dataset.leftS) * 1000;
  const timer = window.setInterval(tick, 1000);
  left.hidden = false;
  tick();

  function tick() {
    const seconds = Math.max(0, (endsAt - performance.now()) / 1000);
    if (!left) return;
    left.textContent = t("visitor.pay.left", { time: countdown(seconds) });
    left.classList.toggle("urgent", seconds < URGENT_S);
    if (seconds === 0) {
      window.clearInterval(timer);
      location.reload();
    }
  }
}

/** @param {HTMLButtonElement} button */
async function copyField(button) {
  if (!(await copy(button.dataset.copy ?? ""))) return;
  button.textContent = t("visitor.pay.copied");
  window.setTimeout(() => {
    button.textContent = t("visitor.pay.copy");
  }, COPIED_MS);
}

for (const button of all("[data-copy]", HTMLButtonElement)) {
  button.hidden = false;
  button.addEventListener("click", () => copyField(button));
}
// Late money may still turn an expired order into tickets, and may meet one that was cancelled or undone.
if (["placed", "expired", "cancelled", "undone"].includes(String(page.dataset.status))) {
  const order = `/api/orders/${page.dataset.token}`;
  const connection = get("connection", HTMLElement);
  follow({
    stream: `${order}/live`,
    state: order,
    show,
    connection: (isLost) => {
      connection.hidden = !isLost;
    },
  });
}
countDown();
