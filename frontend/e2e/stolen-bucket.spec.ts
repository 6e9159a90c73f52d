// An attacker can write every object of Storage, but does not have the key that the site pins. No visitor may run a release
// that is unsigned, foreign or older.
import type { APIRequestContext, Page } from "@playwright/test";
import {
  makeSigningKey,
  type PointerContent,
  type SigningKey,
  signPointer,
} from "../src/lib/inference/release/signing.testing";
import {
  configure,
  expect,
  fetchBundled,
  POINTER,
  serveStorage,
  STORAGE,
  STORAGE_ORIGIN,
  storeRelease,
  test,
} from "./site";

type Objects = Map<string, Buffer>;

/** What the attacker has: the objects of each release with a pointer to it, and a key of their own. */
interface Loot {
  readonly honest: Objects;
  readonly old: Objects;
  readonly foreign: Objects;
  readonly foreignKey: SigningKey;
}

const REFUSED = {
  unsigned: /current\.json is not signed/,
  foreign: /current\.json is not signed by a key that this site trusts/,
  older: /current\.json has version 4, which is older than version 5/,
  damaged: /does not match its SHA-256 hash/,
};

/** Changes Storage, which serves the honest release. `returning` and `first` are why visitors keep the release that they have. */
interface Attack {
  readonly name: string;
  readonly change: (stored: Objects, loot: Loot) => Promise<void> | void;
  /** Null if a returning visitor downloads nothing that has changed. */
  readonly returning: RegExp | null;
  readonly first: RegExp;
}

const pointer = (objects: Objects) => JSON.parse(objects.get(POINTER)!.toString()) as PointerContent;
const setPointer = (objects: Objects, value: string) => objects.set(POINTER, Buffer.from(value));

/** Store the files of one release under the id of another. */
function storeUnder(stored: Objects, files: Objects, id: string): void {
  for (const [path, content] of files) {
    if (path !== POINTER) stored.set(path.replace(/^models\/[^/]+/, `models/${id}`), content);
  }
}

const ATTACKS: readonly Attack[] = [
  {
    name: "replaced weights",
    change(stored) {
      const folder = `models/${pointer(stored).release}/`;
      const path = [...stored.keys()].find((name) => name.startsWith(folder) && name.endsWith(".bin"))!;
      const weights = Buffer.from(stored.get(path)!);
      weights[1000]! ^= 1;
      stored.set(path, weights);
    },
    returning: null,
    first: REFUSED.damaged,
  },
  {
    name: "a manifest of another release",
    change: (stored, { old }) => storeUnder(stored, old, pointer(stored).release),
    returning: null,
    first: /manifest\.json (does not match its SHA-256 hash|has \d+ bytes)/,
  },
  {
    name: "a deleted pointer",
    change: (stored) => void stored.delete(POINTER),
    returning: /current\.json could not be downloaded \(HTTP 404\)/,
    first: /current\.json could not be downloaded \(HTTP 404\)/,
  },
  {
    // Parsing it must not take longer than its download.
    name: "a pointer of 1 MiB of quotation marks",
    change: (stored) => void setPointer(stored, '\\"'.repeat(2 ** 19)),
    returning: /current\.json is not JSON/,
    first: /current\.json is not JSON/,
  },
  {
    name: "an unsigned pointer to a foreign release",
    change: (stored, { foreign }) => foreign.forEach((content, path) => stored.set(path, content)),
    returning: REFUSED.unsigned,
    first: REFUSED.unsigned,
  },
  {
    name: "a foreign release with a foreign signature",
    async change(stored, { foreign, foreignKey }) {
      foreign.forEach((content, path) => stored.set(path, content));
      setPointer(stored, await signPointer(pointer(foreign), foreignKey, 9));
    },
    returning: REFUSED.foreign,
    first: REFUSED.foreign,
  },
  {
    name: "a foreign release under the id of the honest one",
    async change(stored, { honest, foreign, foreignKey }) {
      const { release, manifest } = pointer(honest);
      storeUnder(stored, foreign, release);
      const target = { ...pointer(foreign).manifest, path: manifest.path };
      setPointer(stored, await signPointer({ release, manifest: target }, foreignKey, 9));
    },
    returning: REFUSED.foreign,
    first: REFUSED.foreign,
  },
  {
    name: "the honest signature on a pointer to a foreign release",
    change(stored, { honest, foreign }) {
      foreign.forEach((content, path) => stored.set(path, content));
      setPointer(stored, JSON.stringify({ ...pointer(honest), ...pick(pointer(foreign)) }));
    },
    returning: REFUSED.foreign,
    first: REFUSED.foreign,
  },
  {
    name: "an older release under a raised version",
    change(stored, { old }) {
      old.forEach((content, path) => stored.set(path, content));
      setPointer(stored, JSON.stringify({ ...pointer(old), version: 9 }));
    },
    returning: REFUSED.foreign,
    first: REFUSED.foreign,
  },
  {
    name: "the pointer of an older release, as it was signed",
    change: (stored, { old }) => old.forEach((content, path) => stored.set(path, content)),
    returning: REFUSED.older,
    first: REFUSED.older,
  },
];

