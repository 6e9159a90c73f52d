/**
 * Lets the site open without a network. It keeps one whole version of the site and answers from that alone; another
 * version is fetched beside it, and takes its place when the visitor says so, or when no page of the old one is open
 * any more. Releases from Storage and where that is are none of its business: lib/inference/release/cache.ts keeps them.
 */
/// <reference lib="webworker" />
import { PrecacheController, PrecacheRoute, type PrecacheEntry } from "workbox-precaching";
import { Router } from "workbox-routing";

declare const self: ServiceWorkerGlobalScope;
/** Every file of the site, by scripts/service-worker.mjs. */
declare const FILES: readonly Required<PrecacheEntry>[];

/** The smallest module with a SIMD instruction, by which TensorFlow.js too chooses between its two files. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);
const unused = WebAssembly.validate(SIMD) ? "/tfjs-backend-wasm.wasm" : "/tfjs-backend-wasm-simd.wasm";

const site = new PrecacheController({
  plugins: [
    {
      // What the page has just fetched is asked for again, but not sent again if it is still the same.
      requestWillFetch: async ({ request }) => new Request(request, { cache: "no-cache" }),
      // Without an address of its own, a response takes the request's: workers are told what to load in theirs. Whole,
      // not as a stream: one that is left off would keep this version from being replaced.
      handlerWillRespond: async ({ response }) => new Response(await response.blob(), response),
    },
  ],
});
site.addToCacheList(FILES.filter(({ url }) => !url.endsWith(unused)));

const router = new Router();
router.registerRoute(
  new PrecacheRoute(site, {
    // Next.js marks its own requests; and whatever else stands behind a page's address, the page is the same.
    ignoreURLParametersMatching: [/./],
    cleanURLs: false,
  }),
);

self.addEventListener("install", (event) => event.waitUntil(site.install(event)));
self.addEventListener("activate", (event) => event.waitUntil(site.activate(event)));
self.addEventListener("message", ({ data }) => {
  if (data === "take over") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  // `reload` asks for the server's own: the kept file was found damaged.
  const response = request.cache === "reload" ? undefined : router.handleRequest({ event, request });
  if (response !== undefined) event.respondWith(response);
});
