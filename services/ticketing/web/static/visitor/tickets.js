// @ts-check
/** Keeps this page for places without a signal, and offers its link and a print. */

import { copy, get } from "/static/shared/js/shared/dom.js";
import { t } from "/static/shared/js/shared/i18n.js";

const link = get("copy-link", HTMLButtonElement);
const print = get("print", HTMLButtonElement);

async function keep() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/t/sw.js", { scope: "/t/", updateViaCache: "none" });
  const worker = await navigator.serviceWorker.ready;
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data && event.data.kept) get("kept", HTMLElement).hidden = false;
  });
  const parts = performance.getEntriesByType("resource").map((entry) => entry.name);
  worker.active?.postMessage({ keep: [location.pathname, ...parts] });
}

link.hidden = print.hidden = false;
link.addEventListener("click", async () => {
  if (await copy(location.origin + location.pathname)) link.textContent = t("visitor.tickets.copied");
});
print.addEventListener("click", () => window.print());
// Without it the page still works, only not offline.
keep().catch(() => undefined);
