/** The bootstrap runs for real, with an npm that only notes how it was called. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const BOOTSTRAP = fileURLToPath(new URL("../../../tools/bootstrap.mjs", import.meta.url));
const OLD = new Date("2026-01-01");
const NEW = new Date("2026-02-01");

let folder: string;
const inFolder = (path: string) => join(folder, path);

function write(path: string, text: string, at = OLD): void {
  mkdirSync(dirname(inFolder(path)), { recursive: true });
  writeFileSync(inFolder(path), text);
  utimesSync(inFolder(path), at, at);
}

function writeProgram(path: string, text: string): void {
  write(path, text);
  chmodSync(inFolder(path), 0o755);
}

const NODE = `#!/bin/sh\nexec "${process.execPath}" "$@"\n`;

/** @param failing the npm command that does not succeed */
function writeNpm(failing = "none"): void {
  const makesNode = `mkdir -p node_modules/node/bin && printf '%s' '${NODE}' > node_modules/node/bin/node && chmod +x node_modules/node/bin/node`;
  writeProgram(
    "bin/npm",
    `#!/bin/sh\necho "$1" >> calls\n[ "$1" = "${failing}" ] && exit 1\n${makesNode}\ntouch node_modules/.package-lock.json\n`,
  );
}

function writeInstalled(at: Date): void {
  writeProgram("node_modules/node/bin/node", NODE);
  write("node_modules/.package-lock.json", "{}", at);
}

const environment = () => {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${inFolder("bin")}:${process.env.PATH ?? ""}` };
  delete env.npm_execpath;
  return env;
};

function run(...args: string[]) {
  const result = spawnSync(process.execPath, [inFolder("tools/bootstrap.mjs"), ...args], {
    env: environment(),
    encoding: "utf8",
  });
  return { code: result.status, output: result.stdout };
}

function npmCalls(): string[] {
  try {
    return readFileSync(inFolder("calls"), "utf8").trim().split("\n");
  } catch {
    return [];
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hilo-bootstrap-"));
  mkdirSync(inFolder("tools"));
  cpSync(BOOTSTRAP, inFolder("tools/bootstrap.mjs"));
  write("package-lock.json", "{}");
  write(
    "script.ts",
    "const args: string[] = process.argv.slice(2);\nconsole.log(args.join('|'), process.env.PATH);\nprocess.exit(7);\n",
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the bootstrap", () => {
  test("installs on a fresh clone, then runs the program with its arguments, and passes its exit code on", () => {
    writeNpm();
    const { code, output } = run("script.ts", "--port", "a b");
    expect(npmCalls()).toEqual(["ci"]);
    expect(code).toBe(7);
    expect(output).toMatch(new RegExp(`^--port\\|a b ${inFolder("node_modules/node/bin")}:`));
  });

  test("installs nothing when the install is newer than the lockfile", () => {
    writeNpm();
    writeInstalled(NEW);
    expect(run("script.ts").code).toBe(7);
    expect(npmCalls()).toEqual([]);
  });

  test("installs again, once, when the lockfile has changed", () => {
    writeNpm();
    writeInstalled(OLD);
    utimesSync(inFolder("package-lock.json"), NEW, NEW);
    run("script.ts");
    run("script.ts");
    expect(npmCalls()).toEqual(["ci"]);
  });

  test("installs again when the project's Node is missing", () => {
    writeNpm();
    write("node_modules/.package-lock.json", "{}", NEW);
    run("script.ts");
    expect(npmCalls()).toEqual(["ci"]);
  });

  test("falls back to npm install where npm ci refuses the lockfile", () => {
    writeNpm("ci");
    expect(run("script.ts").code).toBe(7);
    expect(npmCalls()).toEqual(["ci", "install"]);
  });

  test("ends with 1 when nothing can be installed", () => {
    writeProgram("bin/npm", "#!/bin/sh\nexit 1\n");
    expect(run("script.ts").code).toBe(1);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("passes %s on and waits for the program to end", async (signal) => {
    writeNpm();
    writeInstalled(NEW);
    write(
      "waits.ts",
      `process.on("${signal}", () => setTimeout(() => process.exit(3), 50));\nsetInterval(() => {}, 1000);\nconsole.log("up");\n`,
    );
    const child = spawn(process.execPath, [inFolder("tools/bootstrap.mjs"), "waits.ts"], { env: environment() });
    child.stdout.once("data", () => child.kill(signal));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).toBe(3);
  });
});
