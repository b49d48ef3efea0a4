/** A Worker on the local runtime that can be killed and started again, as often and as suddenly as one likes. */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ROOT } from "../check/step.ts";
import { type ProcessTree, startNodeTree } from "../start/process-tree.ts";
import { HOST_READY_LINE, type HostOptions } from "./host-options.ts";

const HOST = fileURLToPath(new URL("./host.ts", import.meta.url));
/** A runtime that has not come up by then never will. */
const READY_TIMEOUT_MS = 30_000;
/** Linux counts the time of a process in hundredths of a second. */
const TICKS_PER_S = 100;
const NS_PER_MS = 1_000_000;

export class LocalWorker {
  readonly options: HostOptions;
  readonly url: string;
  #tree: ProcessTree | null = null;
  #runtimePid: string | null = null;

  constructor(options: HostOptions) {
    this.options = options;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** Settles when the Worker answers. @throws Error where it ends instead; `server.log` in the state folder says why */
  async start(): Promise<void> {
    const env = { ...process.env, X_LOCAL_OBSERVABILITY: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
    const tree = startNodeTree([HOST, JSON.stringify(this.options)], { cwd: ROOT, env });
    this.#tree = tree;
    this.#runtimePid = null;
    const ready = Promise.withResolvers<void>();
    const record = (line: string): void => appendFileSync(join(this.options.state, "server.log"), `${line}\n`);
    createInterface({ input: tree.stderr }).on("line", record);
    createInterface({ input: tree.stdout }).on("line", (line) => (line === HOST_READY_LINE ? ready.resolve() : record(line)));
    const timer = setTimeout(() => ready.reject(new Error("The local Worker did not start in time.")), READY_TIMEOUT_MS);
    void tree.ended.then(() => ready.reject(new Error("The local Worker ended before it was ready.")));
    await ready.promise.finally(() => clearTimeout(timer));
  }

  /** SIGKILL to all of its processes at once. */
  async kill(): Promise<void> {
    await this.#tree?.kill();
    this.#tree = null;
  }

  async stop(): Promise<void> {
    await this.#tree?.stop();
    this.#tree = null;
  }

  /**
   * Ms of CPU that the runtime's one thread has used, by which everything waits for everything else. Unlike a clock it does
   * not count what the machine does meanwhile. 0 where there is no /proc.
   */
  threadMs(): number {
    this.#runtimePid ??= this.#tree === null ? null : findProcess(this.#tree.groupId, "workerd");
    const onCpuNs = readText(`/proc/${this.#runtimePid ?? "none"}/schedstat`).split(" ")[0] ?? "";
    return Number(onCpuNs) / NS_PER_MS;
  }

  /** Seconds of CPU that all of its processes have used. */
  cpuSeconds(): number {
    return this.#tree === null ? 0 : cpuSecondsOfGroup(this.#tree.groupId);
  }
}

/** @returns 0 where there is no /proc */
export function cpuSecondsOfGroup(groupId: number): number {
  return processesOf(groupId).reduce((ticks, { fields }) => ticks + Number(fields[11]) + Number(fields[12]), 0) / TICKS_PER_S;
}

function findProcess(groupId: number, program: string): string | null {
  return processesOf(groupId).find((process) => process.program === program)?.pid ?? null;
}

/** Behind the program's name in brackets, which may hold anything: state, parent, group, …, user and system time. */
function processesOf(groupId: number): { pid: string; program: string; fields: string[] }[] {
  return readNames("/proc").flatMap((pid) => {
    const [, program = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(/^\d+$/.test(pid) ? readText(`/proc/${pid}/stat`) : "") ?? [];
    const fields = rest.split(" ");
    return Number(fields[2]) === groupId ? [{ pid, program, fields }] : [];
  });
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Ended in the meantime.
    return "";
  }
}
