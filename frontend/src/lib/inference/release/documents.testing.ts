/** The valid and invalid documents that pytest and Vitest share; `tests/release/documents/README.md` describes them. */

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020";
import * as fc from "fast-check";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Change = readonly [place: string, value?: Json];
type Kind = "manifest" | "report" | "pointer" | "signed_pointer";

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../../${path}`, import.meta.url), "utf8"));

export const readDocument = (kind: Kind) => read(`tests/release/documents/${kind}.json`) as Json;
export const readBundled = (kind: "manifest" | "report") =>
  read(`frontend/public/model/${kind}.json`) as Json;

export function readCases(kind: Kind): (readonly [name: string, json: Json, valid: boolean])[] {
  const cases = read("tests/release/documents/cases.json") as Record<
    Kind,
    { readonly name: string; readonly valid: boolean; readonly changes: readonly Change[] }[]
  >;
  return cases[kind].map(({ name, valid, changes }) => [name, change(readDocument(kind), changes), valid]);
}

/** A document with the changes of a case. */
export function change(json: Json, changes: readonly Change[]): Json {
  const root: Record<string, Json> = { "": json };
  for (const [place, ...value] of changes) {
    const path = place === "" ? [] : place.split(".");
    const last = path.pop() ?? "";
    const parent = path.reduce(
      (at, key) => (at as Record<string, Json>)[key]!,
      place === "" ? root : root[""]!,
    );
    if (value.length > 0) (parent as Record<string, Json>)[last] = value[0]!;
    else if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as Record<string, Json>)[last];
  }
  return root[""]!;
}

/** Whether a document matches the JSON Schema that Python generates from its own models. */
export function schemaOf(kind: "manifest" | "report"): (json: Json) => boolean {
  const schema = read(`ml/release/${kind}.schema.json`) as Record<string, unknown>;
  const validate = new Ajv2020({ strictTypes: false }).compile(schema);
  return (json) => validate(json);
}

/** Variants of the document with one value replaced, deleted or added. */
export function mutations(kind: Kind): fc.Arbitrary<Json> {
  const places = placesOf(readDocument(kind));
  const value = fc.oneof(
    fc.constantFrom<Json>(null, true, 0, 1, -1, 0.5, 1.5, 10, "", "1", "model.json", [], {}, [1], { a: 1 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  );
  const replaced = fc.tuple(fc.constantFrom(...places), value).map(([place, json]): Change => [place, json]);
  const deleted = fc.constantFrom(...places.filter((place) => place !== "")).map((place): Change => [place]);
  const added = fc
    .tuple(fc.constantFrom(...places), value)
    .map(([place, json]): Change => [place.replace(/[^.]+$/, "added"), json]);
  return fc.oneof(replaced, deleted, added).map((each) => change(readDocument(kind), [each]));
}

function placesOf(json: Json, here = ""): string[] {
  if (typeof json !== "object" || json === null) return [here];
  const inside = Object.entries(json).flatMap(([key, value]) =>
    placesOf(value, here === "" ? key : `${here}.${key}`),
  );
  return [here, ...inside];
}
