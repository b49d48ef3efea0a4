/** The state folder: who uses it, what the Worker's environment is, and where the log goes. */
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync, readFileSync, rmSync, statSync, type WriteStream } from "node:fs";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { probePort } from "./ports.ts";
import { computeWorkerEnv, formatEnvFile, type WorkerEnv, type WorkerEnvInput } from "./worker-env.ts";

const SECRET_BYTES = 32;
/** Only its owner may read the secrets. */
const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_FOLDER_MODE = 0o700;
/** An older log makes way when it is larger than this. */
const LOG_BYTES_MAX = 10 * 1024 * 1024;

const runningSchema = v.pipe(v.string(), v.parseJson(), v.object({ pid: v.number(), port: v.number() }));

export const folderPaths = (folder: string) => ({
  env: join(folder, "worker.env"),
  log: join(folder, "server.log"),
  running: join(folder, "running.json"),
  worker: join(folder, "worker"),
  mailbox: join(folder, "mailbox"),
  pages: join(folder, "pages"),
  registry: join(folder, "registry"),
});

const readIfThere = (path: string) => readFile(path, "utf8").catch(() => "");

/** The instance that uses this folder now; null where there is none. A number left by a crash does not count. */
export async function findRunning(folder: string): Promise<{ pid: number; port: number } | null> {
  const parsed = v.safeParse(runningSchema, await readIfThere(folderPaths(folder).running));
  if (!parsed.success) return null;
  try {
    process.kill(parsed.output.pid, 0);
  } catch {
    return null;
  }
  // After a restart of the machine another program may have that process id.
  return (await probePort(parsed.output.port)) === "taken" ? parsed.output : null;
}

export async function claimFolder(folder: string, port: number): Promise<() => void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  const { log, running } = folderPaths(folder);
  if (existsSync(log) && statSync(log).size > LOG_BYTES_MAX) await rename(log, `${log}.old`);
  await writeFile(running, JSON.stringify({ pid: process.pid, port }));
  return () => {
    const parsed = v.safeParse(runningSchema, existsSync(running) ? readFileSync(running, "utf8") : "");
    if (parsed.success && parsed.output.pid === process.pid) rmSync(running, { force: true });
  };
}

/** Makes the secrets on the first start and writes the file that is handed to the Worker. */
export async function writeWorkerEnv(
  folder: string,
  input: Pick<WorkerEnvInput, "caller" | "publicUrl" | "demoSmtpUrl">,
  devVarsFile: string,
): Promise<WorkerEnv> {
  const { env: file } = folderPaths(folder);
  const env = computeWorkerEnv({
    ...input,
    devVars: await readIfThere(devVarsFile),
    earlier: await readIfThere(file),
    makeSecret: () => randomBytes(SECRET_BYTES).toString("hex"),
  });
  await writeFile(file, formatEnvFile(env), { mode: PRIVATE_FILE_MODE });
  // The mode above counts only for a file that is new.
  await chmod(file, PRIVATE_FILE_MODE);
  return env;
}

/** A stream, because a busy Worker writes a line for each request. */
export const openLog = (folder: string): WriteStream => createWriteStream(folderPaths(folder).log, { flags: "a" });
