"use client";

import { useEffect, useState } from "react";
import { site } from "@/text/site";
import styles from "./UpdateOffer.module.css";

/** Set in the session's storage by a page that was left for the next version before that had taken over. */
const LEFT = "left-for-next-version";

/** Keeps the site for offline use, and offers its next version when that is here. */
export function UpdateOffer() {
  const [next, setNext] = useState<ServiceWorker | null>(null);
  /** The old version may take some seconds to finish what it answers. */
  const [leaving, setLeaving] = useState(false);

  useEffect(() => {
    if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
    const stop = new AbortController();
    void keepSite(setNext, stop.signal);
    return () => stop.abort();
  }, []);

  return (
    <div aria-live="polite" className={styles.place}>
      {next !== null && (
        <p className={styles.offer}>
          {site.update.text}{" "}
          <button
            type="button"
            className="button"
            aria-disabled={leaving}
            onClick={() => {
              if (leaving) return;
              setLeaving(true);
              takeOver(next);
            }}
          >
            {leaving ? site.update.leaving : site.update.accept}
          </button>
        </p>
      )}
    </div>
  );
}

/** Nothing is wrong with the page where this fails: it only needs the network the next time. */
async function keepSite(onNext: (next: ServiceWorker) => void, signal: AbortSignal): Promise<void> {
  const pageIsLeftAlone = watchPointers(signal);
  try {
    // Whichever window accepted it: no page of the old version goes on under the new one.
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { signal });
    if (sessionStorage.getItem(LEFT) !== null) {
      sessionStorage.removeItem(LEFT);
      // The new version may have taken over while this page of the old one was on its way.
      const { waiting } = await navigator.serviceWorker.ready;
      if (waiting === null) return location.reload();
    }
    await pageIsIdle();
    const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const look = () => {
      // Without a controller the page is not of the kept version, and the new one is simply the first.
      if (registration.waiting === null || navigator.serviceWorker.controller === null) return;
      void pageIsLeftAlone().then(() => {
        if (registration.waiting !== null) onNext(registration.waiting);
      });
    };
    const listen = () => registration.installing?.addEventListener("statechange", look, { signal });
    look();
    listen();
    registration.addEventListener("updatefound", listen, { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") registration.update().catch(() => {});
      },
      { signal },
    );
  } catch {
    // No service workers here: a private window, or a browser that forbids them.
  }
}

/**
 * Gives a function that waits until no pointer has been down for a second: the offer moves the page down, which is not for
 * a moment at which somebody draws or taps.
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

/** What the visitor waits for comes first. */
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

/** The page reloads once the next version answers; see `keepSite`. */
function takeOver(next: ServiceWorker): void {
  // Another window may have accepted it already.
  if (next.state !== "installed") return location.reload();
  next.postMessage("take over");
  // The old version first finishes what it answers; leaving the page ends that.
  setTimeout(() => {
    sessionStorage.setItem(LEFT, "");
    location.reload();
  }, 3000);
}
