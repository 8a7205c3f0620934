// Ticket pages from the network while there is one, else as last seen. Serves /t/ only.
const CACHE = "tickets-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const keep = (event.data?.keep ?? []).filter((address) => new URL(address, location.href).origin === location.origin);
  event.waitUntil(
    caches.open(CACHE).then((cache) => Promise.all(keep.map((address) => cache.add(address).catch(() => undefined)))),
  );
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(
    fetch(event.request)
      .then((response) => {
        const copy = response.clone();
        if (response.ok && !response.redirected) {
          caches.open(CACHE).then((cache) => cache.put(event.request, copy));
        }
        return response;
      })
      .catch(() => caches.match(event.request, { ignoreSearch: true }).then((kept) => kept ?? Response.error())),
  );
});
