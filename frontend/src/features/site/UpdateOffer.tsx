"use client";

import { useEffect, useState } from "react";
import { ACTIVATE } from "@/service-worker/messages";
import { site } from "@/text/site";
import styles from "./UpdateOffer.module.css";

/** Session storage key, set by a page that reloads before the next version is active. */
const RELOADED = "reloaded-for-next-version";

/** Registers the service worker, and offers to reload when a new version is available. */
export function UpdateOffer() {
  const [next, setNext] = useState<ServiceWorker | null>(null);
  /** True until the reload, which waits for pending requests of the old version. */
  const [reloading, setReloading] = useState(false);

  useEffect(() => {
    if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
    const stop = new AbortController();
    void registerServiceWorker(setNext, stop.signal);
    return () => stop.abort();
  }, []);

  return (
    <div aria-live="polite">
      {next !== null && (
        <p className={styles.offer}>
          {site.update.text}{" "}
          <button
            type="button"
            className="button"
            aria-disabled={reloading}
            onClick={() => {
              if (reloading) return;
              setReloading(true);
              activate(next);
            }}
          >
            {reloading ? site.update.reloading : site.update.accept}
          </button>
        </p>
      )}
    </div>
  );
}

/** Register the service worker. If registration fails, the page works online only. */
async function registerServiceWorker(
  onNext: (next: ServiceWorker) => void,
  signal: AbortSignal,
): Promise<void> {
  const noPointerDown = watchPointers(signal);
  try {
    // Reload every window, also if another one accepted: an old page cannot run with the new version's files.
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { signal });
    if (sessionStorage.getItem(RELOADED) !== null) {
      sessionStorage.removeItem(RELOADED);
      // The new version may have become active while this page of the old version loaded.
      const { waiting } = await navigator.serviceWorker.ready;
      if (waiting === null) return location.reload();
    }
    await pageIsIdle();
    const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const offerWaiting = () => {
      // Without a controller, this is the first version, so there is nothing to update.
      if (registration.waiting === null || navigator.serviceWorker.controller === null) return;
      void noPointerDown().then(() => {
        if (registration.waiting !== null) onNext(registration.waiting);
      });
    };
    const watchInstalling = () =>
      registration.installing?.addEventListener("statechange", offerWaiting, { signal });
    offerWaiting();
    watchInstalling();
    registration.addEventListener("updatefound", watchInstalling, { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") registration.update().catch(() => {});
      },
      { signal },
    );
  } catch {
    // Service workers are unavailable, for example in a private window.
  }
}

/**
 * Return a function that waits until no pointer has been down for a second. The offer moves the page down, so it must not
 * appear while the visitor draws or taps.
 */
function watchPointers(signal: AbortSignal): () => Promise<void> {
  const down = new Set<number>();
  let lastUp = -Infinity;
  addEventListener("pointerdown", ({ pointerId }: PointerEvent) => down.add(pointerId), { signal });
  const onUp = ({ pointerId }: PointerEvent) => {
    down.delete(pointerId);
    lastUp = performance.now();
  };
  addEventListener("pointerup", onUp, { signal });
  addEventListener("pointercancel", onUp, { signal });
  return async () => {
    while (down.size > 0 || performance.now() - lastUp < 1000) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
}

/** Wait until the page has loaded and is idle. */
async function pageIsIdle(): Promise<void> {
  if (document.readyState !== "complete") {
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  }
  await new Promise((resolve) =>
    "requestIdleCallback" in window
      ? requestIdleCallback(resolve, { timeout: 5000 })
      : setTimeout(resolve, 2000),
  );
}

/** Activate the next version. The page reloads when it is active; see `registerServiceWorker`. */
function activate(next: ServiceWorker): void {
  // Another window may have accepted it already.
  if (next.state !== "installed") return location.reload();
  next.postMessage(ACTIVATE);
  // The old version finishes its requests first; reloading the page ends them.
  setTimeout(() => {
    sessionStorage.setItem(RELOADED, "");
    location.reload();
  }, 3000);
}
