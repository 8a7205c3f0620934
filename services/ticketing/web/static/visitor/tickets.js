// @ts-check
// Keeps this ticket page for places without a signal.

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/t/sw.js", { scope: "/t/", updateViaCache: "none" }).then(() =>
    navigator.serviceWorker.ready.then((worker) =>
      worker.active?.postMessage({
        keep: [location.pathname, ...performance.getEntriesByType("resource").map((entry) => entry.name)],
      }),
    ),
  );
}
