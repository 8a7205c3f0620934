// @ts-check
/** The page's elements and how they are filled; it decides nothing. */

import { groupedShortCode } from "./short_code.js";
import { knows, nameOf, t, timeOf } from "./texts.js";

const ICONS = { green: "✓", amber: "!", red: "✕" };
/** @typedef {"starting" | "unpaired" | "offline_first" | "pin" | "scan" | "group" | "type" | "last" | "own" | "sync"} Screen */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found;
}

/** @param {Screen} screen */
export function showScreen(screen) {
  for (const section of document.querySelectorAll("main > section")) {
    /** @type {HTMLElement} */ (section).hidden = section.id !== `screen-${screen}`;
  }
  document.body.dataset.screen = screen;
  const focused = document.querySelector(`#screen-${screen} [data-focus]`);
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

/**
 * @param {string} id
 * @param {string} text
 */
export function say(id, text) {
  element(id).textContent = text;
  element(id).hidden = !text;
}

/**
 * New children, unless they look like the old ones: a button must not go away under a finger.
 * @param {string} id
 * @param {...Node} children
 */
function fill(id, ...children) {
  const fresh = document.createElement("div");
  fresh.append(...children);
  if (fresh.innerHTML === element(id).innerHTML) return;
  element(id).textContent = "";
  element(id).append(...children);
}

/**
 * @param {import("./judge.js").Judged} judged
 * @param {any} setup
 * @param {boolean} isOnline
 */
export function showResult(judged, setup, isOnline) {
  const { kind, colour } = judged.verdict;
  element("result").dataset.colour = colour;
  element("result").dataset.kind = kind;
  say("result-icon", ICONS[colour]);
  say("result-word", t(`verdict.${kind}.word`));
  const lines = kind === "unknown_short_code" ? notListed(judged, setup, isOnline) : resultLines(judged, setup);
  fill("result-lines", ...lines.map((line) => made("p", line)));
  element("result-hint").hidden = colour === "green";
  element("result").hidden = false;
  element("result").focus();
}

/**
 * @param {import("./judge.js").Judged} judged
 * @param {any} setup
 */
function resultLines({ verdict, count, shown }, setup) {
  const { kind, colour, first_use: first, remaining } = verdict;
  const { claims } = shown.reading;
  const product = claims && setup.products.find((/** @type {any} */ one) => one.number === claims.product_number);
  const lines = [kind === "admit" && product ? nameOf(product.name) : t(`verdict.${kind}.advice`)];
  if (kind === "admit") lines.push(t("result.people", { count }));
  if (kind === "admit" && remaining) lines.push(t("result.remaining", { count: remaining }));
  if (kind === "admit" && shown.flags & 1) lines.push(t("result.evidence"));
  if (kind === "too_many") lines.push(t("result.remaining", { count: remaining || 0 }));
  if (colour === "amber" && first) lines.push(t("result.first_use", { time: timeOf(first.at), gate: first.gate || t("unnamed") }));
  if (kind === "wrong_venue" && claims) {
    const venue = setup.venues.find((/** @type {any} */ one) => one.number === claims.venue_number);
    if (venue) lines.push(nameOf(venue.name));
  }
  if ((kind === "too_early" || kind === "expired") && claims) {
    lines.push(t("result.first_day", { day: claims.first_day.split("-").reverse().join("/") }));
  }
  return lines;
}

/**
 * The list holds this venue's tickets of these days only, so of a code that is not on it nobody can say whose it is.
 * @param {import("./judge.js").Judged} judged
 * @param {any} setup
 * @param {boolean} isOnline
 */
function notListed({ known_at: at }, setup, isOnline) {
  const advice = isOnline ? "advice" : "advice_offline";
  const listed = t("result.not_listed", { venue: nameOf(setup.venue.name), time: timeOf(at) });
  return [listed, t("result.not_listed_why"), t(`verdict.unknown_short_code.${advice}`)];
}

/**
 * One instruction at a time: where to hold the ticket, or what is wrong with the camera and the typed code as the way on.
 * @param {import("./camera.js").CameraState} camera
 */
export function showCamera(camera) {
  const isWorking = camera === "looking" || camera === "stopped" || camera === "starting";
  say("camera-state", camera === "looking" || camera === "stopped" ? "" : t(`camera.${camera}`));
  element("camera-state").classList.toggle("mistake", !isWorking);
  element("scan-hint").hidden = camera !== "looking";
  element("viewfinder").hidden = !isWorking;
  element("type-code").classList.toggle("primary", !isWorking);
}

/**
 * @param {any[]} people
 * @param {{person_id: string} | null} chosen
 * @param {(person: any) => void} choose
 * @param {{hasHosts: boolean, forOwner: boolean}} hosts whom a gate's phone does not let in, and their own by its sign-in
 */
export function showPeople(people, chosen, choose, { hasHosts, forOwner }) {
  const buttons = people.map((person) => {
    const button = made("button", person.display_name);
    button.setAttribute("type", "button");
    button.dataset.person = person.person_id;
    button.setAttribute("aria-pressed", String(Boolean(chosen) && person.person_id === chosen?.person_id));
    button.addEventListener("click", () => choose(person));
    return button;
  });
  fill("people", ...buttons);
  element("pin-form").hidden = !people.length;
  const isEmpty = !people.length && !forOwner;
  say("pin-nobody", isEmpty ? t(hasHosts ? "pin.hosts_only" : "pin.nobody") : "");
  element("pin-pair").hidden = !isEmpty || !hasHosts;
  element("pin-host").hidden = !forOwner;
}

/**
 * @param {any[]} scans newest first
 * @param {(scan: any) => boolean} mayUndo
 * @param {(scanId: string) => void} undo
 */
export function showLast(scans, mayUndo, undo) {
  const rows = scans.map((scan) => {
    const row = made("li", "");
    row.dataset.scan = scan.scan_id;
    row.dataset.sent = scan.sent;
    const what = scan.undone ? t("last.undone") : t(`verdict.${scan.kind}.word`);
    row.append(made("strong", `${what} · ${t("result.people", { count: scan.count })}`));
    row.append(made("span", `${timeOf(scan.at)} · ${sentText(scan.sent)}`));
    if (mayUndo(scan)) {
      const button = made("button", t("last.undo"));
      button.setAttribute("type", "button");
      button.addEventListener("click", () => undo(scan.scan_id));
      row.append(button);
    }
    return row;
  });
  fill("last-list", ...(rows.length ? rows : [made("li", t("last.none"))]));
}

/** @param {string} sent */
function sentText(sent) {
  return knows(`sent.${sent}`) ? t(`sent.${sent}`) : sent;
}

/**
 * @param {any[]} conflicts
 * @param {any} setup
 */
export function showConflicts(conflicts, setup) {
  const rows = conflicts.map((conflict) => {
    const row = made("li", "");
    row.dataset.conflict = conflict.scan_id;
    const reason = t(`verdict.${conflict.reason}.word`);
    row.append(made("strong", `${reason} · ${t("result.people", { count: conflict.count })}`));
    row.append(made("span", ticketText(conflict, setup)));
    row.append(made("span", t("conflict.here", { time: timeOf(conflict.occurred_at), gate: gateOf(conflict, "", setup) })));
    if (conflict.first_at) {
      const first = { time: timeOf(conflict.first_at), gate: gateOf(conflict, "first_", setup) };
      row.append(made("span", t("conflict.first", first)));
    }
    return row;
  });
  fill("conflict-list", ...(rows.length ? rows : [made("li", t("conflict.none"))]));
  say("conflict-count", rows.length ? t("conflict.count", { count: rows.length }) : "");
}

/**
 * The code as it stands under the QR, and for what.
 * @param {any} conflict
 * @param {any} setup
 */
function ticketText(conflict, setup) {
  const product = setup.products.find((/** @type {any} */ one) => one.product_id === conflict.product_id);
  const code = t("conflict.ticket", { code: groupedShortCode(conflict.short_code || "") });
  return product ? `${code} · ${nameOf(product.name)}` : code;
}

/**
 * @param {any} conflict
 * @param {string} prefix
 * @param {any} setup
 */
function gateOf(conflict, prefix, setup) {
  const name = conflict[`${prefix}gate`] || t("unnamed");
  if (conflict[`${prefix}device_id`] === setup.device_id) return t("conflict.this_phone", { gate: name });
  const paired = conflict[`${prefix}paired_at`];
  // Two phones of one name are told apart by when they came.
  if (conflict.gate !== conflict.first_gate || !paired) return name;
  return t("conflict.paired", { gate: name, time: timeOf(paired) });
}

/**
 * @param {any[]} venues of the phone's pass
 * @param {string} chosenId
 * @param {(venueId: string) => void} choose
 */
export function showVenues(venues, chosenId, choose) {
  const buttons = venues.map((venue) => {
    const button = made("button", nameOf(venue.name));
    button.setAttribute("type", "button");
    button.setAttribute("aria-pressed", String(venue.venue_id === chosenId));
    button.addEventListener("click", () => choose(venue.venue_id));
    return button;
  });
  fill("venues", ...buttons);
  element("venues").hidden = venues.length < 2;
}

/** @param {[string, boolean][]} facts each with whether it is as it should be */
export function showReadiness(facts) {
  const rows = facts.map(([text, isGood]) => {
    const row = made("li", `${isGood ? "✓" : "!"} ${text}`);
    row.dataset.good = String(isGood);
    return row;
  });
  fill("readiness", ...rows);
}

/**
 * @param {string} tag
 * @param {string} text
 */
function made(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
