/** Every rule of the conversation's SPEC.md, every invariant and every threat is named by a test. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TESTS = fileURLToPath(new URL("../..", import.meta.url));
const SPEC = new URL("../../../durable-objects/conversation/SPEC.md", import.meta.url);

const rules = [...readFileSync(SPEC, "utf8").matchAll(/^- \*\*([A-Z]\d+) /gm)].flatMap(([, rule]) => rule ?? []);
const upTo = (letter: string, last: number): string[] => Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);

const named = new Set(
  readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .flatMap((path) =>
      [...readFileSync(join(TESTS, path), "utf8").matchAll(/\[([A-Z]\d+)\]/g)].flatMap(([, rule]) => rule ?? []),
    ),
);

test("the rules of SPEC.md are found", () => {
  expect(rules).toEqual(expect.arrayContaining(["P1", "C1", "O1", "L1"]));
});

test.each([...rules, ...upTo("A", 12), ...upTo("T", 18), ...upTo("S", 23)])("%s is named by a test", (rule) => {
  expect(named).toContain(rule);
});
