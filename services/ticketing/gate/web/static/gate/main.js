// @ts-check
/** The scanner: one screen at a time, and a result over whatever is shown. It wires the other modules together. */

import { Camera } from "./camera.js";
import { signal, stayAwake, unlock } from "./feedback.js";
import { UNDO_MS, groupOf, judge, readCode, serverNow, undo } from "./judge.js";
import { fact, newest } from "./memory.js";
import { changePin, closeOwn, isChangingPin, openOwn } from "./own_pin.js";
import { enter, isPutOut, leave, personHere } from "./pin.js";
import { Sight } from "./sight.js";
import { isKept, showStatus } from "./status.js";
import { moveTo, start, state, sync } from "./sync.js";
import { t } from "./texts.js";
import { readTyped } from "./typed.js";
import { element, say, showCamera, showLast, showPeople, showResult, showScreen, showVenues } from "./view.js";

/** @typedef {import("./judge.js").Shown} Shown */

const GREEN_MS = 1500;
const LAST_SHOWN = 20;
const REDRAW_MS = 5000;

/** @type {import("./pin.js").Person | null} */
let person = null;
/** @type {any} */
let setup = null;
/** @type {{person_id: string, display_name: string} | null} */
let chosen = null;
/** @type {{shown: Shown, left: number, count: number} | null} */
let group = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let clearing;
let isDeciding = false;
let isTorchOn = false;
const sight = new Sight();

const video = /** @type {HTMLVideoElement} */ (element("video"));
const camera = new Camera(video, (text) => void seen(text), (seenState) => {
  showCamera(seenState);
  element("torch").hidden = !(seenState === "looking" && camera.hasTorch());
});

/**
 * One decision at a time, whoever asks for another: a second touch must not be a second scan.
 * @param {() => Promise<void>} action
 */
async function alone(action) {
  if (isDeciding) return;
  decides(true);
  try {
    await action();
  } finally {
    decides(false);
  }
}

/** @param {boolean} isNow */
function decides(isNow) {
  isDeciding = isNow;
  for (const button of document.querySelectorAll("[data-decides]")) /** @type {HTMLButtonElement} */ (button).disabled = isNow;
}

/** Somebody holds a code into the camera: decided as soon as nothing else is on the screen. @param {string} text */
async function seen(text) {
  const isNew = sight.isNew(text, performance.now());
  if (!isNew || document.body.dataset.screen !== "scan" || !element("result").hidden) return;
  await alone(async () => {
    await take(await readCode(text));
    sight.decide(text, performance.now());
  });
}

/** Decides at once, or asks first how many of a group go in. @param {Shown} shown */
async function take(shown) {
  const left = await groupOf(shown);
  if (left === null) await decideOn(shown, 1);
  else askGroup(shown, left);
}

/** So many of the group go in. */
async function groupEntered() {
  if (group) await decideOn(group.shown, group.count);
}

/**
 * @param {Shown} shown
 * @param {number} people
 */
async function decideOn(shown, people) {
  const judged = await judge(shown, people, { offline: state.line !== "online", person_id: person ? person.person_id : null });
  showScreen("scan");
  showResult(judged, setup, state.line === "online");
  signal(judged.verdict.colour);
  clearTimeout(clearing);
  if (judged.verdict.colour === "green") clearing = setTimeout(clearResult, GREEN_MS);
  void sync();
  void redraw();
}

function clearResult() {
  clearTimeout(clearing);
  element("result").hidden = true;
}

/**
 * @param {Shown} shown
 * @param {number} left
 */
function askGroup(shown, left) {
  group = { shown, left, count: left };
  showGroup(0);
  showScreen("group");
}

/** @param {number} step */
function showGroup(step) {
  if (!group) return;
  group.count = Math.min(group.left, Math.max(1, group.count + step));
  say("group-count", String(group.count));
  say("group-left", t("group.left", { count: group.left }));
}

/** The server may take a while to answer what the code stands for. */
async function typed() {
  const field = /** @type {HTMLInputElement} */ (element("short-code"));
  const read = await readTyped(field.value);
  if ("mistake" in read) {
    say("type-mistake", t(`type.${read.mistake}`));
    return;
  }
  say("type-mistake", "");
  field.value = "";
  await take(read);
}

/** @param {SubmitEvent} event */
async function pinEntered(event) {
  event.preventDefault();
  unlock();
  const field = /** @type {HTMLInputElement} */ (element("pin"));
  const pin = field.value;
  field.value = "";
  if (!chosen) {
    say("pin-mistake", t("pin.choose"));
    return;
  }
  const outcome = await enter(chosen.person_id, pin);
  say("pin-mistake", outcome === "right" ? "" : t(`pin.${outcome}`));
  if (outcome === "right") await begin();
}

