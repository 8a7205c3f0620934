// @ts-check
/**
 * Who stands at the gate changes the own PIN: at the server, from which every other phone of the venue hears of it. Here it
 * counts at once.
 */

import { answerOf, change, newId } from "./memory.js";
import { endOf } from "./pin.js";
import { Refused, call } from "./server.js";
import { knows, t, timeOf } from "./texts.js";
import { element, say } from "./view.js";

const LIMIT_MS = 15_000;
const FIELDS = ["own-old", "own-new", "own-again"];

/** What was asked and not answered yet: asked again it has the same key. @type {{said: string, key: string} | null} */
let asked = null;
let isChanging = false;

/** Whether the PIN is just being changed here; lists that come meanwhile put nobody out. */
export function isChangingPin() {
  return isChanging;
}

/** @param {import("./pin.js").Person} person */
export function openOwn(person) {
  say("own-who", t("own.who", { name: person.display_name, time: timeOf(endOf(person)) }));
  say("own-mistake", "");
  say("own-done", "");
  closeOwn();
}

/** Nothing that was typed stays behind. */
export function closeOwn() {
  asked = null;
  for (const id of FIELDS) field(id).value = "";
}

/** @param {import("./pin.js").Person} person */
export async function changePin(person) {
  const [old, fresh, again] = FIELDS.map((id) => field(id).value);
  if (isChanging) return;
  say("own-done", "");
  say("own-mistake", fresh === again ? "" : t("own.differ"));
  if (fresh !== again) return;
  const body = { person_id: person.person_id, old, new: fresh };
  const said = JSON.stringify(body);
  if (!asked || asked.said !== said) asked = { said, key: newId(Date.now()) };
  isChanging = true;
  try {
    const { pin } = await call("/api/gate/pin", body, LIMIT_MS, asked.key);
    await keep(person.person_id, pin);
    closeOwn();
    say("own-done", t("own.done"));
  } catch (fault) {
    say("own-mistake", fault instanceof Refused ? toldOf(fault) : t("own.no_answer"));
    // Nobody sees what they typed, so they type it anew; what got no answer is only pressed again.
    if (fault instanceof Refused) closeOwn();
    field("own-old").focus();
  } finally {
    isChanging = false;
  }
}

/**
 * The list and who stands here change together, so that the new PIN puts nobody out where it was made.
 * @param {string} personId
 * @param {{salt: string, hash: string}} pin
 */
function keep(personId, pin) {
  return change(["facts"], async ({ facts }) => {
    const [people, person] = [await answerOf(facts.get("people")), await answerOf(facts.get("person"))];
    facts.put(people.map((/** @type {any} */ one) => (one.person_id === personId ? { ...one, pin } : one)), "people");
    // Somebody else may have taken over meanwhile.
    if (person && person.person_id === personId) facts.put({ ...person, pin: pin.hash }, "person");
  });
}

/** In the server's words, with what is left or how long to wait. @param {Refused} refused */
function toldOf({ problem }) {
  const own = `own.refused.${problem.code}`;
  const lines = knows(own) ? [t(own)] : [problem.title, problem.detail];
  if (problem.tries_left !== undefined) lines.push(t("own.tries_left", { count: problem.tries_left }));
  if (problem.code === "rate_limited") lines.push(t("own.wait", { count: Math.ceil(problem.retry_after_s / 60) }));
  return lines.filter(Boolean).map((line) => (/[.!?]$/.test(line) ? line : `${line}.`)).join(" ");
}

/** @param {string} id */
function field(id) {
  return /** @type {HTMLInputElement} */ (element(id));
}
