import { describe, expect, test, vi } from "vitest";
import { findBrowser } from "../../../tools/check/find-browser.ts";
import { formatTotals, runSteps } from "../../../tools/check/run-steps.ts";
import { countTests } from "../../../tools/check/vitest-step.ts";
import { findMissing } from "../../../tools/deploy/find-missing.ts";
import { findFirstLoad, formatMeasurements } from "../../../tools/size-budgets.ts";

const buildReport = (changes: object = {}) =>
  JSON.stringify({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...changes });

describe("counting tests", () => {
  test("a good run", () => {
    expect(countTests(buildReport({ numPendingTests: 2 }), true, "")).toEqual({ passed: 3, failed: 0, skipped: 2, output: "" });
  });

  test("a file that could not be loaded counts as a failure", () => {
    const broken = { status: "failed", assertionResults: [] };
    expect(countTests(buildReport({ testResults: [broken] }), false, "").failed).toBe(1);
  });

  test("an error outside of any test counts as a failure", () => {
    expect(countTests(buildReport(), false, "").failed).toBe(1);
  });

  test("no report is a failure", () => {
    expect(countTests("", true, "crashed")).toEqual({ passed: 0, failed: 1, skipped: 0, output: "crashed" });
  });

  test("the last line", () => {
    expect(formatTotals({ passed: 12, failed: 1, skipped: 0 })).toBe("12 passed, 1 failed");
    expect(formatTotals({ passed: 12, failed: 0, skipped: 2 })).toBe("12 passed, 0 failed, 2 skipped");
  });

  test("a step that breaks fails, and the others still run", async () => {
    vi.spyOn(console, "log").mockReturnValue(undefined);
    const broken = { name: "broken", run: () => Promise.reject(new Error("no")) };
    const good = { name: "good", run: () => Promise.resolve({ passed: 5, failed: 0, skipped: 1, output: "" }) };
    expect(await runSteps([broken, good], 1)).toEqual({ passed: 5, failed: 1, skipped: 1 });
  });
});

test("the browser that CHROME_PATH names wins; without any there is none", () => {
  expect(findBrowser({ CHROME_PATH: "/bin/sh", PATH: process.env.PATH })).toBe("/bin/sh");
});

test("the first load is what the page names itself, not its icon", () => {
  const html =
    '<link rel="icon" href="/favicon.svg"><script type="module" crossorigin src="/assets/a.js"></script>' +
    '<link rel="modulepreload" crossorigin href="/assets/b.js"><link rel="stylesheet" href="/assets/c.css">';
  expect(findFirstLoad(html)).toEqual(["assets/a.js", "assets/b.js", "assets/c.css"]);
});

test("a size over its budget says by how much", () => {
  expect(formatMeasurements([{ name: "Panel", bytes: 16_100, max: 16_000 }])).toContain("16,100 of 16,000 bytes  over by 100");
});

const config = (id: string) => `[[d1_databases]]\ndatabase_name = "hilo"\ndatabase_id = "${id}"\n`;

describe("what a deployment lacks", () => {
  test("nothing", () => {
    const deployment = { config: config("3f1c2b7a-0000-4000-8000-123456789abc"), secrets: ["APP_SECRET", "SETUP_TOKEN"] };
    expect(findMissing(deployment)).toEqual([]);
  });

  test("a fresh clone lacks database and secrets, and is told the commands", () => {
    const missing = findMissing({ config: config("00000000-0000-0000-0000-000000000000"), secrets: [] });
    expect(missing).toEqual([
      expect.stringContaining("npx wrangler d1 create hilo"),
      expect.stringContaining("npx wrangler secret put APP_SECRET"),
      expect.stringContaining("npx wrangler secret put SETUP_TOKEN"),
    ]);
  });
});
