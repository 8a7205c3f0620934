// @ts-check
// Keeps the province's numbers live: one event stream while the page is visible; at each event the page is fetched
// anew and only its `data-live` parts are put in place, so what a reader opened or focused stays as it is.

/** @type {Record<string, string>} */
const texts = JSON.parse(document.getElementById("messages")?.textContent ?? "{}");
const lost = document.getElementById("lost");
const AGES = /** @type {const} */ ([
  ["days", 86400],
  ["hours", 3600],
  ["minutes", 60],
  ["seconds", 1],
]);
/** @type {EventSource | null} */
let stream = null;
let fetching = false;
let again = false;

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.redirected || response.status === 401) {
      location.reload();
    } else if (response.ok) {
      place(new DOMParser().parseFromString(await response.text(), "text/html"));
    }
  } catch {
    if (lost) lost.hidden = false;
  } finally {
    fetching = false;
    if (again) {
      again = false;
      void refresh();
    }
  }
}

/** @param {Document} fresh */
function place(fresh) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const found = fresh.getElementById(old.id);
    if (found && found.innerHTML !== old.innerHTML) old.replaceChildren(...found.childNodes);
  }
}

function grow() {
  const newest = /** @type {HTMLTimeElement | null} */ (document.getElementById("newest"));
  if (!newest) return;
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(newest.dateTime)) / 1000));
  const [unit, size] = AGES.find(([, limit]) => seconds >= limit) ?? AGES[3];
  const count = Math.floor(seconds / size);
  const key = `province.age.${unit}`;
  const text = (count === 1 && texts[`${key}#one`]) || texts[key];
  newest.textContent = text.replace("{count}", String(count));
}

function open() {
  if (stream) return;
  let first = true;
  stream = new EventSource(`/api/province/live${location.search}`);
  stream.addEventListener("state", () => {
    if (lost) lost.hidden = true;
    // The first state is what the page already shows, unless it was hidden or cut off for a while.
    if (!first || missed) void refresh();
    first = missed = false;
  });
  stream.onerror = () => {
    if (lost) lost.hidden = false;
    missed = true;
  };
}

function close() {
  stream?.close();
  stream = null;
  missed = true;
}

// A page restored or loaded a moment ago may have missed an event before its stream began: look once.
let missed = true;
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) open();
});
setInterval(grow, 5000);
// Without events nothing else would tell that the counter fell silent.
setInterval(() => {
  if (!document.hidden) void refresh();
}, 30000);
open();
