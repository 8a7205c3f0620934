// @ts-check
// Follows one order: one event stream while the page is visible, and the page anew when the order's state changes.

const page = document.getElementById("pay");
const lost = document.getElementById("lost");
const texts = JSON.parse(document.getElementById("messages")?.textContent ?? "{}");
/** @type {EventSource | null} */
let stream = null;

/** @param {{status: string, paid_vnd: number, ready: boolean, location: string}} state */
function follow(state) {
  if (!page) return;
  if (lost) lost.hidden = true;
  if (state.status === "ticketed") {
    location.assign(state.location);
  } else if (
    state.status !== page.dataset.status ||
    String(state.paid_vnd) !== page.dataset.paid ||
    (state.ready ? "yes" : "no") !== page.dataset.ready
  ) {
    location.reload();
  }
}

function open() {
  if (!page || stream || page.dataset.status !== "placed") return;
  stream = new EventSource(`/api/orders/${page.dataset.token}/live`);
  stream.addEventListener("state", (event) => follow(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  stream.onerror = () => {
    if (lost) lost.hidden = false;
  };
}

function close() {
  stream?.close();
  stream = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
open();

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-copy]"))) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    button.textContent = texts["visitor.pay.copied"] ?? button.textContent;
  });
}
