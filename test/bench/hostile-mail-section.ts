/**
 * What a hostile mail costs everybody else: how long another request waits while it is read, and how much memory that takes.
 * A wait is counted by what the runtime's one thread does in it: the clock also counts the disk, and whatever else the machine
 * has to do. Every shape is sent in several sizes to the real Worker; none may be lost.
 */
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { MAILBOX, Office } from "../../tools/faults/office.ts";
import type { LocalWorker } from "../../tools/local-worker/local-worker.ts";
import { MemoryWatch } from "../../tools/local-worker/memory-watch.ts";
import { findFreePort } from "../../tools/start/ports.ts";
import { HOSTILE_SHAPES, type HostileShape } from "../support/hostile-mails.ts";
import { median, type Row, type Section } from "./section.ts";
import { SECRETS, startHiloWorker } from "./targets.ts";

const MB = 1_000_000;
const SIZES = [0.1 * MB, MB, 4 * MB, 24 * MB] as const;
/** The largest takes seconds to store alone: one shape of so many, of every family. */
const LARGEST_EVERY = 3;
const WAIT_MAX_MS = 200;
const MEMORY_MAX_BYTES = 64 * MB;
const POLL_MS = 3;
const SETTLE_POLL_MS = 15;
const SETTLE_TIMEOUT_MS = 60_000;
/** In a quick run one shape of so many, and the smaller sizes. */
const QUICK_EVERY = 8;
const WORST_SHOWN = 12;
/** Before a small mail the garbage of those before it is collected now and then, before a large one always. */
const REST_EVERY = 4;
const REST_ALWAYS_BYTES = 4 * MB;

const acceptedSchema = v.object({ ledgerId: v.string() });
const entrySchema = v.object({ state: v.string(), reason: v.nullable(v.string()) });

interface Measured {
  family: string;
  name: string;
  bytes: number;
  /** Ms of the runtime's thread in the one wait of the bystander that had most of it. */
  longestWork: number;
  /** Ms by the clock. */
  longestWait: number;
  took: number;
  /** Bytes above what the isolate held before. */
  memory: number;
  state: string;
}

/** An ordinary mail of each size, to know what the size alone does. */
const ORDINARY: HostileShape = {
  family: "ordinary",
  name: "words and a large PDF",
  build: (bytes, { from, messageId }) => {
    const head = `From: <${from}>\r\nMessage-ID: <${messageId}>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n`;
    const file = "--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    return new Uint8Array(Buffer.concat([Buffer.from(head + file), Buffer.alloc(bytes, `${"QUJD".repeat(19)}\r\n`)]));
  },
};

interface Waits {
  longestWork: number;
  longestWait: number;
}

/** Somebody else, who asks for next to nothing, all the while. */
class Bystander {
  readonly #worker: LocalWorker;
  #waits: Waits = { longestWork: 0, longestWait: 0 };
  #isOver = false;

  constructor(worker: LocalWorker) {
    this.#worker = worker;
    void this.#ask();
  }

  stop(): void {
    this.#isOver = true;
  }

  takeWaits(): Waits {
    const waits = this.#waits;
    this.#waits = { longestWork: 0, longestWait: 0 };
    return waits;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const [startedAt, workBefore] = [performance.now(), this.#worker.threadMs()];
      const response = await fetch(`${this.#worker.url}/email/nothing`).catch(() => null);
      await response?.arrayBuffer();
      const { longestWork, longestWait } = this.#waits;
      this.#waits = {
        longestWork: Math.max(longestWork, this.#worker.threadMs() - workBefore),
        longestWait: Math.max(longestWait, performance.now() - startedAt),
      };
      await wait(POLL_MS);
    }
  }
}

interface Stage {
  worker: LocalWorker;
  office: Office;
  bystander: Bystander;
  memory: MemoryWatch;
}

async function send({ worker }: Stage, raw: Uint8Array, from: string): Promise<string> {
  const query = new URLSearchParams({ from, to: MAILBOX });
  const headers = { authorization: `Bearer ${SECRETS.INBOUND_MAIL_SECRET}` };
  const response = await fetch(`${worker.url}/email/inbound?${query}`, { method: "POST", headers, body: raw.slice() });
  if (response.status !== 202) throw new Error(`the mail was not taken: ${response.status}`);
  return v.parse(acceptedSchema, await response.json()).ledgerId;
}

async function untilSettled({ worker, office }: Stage, ledgerId: string): Promise<string> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const response = await fetch(`${worker.url}/api/ledger/${ledgerId}`, { headers: office.headers });
    const { state, reason } = v.parse(entrySchema, await response.json());
    if (!["received", "parsed", "decided"].includes(state)) return state === "failed" ? `failed: ${reason}` : state;
    await wait(SETTLE_POLL_MS);
  }
  return "not settled";
}

