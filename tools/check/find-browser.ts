/** A Chromium for the tests that drive one: found, or installed where that is possible. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

export const NO_BROWSER =
  "There is no Chromium or Chrome on this machine, and it could not be installed.\n" +
  "Install one (Debian, as root: apt-get install chromium), or name it: CHROME_PATH=/path/to/chrome npm test";

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns its path, or null; `CHROME_PATH` wins */
export function findBrowser(env: Record<string, string | undefined> = process.env): string | null {
  const folders = (env.PATH ?? "").split(delimiter);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const candidates = [...(env.CHROME_PATH === undefined ? [] : [env.CHROME_PATH]), ...onPath, ...MAC_PATHS];
  return candidates.find(isProgram) ?? null;
}

/** Debian's own, where this program may install it. */
export function installBrowser(): void {
  if (process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => spawnSync("apt-get", args, { env, stdio: "ignore" });
  // Without lists nothing can be installed; without a network the installation says so itself.
  apt("update");
  apt("install", "-y", "--no-install-recommends", "chromium");
}
