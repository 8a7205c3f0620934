// @ts-check
/** Keeps the province's numbers live, and says how old the newest event is by a clock of its own. */

import { keepFresh } from "/static/shared/js/shared/fresh_parts.js";
import { t } from "/static/shared/js/shared/i18n.js";

const LOOK_EVERY_MS = 30_000;
const AGE_EVERY_MS = 5000;
const AGES = /** @type {const} */ ([
  ["days", 86400],
  ["hours", 3600],
  ["minutes", 60],
  ["seconds", 1],
]);

function grow() {
  const newest = document.getElementById("newest");
  if (!(newest instanceof HTMLTimeElement)) return;
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(newest.dateTime)) / 1000));
  const [unit, size] = AGES.find(([, limit]) => seconds >= limit) ?? AGES[3];
  newest.textContent = t(`province.age.${unit}`, { count: Math.floor(seconds / size) });
}

const live = keepFresh({
  stream: `/api/province/live${location.search}`,
  address: location.pathname + location.search,
  lost: document.getElementById("lost"),
});
setInterval(grow, AGE_EVERY_MS);
// Without events nothing else would tell that the counter fell silent.
setInterval(() => {
  if (!document.hidden) live.look();
}, LOOK_EVERY_MS);
