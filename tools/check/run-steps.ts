/** Runs steps and tells what came of them. */
import { styleText } from "node:util";
import type { Step, StepResult } from "./step.ts";
import { failStep } from "./step.ts";

const NAME_WIDTH = 22;
const MS_PER_S = 1_000;

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export const formatTotals = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;

function report(name: string, result: StepResult, ms: number): void {
  const isOk = result.failed === 0;
  const mark = isOk ? styleText("green", "✓") : styleText("red", "✗");
  const counts = result.passed + result.failed + result.skipped > 1 || result.skipped > 0 ? `  ${formatTotals(result)}` : "";
  console.log(`${mark} ${name.padEnd(NAME_WIDTH)}${`${(ms / MS_PER_S).toFixed(1)} s`.padStart(8)}${counts}`);
  if (result.note !== undefined) console.log(result.note);
  if (!isOk) console.log(`\n${result.output.replace(/^\s*\n/, "").trimEnd()}\n`);
}

async function runStep(step: Step): Promise<StepResult> {
  const startedAt = performance.now();
  // A step that breaks is a failure like another, and the ones after it still run.
  const result = await step
    .run()
    .catch((error: unknown) => failStep(error instanceof Error ? (error.stack ?? "") : String(error)));
  report(step.name, result, performance.now() - startedAt);
  return result;
}

/** @param concurrency how many run at once */
export async function runSteps(steps: Step[], concurrency: number): Promise<Totals> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  const waiting = [...steps];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const result = await runStep(step);
      totals.passed += result.passed;
      totals.failed += result.failed;
      totals.skipped += result.skipped;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, steps.length) }, work));
  return totals;
}
