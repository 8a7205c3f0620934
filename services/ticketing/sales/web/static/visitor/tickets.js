// @ts-check
/** Keeps this page for places without a signal, shows at once who was let in, and offers its link and a print. */

import { copy, get } from "/static/shared/js/shared/dom.js";
import { t } from "/static/shared/js/shared/i18n.js";
import { follow } from "/static/shared/js/shared/live.js";

/** @typedef {{uses: string}} OrderState */

const AGAIN_MS = 5000;
const tickets = get("tickets", HTMLElement);
let wanted = tickets.dataset.uses;
/** @type {number | undefined} */
let again;

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

/** @param {OrderState} state */
function show({ uses }) {
  wanted = uses;
  if (uses !== tickets.dataset.uses) void refresh();
}

/** Takes the tickets from the page as the server has it now; without a signal they stay as they were. */
async function refresh() {
  window.clearTimeout(again);
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("tickets");
    if (answer.ok && fresh) {
      tickets.replaceChildren(...fresh.childNodes);
      tickets.dataset.uses = fresh.dataset.uses;
    }
  } catch {
    // Tried again below.
  }
  // A signal that hardly carries brings the page that was kept before.
  if (wanted !== tickets.dataset.uses) again = window.setTimeout(refresh, AGAIN_MS);
}

follow({ stream: tickets.dataset.stream ?? "", show });
link.hidden = print.hidden = false;
link.addEventListener("click", async () => {
  if (await copy(location.origin + location.pathname)) link.textContent = t("visitor.tickets.copied");
});
print.addEventListener("click", () => window.print());
// Without it the page still works, only not offline.
keep().catch(() => undefined);
