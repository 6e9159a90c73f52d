/** Message from a page to the installed service worker: replace the active version. */
export const ACTIVATE = "take over";
