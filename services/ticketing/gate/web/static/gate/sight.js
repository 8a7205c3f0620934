// @ts-check
/** What the camera has in sight: it sees one ticket in many pictures, and all of them are one scan. */

const FORGOTTEN_MS = 3000;

export class Sight {
  constructor() {
    /** When each text that was decided was last seen, by the text. @type {Map<string, number>} */
    this.decided = new Map();
  }

  /**
   * Whether a text that is seen now is to be decided: what nobody has decided is offered again with each picture.
   * @param {string} text
   * @param {number} now milliseconds of a clock that never jumps
   */
  isNew(text, now) {
    for (const [known, seenAt] of this.decided) if (now - seenAt >= FORGOTTEN_MS) this.decided.delete(known);
    if (!this.decided.has(text)) return true;
    this.decided.set(text, now);
    return false;
  }

  /**
   * From now on, for as long as it stays in sight, it is a repeat.
   * @param {string} text
   * @param {number} now
   */
  decide(text, now) {
    this.decided.set(text, now);
  }
}
