/**
 * Runs a program of this folder with the project's own Node. Plain JavaScript without dependencies, because it has
 * to work on a fresh clone with Node 20, where nothing is installed and TypeScript cannot be run.
 *
 * Usage: node tools/bootstrap.mjs <script> [arguments]
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync, utimesSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const LOCKFILE = join(ROOT, "package-lock.json");
/** npm writes it at the end of an install, so its age tells whether the install is complete and up to date. */
const INSTALLED = join(ROOT, "node_modules", ".package-lock.json");
const IS_WINDOWS = process.platform === "win32";
const PROJECT_NODE = join(ROOT, "node_modules", "node", "bin", IS_WINDOWS ? "node.exe" : "node");
/** The first version that runs TypeScript by itself and that all tools of the project accept. */
const NODE_MAJOR_MIN = 24;

function isInstallNeeded() {
  if (!existsSync(INSTALLED) || !existsSync(PROJECT_NODE)) return true;
  return existsSync(LOCKFILE) && statSync(INSTALLED).mtimeMs < statSync(LOCKFILE).mtimeMs;
}

/** How often this program looks whether npm still lives. */
const PARENT_POLL_MS = 250;

/** npm tells where it is itself; the name on PATH is for those who call this program directly. */
function runNpm(args) {
  const npmProgram = process.env.npm_execpath;
  const options = { cwd: ROOT, stdio: ["ignore", 2, 2] };
  const isNpm = npmProgram !== undefined && /npm-cli\.c?js$/.test(npmProgram);
  const result = isNpm
    ? spawnSync(process.execPath, [npmProgram, ...args], options)
    : spawnSync("npm", args, { ...options, shell: IS_WINDOWS });
  return result.status === 0;
}

function install() {
  console.error("Installing what Hilo needs (this takes a moment, once) …");
  // Warnings about the machine's own Node would mislead: the programs run with the project's.
  const flags = ["--no-audit", "--no-fund", "--loglevel=error"];
  // A lockfile made on another platform can lack optional packages of this one: `npm ci` then refuses, `npm install` does not.
  if (!runNpm(["ci", ...flags])) {
    console.error("`npm ci` did not succeed; trying `npm install` …");
    if (!runNpm(["install", ...flags])) {
      console.error("The packages could not be installed: see npm's message above.");
      process.exit(1);
    }
  }
  // `npm install` may write the lockfile last, which would look like an outdated install for ever.
  const now = new Date();
  if (existsSync(INSTALLED)) utimesSync(INSTALLED, now, now);
}

/** Install scripts may be switched off on this machine; then a Node on the machine that is new enough will do. */
function findNode() {
  if (existsSync(PROJECT_NODE)) return PROJECT_NODE;
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) return process.execPath;
  console.error(
    `Node ${NODE_MAJOR_MIN} is missing: the package "node" was installed without its install script.\n` +
      "Run `npm install --ignore-scripts=false`, or use Node 24 or newer.",
  );
  process.exit(1);
}

function run(script, args) {
  const node = findNode();
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`;
  // Running TypeScript without building it is meant, and no news to whoever runs this.
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(ROOT, script), ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: path, npm_node_execpath: node, HILO_BOOTSTRAP_PID: String(process.pid) },
  });
  // Ctrl+C reaches the child through the terminal as well; the programs here treat a second signal as the first.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // npm ends at once when it is killed, and so does the shell between: then nobody is left to pass the signal on.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined && !IS_WINDOWS) {
    setInterval(() => process.ppid === parent || child.kill("SIGTERM"), PARENT_POLL_MS).unref();
  }
  child.on("error", (error) => {
    console.error(`${node} could not be started: ${error.message}`);
    process.exit(1);
  });
  // 128 + the signal's number is what a shell would answer.
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error("Usage: node tools/bootstrap.mjs <script> [arguments]");
  process.exit(2);
}
if (isInstallNeeded()) install();
run(script, args);