/** Goes to where this phone stands: not paired, nothing known yet, nobody signed in, or scanning. */
async function begin() {
  setup = await fact("setup");
  person = setup ? await personHere() : null;
  if (!setup) {
    if (state.line === "unpaired") showScreen("unpaired");
    else showScreen(state.line === "checking" ? "starting" : "offline_first");
    return;
  }
  if (!person) {
    camera.stop();
    chosen = null;
    closeOwn();
    await showWho();
    say("pin-mistake", "");
    showScreen("pin");
    return;
  }
  // An owner's PIN is changed on the page of their account.
  element("own-pin").hidden = Boolean(person.until);
  showScreen("scan");
  void camera.open();
  void stayAwake();
  await redraw();
}

/** Who may come in here, as far as is known by now. */
async function showWho() {
  const hosts = { hasHosts: Boolean(await fact("has_hosts")), forOwner: Boolean(await fact("for_owner")) };
  showPeople((await fact("people")) || [], chosen, choose, hosts);
}

/** @param {any} someone */
function choose(someone) {
  chosen = someone;
  for (const button of element("people").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.person === someone.person_id));
  }
  element("pin").focus();
}

/** Everything that is shown all the time, and the lists. */
async function redraw() {
  setup = (await fact("setup")) || setup;
  await showStatus(setup);
  if (!setup) return;
  showVenues(setup.phone_venues, setup.venue.venue_id, (venueId) => void move(venueId));
  const [scans, now] = [await newest("scans", LAST_SHOWN), await serverNow()];
  showLast(scans, (scan) => mayUndo(scan, now), (scanId) => void takeBack(scanId));
}

/**
 * @param {any} scan
 * @param {number} now
 */
function mayUndo(scan, now) {
  return scan.kind === "admit" && !scan.undone && now - Date.parse(scan.at) < UNDO_MS;
}

/** @param {string} scanId */
async function takeBack(scanId) {
  say("last-note", (await undo(scanId)) ? "" : t("last.too_late"));
  void sync();
  await redraw();
}

/** @param {string} venueId */
async function move(venueId) {
  say("move-note", (await moveTo(venueId)) ? "" : t("sync.move_later"));
  await redraw();
}

/** Has the scanner kept on this phone. Where the signal is poor it fails half way, so each contact tries again. */
function keep() {
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.register("/gate/sw.js", { scope: "/gate", updateViaCache: "none" }).catch(() => undefined);
}

/** What the state of syncing changes on the screen. */
async function synced() {
  if (state.line === "online" && !isKept()) keep();
  const isWaiting = ["starting", "unpaired", "offline_first"].includes(document.body.dataset.screen || "");
  // An owner has signed in, or out. Staff stay when the phone moves to a venue whose list does not have them.
  const here = setup && (await personHere());
  const isAnother = setup && (person ? Boolean(person.until) && !here : Boolean(here));
  if (person && !person.until && !isChangingPin() && (await isPutOut())) await putOut();
  else if (isWaiting || isAnother) await begin();
  else if (document.body.dataset.screen === "pin") await showWho();
  await redraw();
}

/** Whoever stood here has another PIN by now, or belongs here no more. */
async function putOut() {
  await leave();
  await begin();
  say("pin-mistake", t("pin.put_out"));
}

/** @param {SubmitEvent} event */
async function pinChanged(event) {
  event.preventDefault();
  if (person) await changePin(person);
  void sync();
}

function wire() {
  const clicks = {
    result: clearResult,
    "group-less": () => showGroup(-1),
    "group-more": () => showGroup(1),
    "group-enter": () => void alone(groupEntered),
    "sync-now": () => void sync(),
    retry: () => void sync(),
    "change-person": () => void leave().then(begin),
    "own-pin": () => person && openOwn(person),
    "own-back": closeOwn,
    torch: () => void camera.torch((isTorchOn = !isTorchOn)),
  };
  for (const [id, action] of Object.entries(clicks)) element(id).addEventListener("click", action);
  for (const button of document.querySelectorAll("[data-go]")) {
    button.addEventListener("click", () => {
      showScreen(/** @type {any} */ (/** @type {HTMLElement} */ (button).dataset.go));
      void redraw();
    });
  }
  element("result").addEventListener("keydown", (event) => {
    if (!["Enter", " ", "Escape"].includes(event.key)) return;
    event.preventDefault();
    clearResult();
  });
  element("type-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void alone(typed);
  });
  element("own-form").addEventListener("submit", (event) => void pinChanged(/** @type {SubmitEvent} */ (event)));
  element("pin-form").addEventListener("submit", (event) => void pinEntered(/** @type {SubmitEvent} */ (event)));
  addEventListener("click", unlock, { once: true });
  setInterval(() => void redraw(), REDRAW_MS);
}

if (navigator.serviceWorker) navigator.serviceWorker.addEventListener("controllerchange", () => void redraw());
keep();
if (navigator.storage && navigator.storage.persist) void navigator.storage.persist();
wire();
void begin();
void start(() => void synced());
