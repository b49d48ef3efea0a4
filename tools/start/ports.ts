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

/** A port that nothing listens on at this moment. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: LOOPBACK }, () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
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
