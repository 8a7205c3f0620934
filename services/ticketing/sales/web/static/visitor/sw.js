// @ts-check
/**
 * Ticket pages and their parts from the network while it answers, else as last seen. It keeps out of the API: a live stream has no end to keep.
 *
 * A signal that is there but does not carry is worse than none, so after some seconds what was kept is shown.
 */
(() => {
  /** The types of a service worker exclude those of a page. @type {any} */
  const worker = self;
  const KEPT = "tickets-1";
  const PATIENCE_MS = 3000;

  worker.addEventListener("install", () => worker.skipWaiting());
  worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
  worker.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(keepAll(event)));
  worker.addEventListener("fetch", (/** @type {any} */ event) => {
    if (event.request.method !== "GET" || new URL(event.request.url).pathname.startsWith("/api/")) return;
    const fresh = fromNetwork(event.request);
    event.waitUntil(fresh.catch(() => undefined));
    event.respondWith(answer(event.request, fresh));
  });

  /** @param {any} event */
  async function keepAll(event) {
    /** @type {string[]} */
    const asked = (event.data && event.data.keep) || [];
    const own = asked.filter((address) => new URL(address, location.href).origin === location.origin);
    const cache = await caches.open(KEPT);
    const kept = await Promise.all(own.map((address) => cache.add(address).then(() => true, () => false)));
    if (event.source) event.source.postMessage({ kept: kept.every(Boolean) });
  }

  /** @param {Request} request */
  async function fromNetwork(request) {
    const response = await fetch(request);
    if (response.ok && !response.redirected) {
      const copy = response.clone();
      const cache = await caches.open(KEPT);
      await cache.put(request, copy);
    }
    return response;
  }

  /** @param {Request} request @param {Promise<Response>} fresh */
  async function answer(request, fresh) {
    const kept = await caches.match(request, { ignoreSearch: true, ignoreVary: true });
    if (!kept) return fresh;
    /** @type {Promise<Response>} */
    const patience = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
    // A door whose server is gone answers too: 502 and a page of its own.
    const usable = fresh.then((response) => (response.status < 500 ? response : kept), () => kept);
    return Promise.race([usable, patience]);
  }
})();
