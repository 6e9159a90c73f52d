// Tests of storage.rules through Firebase's client library.
//
// FIREBASE_STORAGE_EMULATOR_HOST names the server: Firebase's emulator with Google's rules engine (in CI),
// or the project's fake server, which has its own parser of the rules.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, beforeEach, test } from "node:test";

import { assertFails, assertSucceeds, initializeTestEnvironment } from "@firebase/rules-unit-testing";

const RULES = readFileSync(new URL("../../../storage.rules", import.meta.url), "utf8");
const PROJECT = "demo-digits";
const BUCKET = "demo-digits.firebasestorage.app";
const HOST = process.env.FIREBASE_STORAGE_EMULATOR_HOST;
assert.ok(HOST, "FIREBASE_STORAGE_EMULATOR_HOST is not set");
const [host, port] = HOST.split(":");

const server = (await fetch(`http://${HOST}/`)).headers.get("server") ?? "Firebase's emulator";
console.log(`Storage rules as interpreted by ${server}`);

const environments = [];
after(() => Promise.all(environments.map((environment) => environment.cleanup())));

const load = async (rules) => {
  const environment = await initializeTestEnvironment({ projectId: PROJECT, storage: { host, port: Number(port), rules } });
  environments.push(environment);
  return environment;
};

/** Upload an object as the publisher does: through the Cloud Storage API, which the rules do not affect. */
const seed = async (name) => {
  const url = `http://${HOST}/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}`;
  const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  assert.equal(answer.status, 200);
};

beforeEach(async () => {
  for (const name of ["models/current.json", "models/0123456789abcdef/model.json", "private.json"]) await seed(name);
});

/** Every operation of a client, as a function that returns a promise. */
const attempts = (context) => {
  const storage = context.storage(`gs://${BUCKET}`);
  storage.setMaxOperationRetryTime(2000);
  storage.setMaxUploadRetryTime(2000);
  const at = (path) => storage.ref(path);
  return {
    "get the pointer": () => at("models/current.json").getMetadata(),
    "get a release": () => at("models/0123456789abcdef/model.json").getMetadata(),
    "get something else": () => at("private.json").getMetadata(),
    "list releases": () => at("models").list(),
    "list a release": () => at("models/0123456789abcdef").list(),
    "list everything": () => at("").list(),
    "create an object": () => at(`models/new-${Math.random()}.json`).putString("{}"),
    "overwrite the pointer": () => at("models/current.json").putString("{}"),
    "create something else": () => at(`other-${Math.random()}.json`).putString("{}"),
    "change metadata": () => at("models/current.json").updateMetadata({ cacheControl: "public" }),
    "delete a release": () => at("models/0123456789abcdef/model.json").delete(),
  };
};

const ALLOWED = ["get the pointer", "get a release"];

/** The operations that `rules` allow to a visitor. */
const allowed = async (rules, visitor) => {
  const context = visitor(await load(rules));
  const succeeded = [];
  for (const [what, attempt] of Object.entries(attempts(context))) {
    const denied = await assertFails(attempt()).then(
      () => true,
      () => false,
    );
    if (!denied) succeeded.push(what);
  }
  return succeeded;
};

const VISITORS = {
  "a visitor": (environment) => environment.unauthenticatedContext(),
  "a signed-in visitor": (environment) => environment.authenticatedContext("someone"),
};

for (const [who, visitor] of Object.entries(VISITORS)) {
  test(`${who} can only get releases`, async () => {
    assert.deepEqual(await allowed(RULES, visitor), ALLOWED);
  });
}

test("the request of the site returns the bytes", async () => {
  await load(RULES);
  const at = (name) => `http://${HOST}/v0/b/${BUCKET}/o/${encodeURIComponent(name)}?alt=media`;
  const answer = await fetch(at("models/current.json"), { headers: { Origin: "https://site.example" } });
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "{}");
  assert.equal((await fetch(at("private.json"))).status, 403);
});

// Wrong rules must fail, or the tests above would pass with any rules.
const WRONG = {
  "allow get, list": ["list releases", "list a release"],
  "allow get, create": ["create an object"],
  "allow get, update": ["overwrite the pointer", "change metadata"],
  "allow get, delete": ["delete a release"],
};

for (const [words, extra] of Object.entries(WRONG)) {
  test(`'${words}' is detected`, async () => {
    const rules = RULES.replace("allow get", words);
    assert.notEqual(rules, RULES);
    const found = await allowed(rules, VISITORS["a visitor"]);
    assert.deepEqual(new Set(found), new Set([...ALLOWED, ...extra]));
  });
}

test("rules for every path are detected", async () => {
  const rules = RULES.replace("/models/{path=**}", "/{path=**}");
  assert.ok((await allowed(rules, VISITORS["a visitor"])).includes("get something else"));
});

test("rules that deny everything are detected", async () => {
  assert.deepEqual(await allowed(RULES.replace("if true", "if false"), VISITORS["a visitor"]), []);
});

test("invalid rules are rejected", async () => {
  await assert.rejects(load("rules_version = '2'; service firebase.storage {"));
  await assertSucceeds(attempts((await load(RULES)).unauthenticatedContext())["get the pointer"]());
});
