/** Every promise about mail, by its number, is named by at least one test. */
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** A number in the name of a test: in a string, at its beginning or behind another one. */
const NAMED = /["'`](?:\[[^\]"'`]+\] )*\[([A-Z]\d+[a-z]?)\]/gu;

const named = new Set<string>();
for (const file of globSync("test/**/*.test.ts")) {
  const text = readFileSync(file, "utf8");
  // Names with several numbers give one match for each beginning of a string, so the rest of them is read from there.
  for (const [match] of text.matchAll(NAMED))
    for (const [, number = ""] of match.matchAll(/\[([A-Z]\d+[a-z]?)\]/gu)) named.add(number);
}
const ROWS_WITH_LETTERS: Readonly<Record<string, string[]>> = { M3: ["M3a", "M7a", "M3b"], M9: ["M9", "M9a"] };
const promised = [...readFileSync("docs/mail.md", "utf8").matchAll(/^\| (E\d+) /gmu)].map(([, number = ""]) => number);
/** In the order of the table: M3 has two halves with M7a between them. */
const rows = Array.from({ length: 17 }, (_, index) => `M${index + 1}`).flatMap((row) => ROWS_WITH_LETTERS[row] ?? [row]);

test("the promises are numbered without a gap", () => {
  expect(promised).toEqual(Array.from({ length: promised.length }, (_, index) => `E${index + 1}`));
  expect(promised.length).toBeGreaterThan(30);
});

test.each([...rows, ...promised])("[%s] is named by a test", (number) => {
  expect(named).toContain(number);
});

test("each row of the decision table is shown to win over the next", () => {
  const order = readFileSync("test/unit/email-match/row-order.test.ts", "utf8");
  const pairs = rows.slice(1).map((row, index) => `"[${rows[index]}] wins over [${row}]"`);
  expect(pairs.filter((pair) => !order.includes(pair))).toEqual([]);
});
