/** Every rule of SPEC.md and of docs/rules.md is named by a test. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TESTS = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = ["durable-objects/conversation/SPEC.md", "docs/rules.md"].map(
  (path) => new URL(`../../../${path}`, import.meta.url),
);

const rules = PAGES.flatMap((page) =>
  [...readFileSync(page, "utf8").matchAll(/^- \*\*([A-Z]\d+)\b/gm)].flatMap(([, rule]) => rule ?? []),
);

const named = new Set(
  readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .flatMap((path) =>
      [...readFileSync(join(TESTS, path), "utf8").matchAll(/\[([A-Z]\d+)\]/g)].flatMap(([, rule]) => rule ?? []),
    ),
);

test("the rules are found", () => {
  expect(rules).toEqual(expect.arrayContaining(["P1", "C1", "O1", "L1", "V1", "A1", "A12", "T1", "T18", "S1", "S23"]));
});

test.each(rules)("%s is named by a test", (rule) => {
  expect(named).toContain(rule);
});
