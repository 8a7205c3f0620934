// @ts-check
/**
 * One event stream a page: open while the page is seen, resumed after a break, and honest while it is broken.
 *
 * The server sends whole states, so whatever was missed in between does not matter.
 */

const LOST_AFTER_MS = 1500;
const AGAIN_MS = 3000;

/**
 * @template S
 * @typedef {object} Source
 * @property {string} stream address of the event stream
 * @property {string} [event] name of its event; "state" by default
 * @property {string} [state] address of the same state as JSON, asked when the page is seen again and while there is no stream
 * @property {(state: S) => void} show
 * @property {(isLost: boolean) => void} [connection] told when the stream breaks for more than a moment, and when it is back
 */

/**
 * Follows a source until the page goes; returns a function that ends it sooner.
 * @template S
 * @param {Source<S>} source
 */
export function follow(source) {
  /** @type {EventSource | null} */
  let stream = null;
  /** @type {number | undefined} */
  let lostTimer;
  /** @type {number | undefined} */
  let againTimer;
  let isLost = false;
  let isEnded = false;

  /** @param {boolean} lost */
  function tell(lost) {
    window.clearTimeout(lostTimer);
    lostTimer = undefined;
    if (lost === isLost) return;
    isLost = lost;
    source.connection?.(lost);
  }

  function open() {
    if (stream || isEnded || document.hidden) return;
    stream = new EventSource(source.stream);
    stream.addEventListener("open", () => tell(false));
    stream.addEventListener(source.event ?? "state", (event) => {
      tell(false);
      source.show(JSON.parse(/** @type {MessageEvent<string>} */ (event).data));
    });
    stream.addEventListener("ended", () => {
      // The pass of this page is over: asked for again, its door says so and where to sign in.
      isEnded = true;
      close();
      window.location.reload();
    });
    stream.addEventListener("error", broken);
  }

  function broken() {
    if (lostTimer === undefined) lostTimer = window.setTimeout(() => tell(true), LOST_AFTER_MS);
    window.clearTimeout(againTimer);
    againTimer = window.setTimeout(() => {
      // A browser gives up for good after an answer such as 502; then it is ours to try again.
      if (stream?.readyState === EventSource.CLOSED) {
        close();
        open();
      }
      if (stream?.readyState !== EventSource.OPEN) ask();
    }, AGAIN_MS + Math.random() * AGAIN_MS);
  }

  async function ask() {
    if (!source.state || document.hidden) return;
    try {
      const answer = await fetch(source.state, { headers: { Accept: "application/json" } });
      if (answer.ok) source.show(await answer.json());
    } catch {
      // Still no network; the stream tells when it is back.
    }
  }

  function close() {
    window.clearTimeout(againTimer);
    window.clearTimeout(lostTimer);
    lostTimer = undefined;
    stream?.close();
    stream = null;
  }

  function seen() {
    if (document.hidden) {
      close();
    } else {
      ask();
      open();
    }
  }

  function restart() {
    close();
    open();
  }

  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  window.addEventListener("online", restart);
  window.addEventListener("offline", broken);
  open();

  return () => {
    isEnded = true;
    close();
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("pagehide", close);
    window.removeEventListener("pageshow", open);
    window.removeEventListener("online", restart);
    window.removeEventListener("offline", broken);
  };
}