const pick = ({ release, manifest }: PointerContent) => ({ release, manifest });

/**
 * Serve a signed release of version 5 from a Storage that still has version 4.
 *
 * @param config - Further settings of the site.
 */
async function publishSigned(page: Page, request: APIRequestContext, config: object = {}) {
  const [key, foreignKey] = await Promise.all([makeSigningKey(), makeSigningKey()]);
  const { manifest, files } = await fetchBundled(request);
  const store = async (name: string) =>
    (await storeRelease({ ...manifest, experiment: { ...manifest.experiment, name } }, files)).objects;
  const [honest, old, foreign] = await Promise.all([store("honest"), store("old"), store("foreign")]);
  setPointer(honest, await signPointer(pointer(honest), key, 5));
  setPointer(old, await signPointer(pointer(old), key, 4));
  const stored: Objects = new Map();
  await serveStorage(page, stored);
  await configure(page, { storage: STORAGE, keys: [key.publicKey], ...config });
  const loot: Loot = { honest, old, foreign, foreignKey };
  const restore = () => {
    stored.clear();
    for (const objects of [old, honest]) objects.forEach((content, path) => stored.set(path, content));
  };
  restore();
  return { stored, loot, restore, id: pointer(honest).release, bundled: manifest.release };
}

test.use({ allowedOrigin: STORAGE_ORIGIN, expectedConsoleErrors: /status of 404/ });

test("an attacker who can write to Storage cannot change what a returning visitor runs", async ({
  drawPage,
  page,
  request,
}) => {
  const { stored, loot, restore, id } = await publishSigned(page, request);
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", id);
  await expect.poll(() => page.evaluate(async () => Boolean(await caches.match("/config.json")))).toBe(true);
  for (const { name, change, returning } of ATTACKS) {
    await test.step(name, async () => {
      restore();
      await change(stored, loot);
      const checked = page.waitForResponse(/current\.json/);
      await drawPage.open();
      await checked;
      if (returning !== null) await expect(page.getByText(returning)).toBeVisible();
      await expect(page.getByRole("button", { name: "Use the newer model" })).toBeHidden();
      await expect(drawPage.prediction).toHaveAttribute("data-release", id);
    });
  }
  restore();
  await drawPage.open();
  await expect(page.getByText(`Release ${id}, cached from an earlier visit`)).toBeVisible();
  await drawPage.drawDigit(4);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
});

test("an attacker who can write to Storage cannot make a first visitor run a foreign or older release", async ({
  drawPage,
  page,
  request,
}) => {
  // A first visitor knows the lowest version from the site only.
  const { stored, loot, restore, bundled } = await publishSigned(page, request, { version: 5 });
  for (const { name, change, first } of ATTACKS) {
    await test.step(name, async () => {
      restore();
      await change(stored, loot);
      await drawPage.open();
      await expect(page.getByText(first)).toBeVisible();
      await expect(drawPage.prediction).toHaveAttribute("data-release", bundled);
      expect(await page.evaluate(() => caches.keys())).toEqual([]);
    });
  }
});

test("a cached release of a revoked key is replaced at once, and the drawing stays", async ({
  drawPage,
  page,
  request,
}) => {
  const { stored, loot, id, bundled } = await publishSigned(page, request);
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", id);
  await expect.poll(() => page.evaluate(async () => Boolean(await caches.match("/config.json")))).toBe(true);

  const key = await makeSigningKey();
  let pinNewKey = () => {};
  const pinned = new Promise<void>((resolve) => (pinNewKey = resolve));
  await page.route("**/config.json", async (route) => {
    await pinned;
    await route.fulfill({ json: { storage: STORAGE, keys: [key.publicKey] } });
  });
  await drawPage.open();
  await expect(drawPage.prediction).toHaveAttribute("data-release", id);
  await drawPage.drawDigit(4);
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");
  pinNewKey();
  await expect(drawPage.prediction).toHaveAttribute("data-release", bundled);
  await expect(page.getByText(REFUSED.foreign)).toBeVisible();
  await expect(drawPage.prediction).toHaveAttribute("data-digit", "4");

  setPointer(stored, await signPointer(pointer(loot.honest), key, 6));
  await page.reload();
  await expect(drawPage.prediction).toHaveAttribute("data-release", id);
});
