/** One step of `npm test`: what it is called, and what came of it. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface StepResult {
  passed: number;
  failed: number;
  skipped: number;
  /** Shown when something failed. */
  output: string;
  /** Shown always, after the name: measurements, say. */
  note?: string;
}

export interface Step {
  name: string;
  run: () => Promise<StepResult>;
}

export const passStep = (note?: string): StepResult => ({
  passed: 1,
  failed: 0,
  skipped: 0,
  output: "",
  ...(note === undefined ? {} : { note }),
});
export const failStep = (output: string): StepResult => ({ passed: 0, failed: 1, skipped: 0, output });

export interface CommandOutcome {
  isOk: boolean;
  output: string;
}

/** Runs a program of this project's packages, or npm. */
export function runCommand(program: string, args: string[], env: Record<string, string> = {}): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      // The packages' programs first: `npx` would take a moment for each.
      env: {
        ...process.env,
        PATH: `${ROOT}node_modules/.bin:${process.env.PATH ?? ""}`,
        NO_COLOR: "1",
        FORCE_COLOR: "0",
        CI: "true",
        WRANGLER_SEND_METRICS: "false",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    child.on("error", (error) => resolve({ isOk: false, output: `${output}${error.message}` }));
    child.on("close", (code) => resolve({ isOk: code === 0, output }));
  });
}

/** A step that is one command: it counts as one, passed or failed. */
export function commandStep(name: string, program: string, ...args: string[]): Step {
  return {
    name,
    run: async () => {
      const { isOk, output } = await runCommand(program, args);
      return isOk ? passStep() : failStep(output);
    },
  };
}
