// @ts-check
/** How this phone stands, as the header and the page of its state say it. It decides nothing. */

import { all, count, fact } from "./memory.js";
import { countElsewhere, state } from "./sync.js";
import { nameOf, t, timeOf } from "./texts.js";
import { say, showConflicts, showReadiness } from "./view.js";

const MINUTE_MS = 60_000;
const CLOCK_MAY_BE_OFF_MS = 2 * MINUTE_MS;

/** Line and warnings, also before anything is known of a venue. @param {any} setup */
export async function showStatus(setup) {
  const isRemoved = Boolean(await fact("removed"));
  const contact = await fact("contact_at");
  const time = contact ? timeOf(contact) : "–";
  const waiting = await all("outbox");
  say("line", t(`line.${isRemoved ? "removed" : state.line}`, { time, error: state.error }));
  document.body.dataset.line = isRemoved ? "removed" : state.line;
  if (!setup) return;
  say("venue", nameOf(setup.venue.name));
  say("unsent", t("sync.unsent", { count: waiting.length }));
  document.body.dataset.unsent = String(waiting.length);
  showRemoved(isRemoved, waiting.filter(({ kind }) => kind === "scan").length);
  say("unpaired-warning", state.line === "unpaired" && !isRemoved ? t("sync.unpaired") : "");
  const elsewhere = isRemoved ? 0 : await countElsewhere();
  say("elsewhere-warning", elsewhere ? t("sync.elsewhere", { count: elsewhere }) : "");
  const offset = Number((await fact("clock_offset_ms")) || 0);
  say("clock-warning", clockText(offset));
  showConflicts((await fact("conflicts")) || [], setup);
  await showReady(setup, time, offset);
}

/**
 * @param {boolean} isRemoved
 * @param {number} kept scans that wait
 */
function showRemoved(isRemoved, kept) {
  say("removed-warning", isRemoved ? t("removed.warning") : "");
  say("removed-kept", isRemoved && kept ? t("removed.kept", { count: kept }) : "");
  say("removed-pair", isRemoved ? t("unpaired.pair") : "");
}

/** @param {number} offset what the server's clock is ahead of ours, in ms */
function clockText(offset) {
  if (Math.abs(offset) <= CLOCK_MAY_BE_OFF_MS) return "";
  return t(offset > 0 ? "clock.slow" : "clock.fast", { count: Math.round(Math.abs(offset) / MINUTE_MS) });
}

/**
 * @param {any} setup
 * @param {string} contact
 * @param {number} offset
 */
async function showReady(setup, contact, offset) {
  const kept = isKept();
  const keys = Object.keys(setup.keys).length;
  showReadiness([
    [t("ready.keys", { count: keys }), keys > 0],
    [t("ready.tickets", { count: await count("tickets") }), true],
    [t("ready.uses", { count: await count("uses") }), true],
    [t("ready.contact", { time: contact }), state.line === "online"],
    [t("ready.clock", { count: Math.abs(Math.round(offset / 1000)) }), Math.abs(offset) <= CLOCK_MAY_BE_OFF_MS],
    [t(kept ? "ready.kept" : "ready.not_kept"), kept],
  ]);
}

/** Whether this page comes from the phone itself, and so would without a server. */
export function isKept() {
  return Boolean(navigator.serviceWorker && navigator.serviceWorker.controller);
}
