/** Ports of this machine's loopback interface. */
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

export const LOOPBACK = "127.0.0.1";
const POLL_INTERVAL_MS = 50;

type PortState = "free" | "taken" | "forbidden";

export function probePort(port: number): Promise<PortState> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve("taken");
      else if (error.code === "EACCES") resolve("forbidden");
      else reject(error);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

/**
 * Below the ports that systems hand out by themselves to connections and to servers that name none (from 32,768 on
 * Linux, 49,152 elsewhere): such a one could be taken between its choice and its use. Above the last that browsers and
 * `fetch` refuse to call (10,080: https://fetch.spec.whatwg.org/#port-blocking).
 */
const CHOSEN_FROM = 11_000;
const CHOSEN_TO = 32_000;
/** Where each process begins to look, so that two that start together choose others. */
const PORTS_PER_PROCESS = 16;
let choices = process.pid * PORTS_PER_PROCESS;

/** A port that nothing listens on, and that neither the system nor this process gives to anybody else meanwhile. */
export async function findFreePort(): Promise<number> {
  for (let tries = CHOSEN_TO - CHOSEN_FROM; tries > 0; tries -= 1) {
    const port = CHOSEN_FROM + (choices % (CHOSEN_TO - CHOSEN_FROM));
    choices += 1;
    if ((await probePort(port)) === "free") return port;
  }
  throw new Error(`No port between ${CHOSEN_FROM} and ${CHOSEN_TO} is free.`);
}

/** @returns whether all ports were free in time */
export async function waitUntilFree(ports: number[], timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const states = await Promise.all(ports.map(probePort));
    if (states.every((state) => state !== "taken")) return true;
    if (Date.now() > deadline) return false;
    await wait(POLL_INTERVAL_MS);
  }
}
