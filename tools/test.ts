/** `npm test`: everything that has to be true of a change. `--quick` is the part that takes less than a minute. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser, installBrowser, NO_BROWSER } from "./check/find-browser.ts";
import { formatTotals, runSteps, type Totals } from "./check/run-steps.ts";
import { commandStep, failStep, passStep, ROOT, runCommand, type Step } from "./check/step.ts";
import { vitestStep } from "./check/vitest-step.ts";
import { formatMeasurements, isWithinBudget, measureSizes } from "./size-budgets.ts";

const isQuick = process.argv.includes("--quick");
/** Where the dry run leaves the script that would be deployed. */
const bundle = mkdtempSync(join(tmpdir(), "hilo-bundle-"));
const pages = mkdtempSync(join(tmpdir(), "hilo-pages-"));

const QUICK: Step[] = [
  commandStep("types of the browser", "vue-tsc", "-p", "tsconfig.web.json", "--noEmit"),
  commandStep("types of the tests", "tsc", "-p", "tsconfig.workers-test.json"),
  commandStep("types of the tools", "tsc", "-p", "tsconfig.node.json"),
  commandStep("types of the Worker", "tsc", "-p", "tsconfig.worker.json"),
  commandStep("dead code", "knip"),
  commandStep("lint", "oxlint", "--type-aware"),
  commandStep("format", "oxfmt", "--check"),
  vitestStep("unit"),
];

const sizeBudgets: Step = {
  name: "size budgets",
  run: async () => {
    const measurements = measureSizes(join(ROOT, "dist/inbox"), bundle);
    const table = formatMeasurements(measurements);
    return measurements.every(isWithinBudget) ? passStep(table) : failStep(table);
  },
};

const dryRun: Step = {
  name: "deploy dry run",
  run: async () => {
    const { isOk, output } = await runCommand("wrangler", ["deploy", "--dry-run", "--outdir", bundle]);
    return isOk ? passStep(`    ${/Total Upload.*/.exec(output)?.[0] ?? ""}`) : failStep(output);
  },
};

/** Printed, not judged: how long it takes depends on the machine. */
const startUp: Step = {
  name: "start-up",
  run: async () => {
    const { isOk, output } = await runCommand("wrangler", ["check", "startup", "--outfile", join(bundle, "startup.cpuprofile")]);
    return isOk ? passStep(`    ${/Active: .*/.exec(output)?.[0] ?? ""}`) : failStep(output);
  },
};

/** Pages serves the same files; its own part is the function that forwards the API. */
const pagesDryRun = commandStep(
  "Pages dry run",
  "wrangler",
  "--cwd",
  "web/pages",
  "pages",
  "functions",
  "build",
  "--outdir",
  pages,
);

/** Never skipped: without a browser the product is not tested. */
const e2e: Step = {
  name: "e2e",
  run: async () => {
    if (findBrowser() === null) {
      console.log("  No browser was found; installing Debian's Chromium …");
      installBrowser();
    }
    const browser = findBrowser();
    return browser === null ? failStep(NO_BROWSER) : vitestStep("e2e", { CHROME_PATH: browser }).run();
  },
};

const THOROUGH: Step[] = [
  vitestStep("workers"),
  vitestStep("web"),
  commandStep("build", "npm", "run", "build"),
  dryRun,
  pagesDryRun,
  sizeBudgets,
  // After the sizes: it leaves its profile beside the script.
  startUp,
  e2e,
];

const add = (one: Totals, other: Totals): Totals => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
});

let totals = await runSteps(QUICK, availableParallelism());
// One after the other: they start servers and measure time.
if (!isQuick) totals = add(totals, await runSteps(THOROUGH, 1));
for (const folder of [bundle, pages]) rmSync(folder, { recursive: true, force: true });

console.log(`\n${formatTotals(totals)}`);
process.exitCode = totals.failed === 0 ? 0 : 1;
