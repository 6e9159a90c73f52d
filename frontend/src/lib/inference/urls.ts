/** Where the site says what runs. In full: a bundled worker's own address is no base to resolve against. */
export const URLS = {
  configUrl: `${location.origin}/config.json`,
  bundledUrl: `${location.origin}/model/`,
} as const;
