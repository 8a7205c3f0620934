// @ts-check
/**
 * The scanner's service worker: keeps the whole scanner on the phone, so that it starts with the server gone.
 * `self.SHELL` stands in front of this text when it is served (api/gate.py). It never touches /api.
 */

/** The types of a service worker exclude those of a page. @type {any} */
const worker = self;
/** @type {{version: string, addresses: string[]}} */
const shell = worker.SHELL;
const CACHE = `gate-${shell.version}`;

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(shell.addresses.map((address) => new Request(address, { cache: "reload" }))))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== worker.location.origin) return;
  if (address.pathname === "/gate" && address.searchParams.has("lang")) {
    event.respondWith(inAnotherLanguage(request));
  } else if (shell.addresses.includes(address.pathname)) {
    event.respondWith(kept(request));
  }
});

/** The kept file; one version of all of them belongs together, so the network is not asked. @param {Request} request */
async function kept(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true, ignoreVary: true })) || fetch(request);
}

/** The page in the language just chosen, which is kept from now on. @param {Request} request */
async function inAnotherLanguage(request) {
  try {
    const response = await fetch(request);
    // A door whose server is gone answers too: 502 and a page of its own.
    if (response.status >= 500) return kept(request);
    if (response.ok) await (await caches.open(CACHE)).put("/gate", response.clone());
    return response;
  } catch {
    return kept(request);
  }
}
