/** Ports that are chosen before anything listens on them. */
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { findFreePort, LOOPBACK } from "../../../tools/start/ports.ts";

/** The first that Linux hands out by itself; other systems begin higher. */
const OWN_OF_THE_SYSTEM = 32_768;
/** The last that browsers and fetch refuse to call. */
const REFUSED_MAX = 10_080;

test("a chosen port is none that the system gives to a connection meanwhile, and one that can be called; none is given twice", async () => {
  const ports = await Promise.all(Array.from({ length: 40 }, findFreePort));
  expect(ports.filter((port) => port >= OWN_OF_THE_SYSTEM || port <= REFUSED_MAX)).toEqual([]);
  expect(new Set(ports).size).toBe(ports.length);
});

test("a taken port is passed over", async () => {
  const first = await findFreePort();
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(first + 1, LOOPBACK, resolve));
  onTestFinished(() => void server.close());
  expect(await findFreePort()).not.toBe(first + 1);
});
