"use client";

import { useEffect, useState } from "react";
import { site } from "@/text/site";
import styles from "./UpdateOffer.module.css";

/** Session storage key, set by a page that reloads before the next version has taken over. */
const RELOADED = "left-for-next-version";

/** Registers the service worker, and offers to reload when a new version is available. */
export function UpdateOffer() {
  const [next, setNext] = useState<ServiceWorker | null>(null);
  /** Finishing the requests of the old version may take some seconds. */
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
              takeOver(next);
            }}
          >
            {reloading ? site.update.reloading : site.update.accept}
          </button>
        </p>
      )}
    </div>
  );
}

/** The page works without a service worker, but then it needs a connection. */
async function registerServiceWorker(
  onNext: (next: ServiceWorker) => void,
  signal: AbortSignal,
): Promise<void> {
  const noPointerDown = watchPointers(signal);
  try {
    // Reload every window, also when another one accepted: no old page may run with the new version's files.
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { signal });
    if (sessionStorage.getItem(RELOADED) !== null) {
      sessionStorage.removeItem(RELOADED);
      // The new version may have taken over while this page of the old one loaded.
      const { waiting } = await navigator.serviceWorker.ready;
      if (waiting === null) return location.reload();
    }
    await pageIsIdle();
    const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const offerWaiting = () => {
      // Without a controller, this is the first version: there is nothing to update.
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
 * Returns a function that waits until no pointer has been down for a second. The offer moves the page down, which would
 * disturb a visitor who is drawing or tapping.
 */
function watchPointers(signal: AbortSignal): () => Promise<void> {
  const held = new Set<number>();
  let lifted = -Infinity;
  addEventListener("pointerdown", ({ pointerId }: PointerEvent) => held.add(pointerId), { signal });
  const lift = ({ pointerId }: PointerEvent) => {
    held.delete(pointerId);
    lifted = performance.now();
  };
  addEventListener("pointerup", lift, { signal });
  addEventListener("pointercancel", lift, { signal });
  return async () => {
    while (held.size > 0 || performance.now() - lifted < 1000) {
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

/** Activate the next version. The page reloads when it has taken over; see `registerServiceWorker`. */
function takeOver(next: ServiceWorker): void {
  // Another window may have accepted it already.
  if (next.state !== "installed") return location.reload();
  next.postMessage("take over");
  // The old version finishes its requests first; reloading the page ends them.
  setTimeout(() => {
    sessionStorage.setItem(RELOADED, "");
    location.reload();
  }, 3000);
}
