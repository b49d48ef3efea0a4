/** Starting and stopping programs together with everything that they start. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const LEASH = fileURLToPath(new URL("./leash.ts", import.meta.url));
/** How long a program may take to end by itself. */
const STOP_TIMEOUT_MS = 5_000;

export interface ProcessTree {
  stdout: Readable;
  stderr: Readable;
  /** Settles when the program has ended; the exit code, or null after a signal. */
  ended: Promise<number | null>;
  /** Ends the program and all that it started. */
  stop: () => Promise<void>;
  /** Kills all of it in one instant, as a crash of the machine would. */
  kill: () => Promise<void>;
  /** The process group; every process of the tree is in it. */
  groupId: number;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has already gone.
  }
}

async function stopGroup(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  // The leader has ended; whatever of the group is left has ignored the request.
  signalGroup(child, "SIGKILL");
}

/** @param args of Node, beginning with the script */
export function startNodeTree(args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): ProcessTree {
  const child = spawn(process.execPath, [LEASH, process.execPath, ...args], {
    ...options,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(
    ([code]) => (typeof code === "number" ? code : null),
    () => null,
  );
  const kill = async (): Promise<void> => {
    signalGroup(child, "SIGKILL");
    await ended;
  };
  const { stdout, stderr, pid: groupId = 0 } = child;
  return { stdout, stderr, ended, stop: () => stopGroup(child, ended), kill, groupId };
}
