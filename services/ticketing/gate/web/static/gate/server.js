// @ts-check
/** Asks the server, and tells an answer from none. It knows neither scans nor manifests. */

const LIMIT_MS = 10_000;
/** What the server says if this phone's pass is not for a venue. */
export const NOT_OURS = "venue_forbidden";
/** What it says if somebody took this phone's pass away. */
export const REMOVED = "pass_revoked";

/** Nobody answered in time, or whoever did is not our server: a proxy without it, or a hotel's sign-in page. */
export class Unreachable extends Error {}

/** The server answered, and said no. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {any} problem what it says of it, in the page's language
   */
  constructor(status, problem) {
    super(String(status));
    this.status = status;
    this.code = /** @type {string} */ (problem.code);
    this.problem = problem;
  }
}

/**
 * The answer of the server; rejects with Refused or Unreachable.
 * @param {string} address
 * @param {unknown} [body]
 * @param {number} [limit] how long to wait, in ms
 * @param {string} [key] names the request, so that asked again it is not done again
 * @returns {Promise<any>}
 */
export async function call(address, body, limit = LIMIT_MS, key = "") {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), limit);
  try {
    const headers = { Accept: "application/json", "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(address, { ...post, headers, signal: aborter.signal, cache: "no-store" });
    const answer = await response.json();
    if (response.ok) return answer;
    if (typeof answer.code === "string") throw new Refused(response.status, answer);
    throw new Unreachable(String(response.status));
  } catch (fault) {
    throw fault instanceof Refused ? fault : new Unreachable(String(fault));
  } finally {
    clearTimeout(timer);
  }
}
