/** The Worker on one's own machine: `wrangler dev`, its database's migrations, and its clock. */
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { LOCAL_FILES } from "./build.ts";
import { findFreePort, LOOPBACK } from "./ports.ts";
import { type ProcessTree, startNodeTree } from "./process-tree.ts";
import { folderPaths } from "./state-folder.ts";

const READY_TIMEOUT_MS = 90_000;
const READY_POLL_MS = 150;
const REQUEST_TIMEOUT_MS = 5_000;
/** As in wrangler.toml: on this machine nobody else rings the Worker's clock. */
const CRON_INTERVAL_MS = 120_000;
const CRON_PATH = "/cdn-cgi/local/scheduled?cron=*%2F2+*+*+*+*";
/** Wrangler's mark for what went wrong, and the runtime's for what nobody caught. */
const ERROR_LINE = /\[ERROR\]|^\s*Uncaught /;

export interface WorkerServerOptions {
  /** The folder of the project. */
  root: string;
  /** The state folder. */
  folder: string;
  port: number;
  /** Takes all that wrangler and the Worker write. */
  log: Writable;
  onError: (line: string) => void;
}

export const wranglerProgram = (root: string) => join(root, "node_modules", "wrangler", "bin", "wrangler.js");

export function wranglerEnv(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // It would ask questions that nobody sees.
    CI: "true",
    NO_COLOR: "1",
    FORCE_COLOR: "0",
    WRANGLER_SEND_METRICS: "false",
    // It would ask the network where this machine is.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_REGISTRY_PATH: folderPaths(folder).registry,
    WRANGLER_LOG_PATH: join(folder, "wrangler-logs"),
    // Its local trace store syncs to disk for every event, which halves what the Worker can do.
    X_LOCAL_OBSERVABILITY: "false",
  };
}

/** Everything goes to the log; what went wrong is shown as well. */
export function recordOutput(tree: ProcessTree, options: WorkerServerOptions): void {
  for (const stream of [tree.stdout, tree.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      options.log.write(`${line}\n`);
      if (ERROR_LINE.test(line)) options.onError(line.trim());
    });
  }
}

/** @throws Error when the migrations cannot be applied */
export async function migrateLocal(options: WorkerServerOptions): Promise<void> {
  const { root, folder } = options;
  const args = ["d1", "migrations", "apply", "DB", "--local", "--persist-to", folderPaths(folder).worker];
  const tree = startNodeTree([wranglerProgram(root), ...args], { cwd: root, env: wranglerEnv(folder) });
  recordOutput(tree, options);
  if ((await tree.ended) !== 0) throw new Error(`The database's migrations failed; see ${folderPaths(folder).log}`);
}

async function startWrangler(options: WorkerServerOptions): Promise<ProcessTree> {
  const { root, folder, port } = options;
  const paths = folderPaths(folder);
  const flags = {
    ip: LOOPBACK,
    port: String(port),
    "inspector-port": String(await findFreePort()),
    "persist-to": paths.worker,
    "env-file": paths.env,
    assets: join(root, LOCAL_FILES),
    "show-interactive-dev-session": "false",
    "log-level": "log",
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const tree = startNodeTree([wranglerProgram(root), "dev", ...args], { cwd: root, env: wranglerEnv(folder) });
  recordOutput(tree, options);
  return tree;
}

export async function isHealthy(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${LOOPBACK}:${port}/api/health`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

export async function waitUntilHealthy(tree: ProcessTree, port: number): Promise<boolean> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const ended = tree.ended.then(() => "ended" as const);
  while (Date.now() < deadline) {
    if (await isHealthy(port)) return true;
    if ((await Promise.race([ended, wait(READY_POLL_MS)])) === "ended") return false;
  }
  return false;
}

/**
 * Starts the Worker and waits until it answers.
 * @throws Error when it does not answer in time, tried twice: the runtime's own ports can be snatched in between
 */
export async function startWorker(options: WorkerServerOptions): Promise<ProcessTree> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const tree = await startWrangler(options);
    if (await waitUntilHealthy(tree, options.port)) return tree;
    await tree.stop();
  }
  throw new Error(`The Worker did not start; see ${folderPaths(options.folder).log}`);
}

/** @returns a function that stops the clock */
export function startCron(port: number): () => void {
  const timer = setInterval(() => {
    // A missed beat does no harm: the next one does the work.
    fetch(`http://${LOOPBACK}:${port}${CRON_PATH}`, { signal: AbortSignal.timeout(CRON_INTERVAL_MS) })
      .then((response) => response.body?.cancel())
      .catch(() => {});
  }, CRON_INTERVAL_MS);
  return () => clearInterval(timer);
}
