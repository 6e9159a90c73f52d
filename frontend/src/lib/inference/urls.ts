/** Absolute URLs of the site, because a bundled worker cannot resolve relative URLs against its own. */
export const URLS = {
  configUrl: `${location.origin}/config.json`,
  bundledUrl: `${location.origin}/model/`,
} as const;
