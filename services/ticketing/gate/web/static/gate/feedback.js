// @ts-check
/** Sound and buzz, different for each colour, so that nobody has to see it. */

/** @typedef {import("./rules.js").Colour} Colour */

/** Tones as [Hz, from ms, for ms]. @type {Record<Colour, readonly (readonly [number, number, number])[]>} */
const TONES = {
  green: [[880, 0, 120], [1320, 120, 160]],
  amber: [[520, 0, 150], [520, 220, 150]],
  red: [[220, 0, 180], [220, 240, 180], [180, 480, 320]],
};
/** @type {Record<Colour, number[]>} */
const BUZZ = { green: [80], amber: [120, 80, 120], red: [250, 100, 250, 100, 250] };

/** @type {AudioContext | null} */
let audio = null;

/** Browsers let a page sound only after a touch; called by the first ones. */
export function unlock() {
  if (!audio && "AudioContext" in window) audio = new AudioContext();
  if (audio && audio.state === "suspended") void audio.resume();
}

/** @param {Colour} colour */
export function signal(colour) {
  if (navigator.vibrate) navigator.vibrate(BUZZ[colour]);
  if (!audio || audio.state !== "running") return;
  for (const [frequency, from, length] of TONES[colour]) {
    const tone = audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(audio.destination);
    tone.start(audio.currentTime + from / 1000);
    tone.stop(audio.currentTime + (from + length) / 1000);
  }
}

/** Keeps the screen lit while somebody scans; a phone that can't goes dark as usual. */
export async function stayAwake() {
  try {
    if ("wakeLock" in navigator) await navigator.wakeLock.request("screen");
  } catch {
    // Low battery, or hidden: nothing to do about it.
  }
}
