/** Builds the inbox and the widget when a source is newer than what was built, and puts the example site beside them. */
import { spawn } from "node:child_process";
import { cp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** What a complete build leaves behind. */
const OUTPUTS = ["dist/inbox/index.html", "dist/inbox/widget.js"];
/** What the build reads: the browser's code, and the protocol and shapes that it shares with the server. */
const SOURCES = ["web", "durable-objects", "worker/domain", "package-lock.json"];
/** What `npm start` serves: the files that would be deployed, and the example site, which never is (T24). */
export const LOCAL_FILES = "dist/local";
const DEPLOYED_FILES = "dist/inbox";
const EXAMPLE_SITE = "web/demo";
/** Two instances that are started together must not write the same files at once. */
const LOCK = "node_modules/.hilo-build.lock";
const LOCK_POLL_MS = 200;
const LOCK_EMPTY_MS = 5_000;

async function computeNewest(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  if (info === null) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  const names = (await readdir(path)).filter((name) => name !== "node_modules" && !name.startsWith("."));
  const times = await Promise.all(names.map((name) => computeNewest(join(path, name))));
  return Math.max(0, ...times);
}

/** @param root the folder of the project */
export async function isBuildOutdated(root: string): Promise<boolean> {
  const built = await Promise.all(OUTPUTS.map((path) => stat(join(root, path)).catch(() => null)));
  const builtAt = Math.min(...built.map((info) => info?.mtimeMs ?? 0));
  const sources = await Promise.all(SOURCES.map((path) => computeNewest(join(root, path))));
  return Math.max(...sources) > builtAt;
}

const localSiteOf = (root: string) => join(root, LOCAL_FILES, "demo");

async function areLocalFilesOutdated(root: string): Promise<boolean> {
  const made = await stat(localSiteOf(root)).catch(() => null);
  return made === null || made.mtimeMs < (await computeNewest(join(root, DEPLOYED_FILES)));
}

async function copyLocalFiles(root: string): Promise<void> {
  const local = join(root, LOCAL_FILES);
  await rm(local, { recursive: true, force: true });
  await cp(join(root, DEPLOYED_FILES), local, { recursive: true });
  // Last: its time says that everything before it is there.
  await cp(join(root, EXAMPLE_SITE), localSiteOf(root), { recursive: true });
}

async function isHolderAlive(lock: string): Promise<boolean> {
  const pid = Number(await readFile(lock, "utf8").catch(() => ""));
  // For an instant the file exists and is empty.
  const info = await stat(lock).catch(() => null);
  if (pid === 0) return info !== null && Date.now() - info.mtimeMs < LOCK_EMPTY_MS;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @returns a function that gives the lock back */
async function takeLock(lock: string): Promise<() => Promise<void>> {
  for (;;) {
    const isMine = await writeFile(lock, String(process.pid), { flag: "wx" }).then(
      () => true,
      () => false,
    );
    if (isMine) return () => rm(lock, { force: true });
    if (await isHolderAlive(lock)) await wait(LOCK_POLL_MS);
    else await rm(lock, { force: true });
  }
}

function runBuild(root: string): Promise<{ isOk: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "--silent", "build"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    child.on("error", (error) => resolve({ isOk: false, output: error.message }));
    child.on("close", (code) => resolve({ isOk: code === 0, output }));
  });
}

/** @throws Error with the build's own output when it fails */
export async function buildIfOutdated(root: string, onBuild: () => void): Promise<void> {
  if (!(await isBuildOutdated(root)) && !(await areLocalFilesOutdated(root))) return;
  const giveBack = await takeLock(join(root, LOCK));
  try {
    if (await isBuildOutdated(root)) {
      onBuild();
      const { isOk, output } = await runBuild(root);
      if (!isOk) throw new Error(`The build failed:\n${output}`);
    }
    if (await areLocalFilesOutdated(root)) await copyLocalFiles(root);
  } finally {
    await giveBack();
  }
}
