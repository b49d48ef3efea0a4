/** Bundles a Worker exactly as a deployment would. */
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { runCommand } from "../check/step.ts";

/**
 * @param entry the Worker's first file, relative to the project
 * @param folder where the bundle is written
 * @returns the path of the one script that it became
 * @throws Error with wrangler's own words
 */
export async function bundleWorker(entry: string, folder: string): Promise<string> {
  const { isOk, output } = await runCommand("wrangler", ["deploy", entry, "--dry-run", "--outdir", folder]);
  if (!isOk) throw new Error(`The Worker could not be bundled:\n${output}`);
  const script = join(folder, `${basename(entry, ".ts")}.js`);
  await rm(`${script}.map`, { force: true });
  return script;
}
