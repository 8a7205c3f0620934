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
let maySound = false;
let tones = 0;

/** Browsers let a page sound only after a touch; called by the first ones. */
export function unlock() {
  if (!audio && "AudioContext" in window) audio = new AudioContext();
  if (!audio) return;
  void audio.resume().then(() => {
    maySound = true;
    rest();
  });
}

/** Even silence is worked out sample by sample, which a phone pays for all day. */
function rest() {
  if (audio && tones === 0) void audio.suspend();
}

/** @param {Colour} colour */
export function signal(colour) {
  if (navigator.vibrate) navigator.vibrate(BUZZ[colour]);
  // A call on the phone holds the sound, and would be followed by all that was not heard.
  if (!audio || !maySound || audio.state === "interrupted") return;
  for (const [frequency, from, length] of TONES[colour]) {
    const tone = audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(audio.destination);
    tones += 1;
    tone.onended = () => {
      tones -= 1;
      rest();
    };
    tone.start(audio.currentTime + from / 1000);
    tone.stop(audio.currentTime + (from + length) / 1000);
  }
  // At rest its time stands still, so the tones begin as it goes on; asked always, since it may be about to rest.
  void audio.resume();
}

/** Keeps the screen lit while somebody scans; a phone that can't goes dark as usual. */
export async function stayAwake() {
  try {
    if ("wakeLock" in navigator) await navigator.wakeLock.request("screen");
  } catch {
    // Low battery, or hidden: nothing to do about it.
  }
}
