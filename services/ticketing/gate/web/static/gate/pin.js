// @ts-check
/**
 * Who stands at the gate. A member of staff's PIN only tells colleagues apart, so the phone may check it by itself. An
 * owner's opens money too: no phone knows it, and an owner's phone is open for whoever signed in at the server.
 */

import { serverNow } from "./judge.js";
import { answerOf, change, fact, keepFact } from "./memory.js";

const SHIFT_MS = 12 * 3_600_000;
const TRIES = 5;
const WAIT_MS = 60_000;

/**
 * until: of an owner only, the end of the sign-in. pin: the hash of the PIN by which staff came in, and venue_id where; who
 * came in by an older scanner has neither.
 * @typedef {{person_id: string, display_name: string, at?: number, until?: string, pin?: string, venue_id?: string}} Person
 */

/** Who entered a PIN in the last 12 hours and still belongs here, or the owner. @returns {Promise<Person | null>} */
export async function personHere() {
  const person = await fact("person");
  const listed = await listedAs(person);
  const isHere = listed && hasComeInBy(person, listed) && Date.now() - person.at < SHIFT_MS;
  return isHere ? person : hostHere();
}

/** Until when who came in by a PIN stays, in ms. @param {Person} person */
export function endOf(person) {
  return Number(person.at) + SHIFT_MS;
}

/**
 * Whether the one who came in by a PIN was put out from elsewhere: it is another one now, or they no longer belong to the
 * venue at which they came in. Where the phone was moved to they need not belong.
 */
export function isPutOut() {
  // At one moment: a list of another venue must not be held against this one.
  return change(["facts"], async ({ facts }) => {
    const [person, people, setup] = [
      await answerOf(facts.get("person")),
      await answerOf(facts.get("people")),
      await answerOf(facts.get("setup")),
    ];
    if (!person || !person.pin || !people) return false;
    const listed = people.find((/** @type {any} */ other) => other.person_id === person.person_id);
    return listed ? !hasComeInBy(person, listed) : setup.venue.venue_id === person.venue_id;
  });
}

/** @param {Person | null} person */
async function listedAs(person) {
  const people = (await fact("people")) || [];
  return people.find((/** @type {any} */ other) => person && other.person_id === person.person_id);
}

/**
 * @param {Person} person
 * @param {any} listed
 */
function hasComeInBy(person, listed) {
  return !person.pin || person.pin === listed.pin.hash;
}

/** The owner who signed in on this phone and did not leave since. @returns {Promise<Person | null>} */
async function hostHere() {
  const host = await fact("host");
  const isIn = host && host.until !== (await fact("host_left")) && (await serverNow()) < Date.parse(host.until);
  return isIn ? host : null;
}

/**
 * @param {string} personId
 * @param {string} pin
 * @returns {Promise<"right" | "wrong" | "wait">}
 */
export async function enter(personId, pin) {
  const tries = (await fact("pin_tries")) || { count: 0, at: 0 };
  const recent = Date.now() - tries.at < WAIT_MS ? tries.count : 0;
  if (recent >= TRIES) return "wait";
  await keepFact("pin_tries", { count: recent + 1, at: Date.now() });
  const people = (await fact("people")) || [];
  const setup = await fact("setup");
  const person = people.find((/** @type {any} */ other) => other.person_id === personId);
  if (!person || (await hashOf(pin, person.pin.salt, setup.pin_iterations)) !== person.pin.hash) return "wrong";
  await keepFact("pin_tries", null);
  const { display_name, pin: kept } = person;
  const { venue_id } = setup.venue;
  await keepFact("person", { person_id: personId, display_name, at: Date.now(), pin: kept.hash, venue_id });
  return "right";
}

/** @returns {Promise<void>} */
export async function leave() {
  await keepFact("person", null);
  const host = await fact("host");
  // The next sync brings the same sign-in again; only a new one opens.
  if (host) await keepFact("host_left", host.until);
}

/**
 * PBKDF2-SHA256, 32 bytes, as the server made it; in base64.
 * @param {string} pin
 * @param {string} salt base64
 * @param {number} iterations
 */
async function hashOf(pin, salt, iterations) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const saltBytes = Uint8Array.from(atob(salt), (character) => character.charCodeAt(0));
  const how = { name: "PBKDF2", hash: "SHA-256", salt: saltBytes, iterations };
  const bits = await crypto.subtle.deriveBits(how, key, 256);
  return btoa(String.fromCharCode(...new Uint8Array(bits)));
}
