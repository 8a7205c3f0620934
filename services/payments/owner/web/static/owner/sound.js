// @ts-check
/**
 * The sound of money. A browser lets a page sound only after a tap, so a banner says that sound is off until it is really
 * on; "start the day" is that tap.
 */

const banner = document.getElementById("sound-off");
// Only a day that was started tries to sound on a new page: before any tap a browser would only complain.
const STARTED = "owner.day_started";
/** @type {AudioContext | null} */
let audio = null;

function show() {
  if (banner) banner.hidden = audio !== null && audio.state === "running";
}

function resume() {
  if (!audio && "AudioContext" in window) {
    audio = new AudioContext();
    audio.addEventListener("statechange", show);
  }
  if (audio && audio.state !== "running") audio.resume().then(show, show);
}

/** Rising tones, and a buzz for a loud kitchen. */
export function ring() {
  if (navigator.vibrate) navigator.vibrate([200, 100, 200]);
  if (!audio || audio.state !== "running") return;
  for (const [hertz, from, seconds] of [[660, 0, 0.15], [880, 0.16, 0.15], [1320, 0.32, 0.4]]) {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(audio.destination);
    tone.start(audio.currentTime + from);
    tone.stop(audio.currentTime + from + seconds);
  }
}

/** Watches whether this page may sound. A page reached by a tap on the one before often may at once. */
export function watchSound() {
  const button = document.getElementById("sound-on");
  if (button) {
    button.addEventListener("click", () => {
      sessionStorage.setItem(STARTED, "yes");
      resume();
      ring();
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && sessionStorage.getItem(STARTED)) resume();
  });
  if (sessionStorage.getItem(STARTED)) resume();
  show();
}
