// @ts-check
/**
 * What the phone remembers, in IndexedDB: facts, tickets by short-code hash and id, uses of tickets, its own scans, and the
 * outbox of what the server has not been told. Each write that decides something is one strict transaction.
 */

/** @typedef {"facts" | "tickets" | "uses" | "scans" | "outbox"} StoreName */

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opened =
    opened ||
    new Promise((resolve, reject) => {
      const request = indexedDB.open("mot-cham-gate", 1);
      request.onupgradeneeded = () => {
        const database = request.result;
        database.createObjectStore("facts");
        database.createObjectStore("tickets", { keyPath: "short_code_hash" });
        database.createObjectStore("uses", { keyPath: "scan_id" }).createIndex("ticket_id", "ticket_id");
        database.createObjectStore("scans", { keyPath: "scan_id" });
        database.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  return opened;
}

/**
 * The answer of a request of an open transaction.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Runs `work` in one transaction and gives its result once everything is on disk. `work` may await requests only.
 * @template T
 * @param {StoreName[]} names
 * @param {(stores: Record<StoreName, IDBObjectStore>) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function change(names, work) {
  const database = await open();
  // Strict, because a green light must outlive a flat battery.
  const transaction = database.transaction(names, "readwrite", /** @type {any} */ ({ durability: "strict" }));
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
  });
  const stores = /** @type {Record<StoreName, IDBObjectStore>} */ (
    Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]))
  );
  try {
    const result = await work(stores);
    await done;
    return result;
  } catch (fault) {
    done.catch(() => undefined);
    try {
      transaction.abort();
    } catch {
      // It has ended by itself.
    }
    throw fault;
  }
}

/**
 * @param {string} key
 * @returns {Promise<any>}
 */
export async function fact(key) {
  const database = await open();
  return answerOf(database.transaction("facts").objectStore("facts").get(key));
}

/**
 * @param {string} key
 * @param {unknown} value
 */
export function keepFact(key, value) {
  return change(["facts"], async ({ facts }) => void facts.put(value, key));
}

/**
 * @param {StoreName} name
 * @returns {Promise<any[]>}
 */
export async function all(name) {
  const database = await open();
  return answerOf(database.transaction(name).objectStore(name).getAll());
}

/**
 * The rows with the highest keys, those first.
 * @param {StoreName} name
 * @param {number} limit
 * @returns {Promise<any[]>}
 */
export async function newest(name, limit) {
  const database = await open();
  const request = database.transaction(name).objectStore(name).openCursor(null, "prev");
  return new Promise((resolve, reject) => {
    /** @type {any[]} */
    const rows = [];
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor || rows.length === limit) return resolve(rows);
      rows.push(cursor.value);
      cursor.continue();
    };
  });
}

/** @param {StoreName} name */
export async function count(name) {
  const database = await open();
  return answerOf(database.transaction(name).objectStore(name).count());
}

/** A UUIDv7: milliseconds, then random bits. @param {number} now */
export function newId(now) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 0; place < 6; place++) bytes[place] = Math.floor(now / 256 ** (5 - place)) & 0xff;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