async function measure(
  stage: Stage,
  shape: HostileShape,
  { bytes, number }: { bytes: number; number: number },
): Promise<Measured> {
  const from = `hostile-${number}@customer.test`;
  const raw = shape.build(bytes, { from, messageId: `hostile-${number}@customer.test` });
  const before = number % REST_EVERY === 0 || bytes >= REST_ALWAYS_BYTES ? await stage.memory.rest() : null;
  stage.memory.reset();
  stage.bystander.takeWaits();
  const startedAt = performance.now();
  const state = await untilSettled(stage, await send(stage, raw, from));
  const took = performance.now() - startedAt;
  rested = before ?? rested;
  const { family, name } = shape;
  return { family, name, bytes, ...stage.bystander.takeWaits(), took, memory: stage.memory.peak.total - rested, state };
}

/** What the isolate held the last time that it had collected its garbage. */
let rested = 0;

function plan(isQuick: boolean): { shape: HostileShape; bytes: number }[] {
  const sizes = isQuick ? SIZES.slice(0, 2) : SIZES;
  return sizes.flatMap((bytes) => {
    const every = isQuick ? QUICK_EVERY : bytes === SIZES[3] ? LARGEST_EVERY : 1;
    const shapes = HOSTILE_SHAPES.filter((_, index) => index % every === 0);
    return [ORDINARY, ...shapes].map((shape) => ({ shape, bytes }));
  });
}

const worstOf = (list: readonly Measured[], by: (measured: Measured) => number): number => Math.max(0, ...list.map(by));

function rowOf(name: string, list: readonly Measured[]): Row {
  const longest = worstOf(list, ({ longestWork }) => longestWork);
  const memory = worstOf(list, (measured) => measured.memory);
  return {
    name,
    cells: [
      { title: "mails", value: list.length },
      { title: "others wait for, ms", value: longest, note: `≤ ${WAIT_MAX_MS}`, isMet: longest <= WAIT_MAX_MS },
      { title: "its median, ms", value: median(list.map(({ longestWork }) => longestWork)) },
      { title: "longest wait, ms", value: worstOf(list, ({ longestWait }) => longestWait) },
      { title: "memory, MB", value: memory / MB, note: `≤ ${MEMORY_MAX_BYTES / MB}`, isMet: memory <= MEMORY_MAX_BYTES },
      { title: "slowest, ms", value: worstOf(list, ({ took }) => took) },
    ],
  };
}

function report(measured: readonly Measured[]): Section {
  const families = [...new Set(measured.map(({ family }) => family))];
  const sizes = [...new Set(measured.map(({ bytes }) => bytes))];
  const lost = measured.filter(({ state }) => state === "not settled" || state.startsWith("failed"));
  const worst = measured.toSorted((a, b) => b.longestWork - a.longestWork).slice(0, WORST_SHOWN);
  return {
    title: "Hostile mails: what others wait, and the memory that reading takes",
    rows: [
      ...families.map((family) =>
        rowOf(
          family,
          measured.filter((one) => one.family === family),
        ),
      ),
      ...sizes.map((bytes) =>
        rowOf(
          `all of ${bytes / MB} MB`,
          measured.filter((one) => one.bytes === bytes && one.family !== "ordinary"),
        ),
      ),
      ...worst.map((one) => rowOf(`worst: ${one.family}, ${one.name}, ${one.bytes / MB} MB`.slice(0, 70), [one])),
      { name: "lost or failed", cells: [{ title: "mails", value: lost.length, note: "0", isMet: lost.length === 0 }] },
    ],
    raw: { measured, lost },
  };
}

/** @param script the product's own bundle */
export async function measureHostileMails(options: { script: string; state: string; isQuick: boolean }): Promise<Section> {
  const inspectorPort = await findFreePort();
  const worker = await startHiloWorker({ script: options.script, state: options.state, inspectorPort });
  const office = await Office.open(worker.url);
  const stage: Stage = { worker, office, bystander: new Bystander(worker), memory: await MemoryWatch.open(inspectorPort) };
  const measured: Measured[] = [];
  try {
    // The code that mails need is loaded and made fast by the first of them.
    for (const shape of HOSTILE_SHAPES.filter((_, index) => index % QUICK_EVERY === 0))
      await measure(stage, shape, { bytes: SIZES[0], number: -1 - measured.length });
    for (const [number, { shape, bytes }] of plan(options.isQuick).entries())
      measured.push(await measure(stage, shape, { bytes, number }));
    return report(measured);
  } finally {
    stage.bystander.stop();
    stage.memory.close();
    await worker.stop();
  }
}
