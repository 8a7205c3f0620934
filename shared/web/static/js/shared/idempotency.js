// @ts-check
/** One id for one wish: made here and stored before it is sent, so that sending again is the same wish. */

/** A new random UUID. Without https a browser has no randomUUID. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * The key to send this content with: the same for the same content, a new one once it changed.
 *
 * A person who goes back, changes a number and sends again has a new wish, though the form still holds the old key.
 * @param {string} key the form's own
 * @param {string} content what is about to be sent
 */
export function keyFor(key, content) {
  const place = `sent:${key}`;
  const sent = recall(place);
  if (sent === null || sent === content) {
    remember(place, content);
    return key;
  }
  const another = newId();
  remember(`sent:${another}`, content);
  return another;
}

/** @param {string} place */
function recall(place) {
  try {
    return sessionStorage.getItem(place);
  } catch {
    return null;
  }
}

/** @param {string} place @param {string} content */
function remember(place, content) {
  try {
    sessionStorage.setItem(place, content);
  } catch {
    // Storage is off or full: then a changed form is refused by the server, never booked twice.
  }
}
