// @ts-check
/** Ticket pages from the network while there is one, else as last seen. Serves /t/ only. */
(() => {
  /** The types of a service worker exclude those of a page. @type {any} */
  const worker = self;
  const KEPT = "tickets-1";

  worker.addEventListener("install", () => worker.skipWaiting());
  worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

  worker.addEventListener("message", (/** @type {any} */ event) => {
    /** @type {string[]} */
    const asked = event.data?.keep ?? [];
    const keep = asked.filter((address) => new URL(address, location.href).origin === location.origin);
    event.waitUntil(
      caches.open(KEPT).then((cache) => Promise.all(keep.map((address) => cache.add(address).catch(() => undefined)))),
    );
  });

  worker.addEventListener("fetch", (/** @type {any} */ event) => {
    if (event.request.method !== "GET") return;
    event.respondWith(
      fetch(event.request)
        .then((response) => {
          const copy = response.clone();
          if (response.ok && !response.redirected) {
            caches.open(KEPT).then((cache) => cache.put(event.request, copy));
          }
          return response;
        })
        .catch(() => caches.match(event.request, { ignoreSearch: true, ignoreVary: true }).then((kept) => kept ?? Response.error())),
    );
  });
})();
