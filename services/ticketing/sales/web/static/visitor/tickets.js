// @ts-check
/** Keeps this page for places without a signal, shows at once who was let in, and offers its link and a print. */

import { copy, get } from "/static/shared/js/shared/dom.js";
import { keepFresh } from "/static/shared/js/shared/fresh_parts.js";
import { t } from "/static/shared/js/shared/i18n.js";

/** @typedef {{uses: string}} OrderState */

const tickets = get("tickets", HTMLElement);
const link = get("copy-link", HTMLButtonElement);
const print = get("print", HTMLButtonElement);
// Where the signal is poor, a part may not come through: again then, ever more seldom.
let pause = 5000;
let uses = tickets.dataset.uses;

async function keep() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/t/sw.js", { scope: "/t/", updateViaCache: "none" });
  const worker = await navigator.serviceWorker.ready;
  const parts = performance.getEntriesByType("resource").map((entry) => entry.name);
  const ask = () => worker.active?.postMessage({ keep: [location.pathname, ...parts] });
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data && event.data.kept) get("kept", HTMLElement).hidden = false;
    else setTimeout(ask, (pause *= 2));
  });
  ask();
}

keepFresh({
  stream: tickets.dataset.stream ?? "",
  address: location.pathname,
  heard: (/** @type {OrderState} */ state) => {
    uses = state.uses;
  },
  isFresh: () => tickets.dataset.uses === uses,
});
link.hidden = print.hidden = false;
link.addEventListener("click", async () => {
  if (await copy(location.origin + location.pathname)) link.textContent = t("visitor.tickets.copied");
});
print.addEventListener("click", () => window.print());
// Without it the page still works, only not offline.
keep().catch(() => undefined);
