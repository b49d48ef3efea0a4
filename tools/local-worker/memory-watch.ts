/** Asks an isolate for its memory, over and over: V8's heap and the buffers behind it. */
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import WebSocket from "ws";
import { LOOPBACK } from "../start/ports.ts";

const POLL_MS = 5;
/** Ms that an isolate may take to collect its garbage. */
const COLLECT_MS = 100;

const usageSchema = v.object({ usedSize: v.number(), totalSize: v.number(), backingStorageSize: v.optional(v.number(), 0) });
const answerSchema = v.pipe(v.string(), v.parseJson(), v.object({ id: v.number(), result: usageSchema }));
const targetsSchema = v.array(v.object({ title: v.optional(v.string(), ""), webSocketDebuggerUrl: v.string() }));

/** Bytes. */
export interface Peak {
  total: number;
  heap: number;
  buffers: number;
}

export class MemoryWatch {
  readonly #socket: WebSocket;
  #isOver = false;
  peak: Peak = { total: 0, heap: 0, buffers: 0 };
  samples = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#note(data.toString()));
  }

  /** @param port the runtime's inspector */
  static async open(port: number): Promise<MemoryWatch> {
    const response = await fetch(`http://${LOOPBACK}:${port}/json`);
    const targets = v.parse(targetsSchema, await response.json());
    const target = targets.find(({ title, webSocketDebuggerUrl }) => /hilo/.test(title + webSocketDebuggerUrl));
    if (target === undefined) throw new Error(`There is no isolate to look at: ${JSON.stringify(targets)}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const watch = new MemoryWatch(socket);
    void watch.#poll();
    return watch;
  }

  reset(): void {
    this.peak = { total: 0, heap: 0, buffers: 0 };
    this.samples = 0;
  }

  /** @returns what is left, in bytes */
  async rest(): Promise<number> {
    this.#socket.send(JSON.stringify({ id: 0, method: "HeapProfiler.collectGarbage" }));
    await wait(COLLECT_MS);
    this.reset();
    while (this.samples === 0 && !this.#isOver) await wait(POLL_MS);
    return this.peak.total;
  }

  close(): void {
    this.#isOver = true;
    this.#socket.close();
  }

  async #poll(): Promise<void> {
    for (let id = 1; !this.#isOver; id += 1) {
      this.#socket.send(JSON.stringify({ id, method: "Runtime.getHeapUsage" }));
      await wait(POLL_MS);
    }
  }

  #note(text: string): void {
    const answer = v.safeParse(answerSchema, text);
    if (!answer.success) return;
    const { usedSize: heap, backingStorageSize: buffers } = answer.output.result;
    this.samples += 1;
    if (heap + buffers > this.peak.total) this.peak = { total: heap + buffers, heap, buffers };
  }
}
