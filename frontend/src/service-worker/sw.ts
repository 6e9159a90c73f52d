/**
 * Service worker: the site works offline.
 *
 * It caches one complete version of the site and serves all files from it. A new version is cached in parallel. It replaces
 * the old one when the visitor agrees, or when no page of the old version is open. It does not cache config.json or releases
 * from Storage (see lib/inference/release/cache.ts).
 */
/// <reference lib="webworker" />
import { PrecacheController, PrecacheRoute, type PrecacheEntry } from "workbox-precaching";
import { Router } from "workbox-routing";
import { ACTIVATE } from "./messages";

declare const self: ServiceWorkerGlobalScope;
/** The files of the site. Defined by scripts/service-worker.mjs. */
declare const FILES: readonly Required<PrecacheEntry>[];

/** A minimal WebAssembly module with a SIMD instruction. TensorFlow.js uses the same test to choose its WASM file. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);
const unusedWasm = WebAssembly.validate(SIMD) ? "/tfjs-backend-wasm.wasm" : "/tfjs-backend-wasm-simd.wasm";

const site = new PrecacheController({
  plugins: [
    {
      // Revalidate files in the browser cache: the server does not send unchanged files again.
      requestWillFetch: async ({ request }) => new Request(request, { cache: "no-cache" }),
      // A constructed response has no URL, so the request's URL is used. Workers need its fragment, which contains their
      // parameters. The body is a blob because an unfinished stream would keep this version from being replaced.
      handlerWillRespond: async ({ response }) => new Response(await response.blob(), response),
    },
  ],
});
site.addToCacheList(FILES.filter(({ url }) => !url.endsWith(unusedWasm)));

const router = new Router();
router.registerRoute(
  new PrecacheRoute(site, {
    // Ignore the query: Next.js adds one to its requests, and no page depends on it.
    ignoreURLParametersMatching: [/./],
    cleanURLs: false,
  }),
);

self.addEventListener("install", (event) => event.waitUntil(site.install(event)));
self.addEventListener("activate", (event) => event.waitUntil(site.activate(event)));
self.addEventListener("message", ({ data }) => {
  if (data === ACTIVATE) void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  // Requests with `reload` bypass the cache because the cached file is damaged.
  const response = request.cache === "reload" ? undefined : router.handleRequest({ event, request });
  if (response !== undefined) event.respondWith(response);
});
