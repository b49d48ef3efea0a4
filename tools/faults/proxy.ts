/** A TCP proxy in front of the server that does to connections what networks do: late, in crumbs, cut, or silent. */
import { createServer, connect, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "./random.ts";

export type Direction = "both" | "to-client" | "to-server";

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** Directions in which nothing arrives any more, though nobody is told. */
  readonly silent: Set<"to-client" | "to-server">;
}

/** A chunk is torn into crumbs this often. */
const SPLIT_CHANCE = 0.1;
const CRUMB_BYTES_MAX = 40;
/** A half-open connection is forgotten by the network's own tables in the end. */
const SILENCE_MAX_MS = 60_000;

export class FaultyProxy {
  readonly #random: Random;
  readonly #lines = new Set<Line>();
  readonly #server: Server;
  readonly #targetPort: number;
  /** False while the server is down: connections are refused. Knocking at a runtime that is starting can wedge its host. */
  isOpen = true;
  /** Ms that every chunk waits, on average. */
  delayMs = 0;
  cuts = 0;
  halfOpens = 0;
  port = 0;

  constructor(targetPort: number, random: Random) {
    this.#targetPort = targetPort;
    this.#random = random;
    this.#server = createServer((client) => this.#accept(client));
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        this.port = address !== null && typeof address === "object" ? address.port : 0;
        resolve();
      });
    });
  }

  close(): void {
    this.#server.close();
    for (const line of this.#lines) this.#end(line);
  }

  /** Resets a share of the connections. */
  cut(share: number): void {
    for (const line of this.#pick(share)) {
      this.cuts += 1;
      this.#end(line);
    }
  }

  /** Lets a share of the connections go silent. */
  silence(share: number, direction: Direction): void {
    for (const line of this.#pick(share)) {
      this.halfOpens += 1;
      if (direction !== "to-server") line.silent.add("to-client");
      if (direction !== "to-client") line.silent.add("to-server");
      setTimeout(() => this.#end(line), SILENCE_MAX_MS).unref();
    }
  }

  endSilent(): void {
    for (const line of this.#lines) if (line.silent.size > 0) this.#end(line);
  }

  #pick(share: number): Line[] {
    return [...this.#lines].filter((line) => line.silent.size === 0 && this.#random.chance(share));
  }

  #end(line: Line): void {
    this.#lines.delete(line);
    line.client.resetAndDestroy();
    line.server.resetAndDestroy();
  }

  #accept(client: Socket): void {
    if (!this.isOpen) {
      client.on("error", () => {});
      return void client.resetAndDestroy();
    }
    const server = connect(this.#targetPort, "127.0.0.1");
    const line: Line = { client, server, silent: new Set() };
    this.#lines.add(line);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => this.#onClose(line));
    }
    this.#forward(line, "to-server");
    this.#forward(line, "to-client");
  }

  /** A side that is gone is gone for the other one too, unless the line is silent: then nobody learns it. */
  #onClose(line: Line): void {
    if (line.silent.size > 0) return;
    this.#lines.delete(line);
    line.client.destroy();
    line.server.destroy();
  }

  /** Bytes keep their order, as TCP promises; only their timing and their pieces change. */
  #forward(line: Line, direction: "to-client" | "to-server"): void {
    const [from, to] = direction === "to-client" ? [line.server, line.client] : [line.client, line.server];
    let last: Promise<void> = Promise.resolve();
    from.on("data", (chunk: Buffer) => {
      last = last.then(() => this.#deliver(line, to, { chunk, direction }));
    });
    from.on("end", () => {
      void last.then(() => line.silent.has(direction) || to.end());
    });
  }

  async #deliver(line: Line, to: Socket, piece: { chunk: Buffer; direction: "to-client" | "to-server" }): Promise<void> {
    const { chunk, direction } = piece;
    if (this.delayMs > 0) await wait(this.#random.between(0, 2 * this.delayMs));
    if (line.silent.has(direction)) return;
    if (!this.#random.chance(SPLIT_CHANCE)) return write(to, chunk);
    for (let at = 0; at < chunk.length && !line.silent.has(direction);) {
      const size = Math.ceil(this.#random.between(0, CRUMB_BYTES_MAX));
      write(to, chunk.subarray(at, at + size));
      at += size;
      if (this.#random.chance(0.2)) await wait(1);
    }
  }
}

function write(socket: Socket, bytes: Buffer): void {
  if (!socket.destroyed && socket.writable) socket.write(bytes);
}
