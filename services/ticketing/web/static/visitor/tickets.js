// @ts-check
/** Keeps this page for places without a signal, and offers its link and a print. */

import { copy, get } from "/static/shared/js/shared/dom.js";
import { t } from "/static/shared/js/shared/i18n.js";

const link = get("copy-link", HTMLButtonElement);
const print = get("print", HTMLButtonElement);
// Where the signal is poor, a part may not come through: again then, ever more seldom.
let pause = 5000;

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

link.hidden = print.hidden = false;
link.addEventListener("click", async () => {
  if (await copy(location.origin + location.pathname)) link.textContent = t("visitor.tickets.copied");
});
print.addEventListener("click", () => window.print());
// Without it the page still works, only not offline.
keep().catch(() => undefined);
