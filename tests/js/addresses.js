// @ts-check
/** Lets scripts that name others by their address, as a browser asks for them, be loaded here too: import it first. */

import { registerHooks } from "node:module";

/** @type {Record<string, string>} by the first part of an address, the folder behind it */
const FOLDERS = {
  "/static/shared/": "../../shared/web/static/",
  "/static/payments/": "../../services/payments/owner/web/static/",
};

registerHooks({
  resolve(specifier, context, next) {
    const known = Object.keys(FOLDERS).find((address) => specifier.startsWith(address));
    if (!known) return next(specifier, context);
    const url = new URL(FOLDERS[known] + specifier.slice(known.length), import.meta.url).href;
    return { url, shortCircuit: true, format: "module" };
  },
});
