/** A project of vitest as a step: every test counts. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { failStep, runCommand, type Step, type StepResult } from "./step.ts";

const reportSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    numPassedTests: v.number(),
    numFailedTests: v.number(),
    numPendingTests: v.number(),
    numTodoTests: v.number(),
    testResults: v.array(v.object({ status: v.string(), assertionResults: v.array(v.object({ status: v.string() })) })),
  }),
);

/** @param report vitest's JSON; empty where it wrote none */
export function countTests(report: string, isOk: boolean, output: string): StepResult {
  const parsed = v.safeParse(reportSchema, report);
  if (!parsed.success) return failStep(output);
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = parsed.output;
  // A file that could not be loaded has no tests to count, and its failure must not vanish.
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some(({ status }) => status === "failed"),
  );
  const failed = numFailedTests + brokenFiles.length;
  return {
    passed: numPassedTests,
    // An error outside of any test fails the run all the same.
    failed: isOk ? failed : Math.max(1, failed),
    skipped: numPendingTests + numTodoTests,
    output,
  };
}

export function vitestStep(project: string, env: Record<string, string> = {}): Step {
  return {
    name: project,
    run: async () => {
      const folder = await mkdtemp(join(tmpdir(), "hilo-test-"));
      try {
        const file = join(folder, "report.json");
        const args = [
          "run",
          "--project",
          project,
          "--silent=passed-only",
          "--reporter=default",
          "--reporter=json",
          `--outputFile.json=${file}`,
        ];
        const { isOk, output } = await runCommand("vitest", args, env);
        return countTests(await readFile(file, "utf8").catch(() => ""), isOk, output);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
