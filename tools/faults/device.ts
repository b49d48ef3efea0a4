/**
 * What a browser gives to the product's clients and Node does not: events about network and visibility, sockets, and a
 * clock, which on people's devices is often wrong.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { WebSocket as WsSocket } from "ws";
import { textOf } from "../local-worker/ws-text.ts";
import type { OpenSocket } from "../../web/shared/socket-shell.ts";
import type { Random } from "./random.ts";

export interface Clock {
  /** Ms by which this device is wrong. */
  skewMs: number;
}

const device = new AsyncLocalStorage<Clock>();
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A frame arrives twice this often. */
const DUPLICATE_CHANCE = 0.04;
const ABNORMAL_CLOSE = 1006;

const browserEvents = new EventTarget();
// Every client listens.
setMaxListeners(0, browserEvents);

/** Call once, before the first client is made. */
export function becomeBrowser(): void {
  const trueNow = Date.now.bind(Date);
  Date.now = () => trueNow() + Math.round(device.getStore()?.skewMs ?? 0);
  const addEventListener = browserEvents.addEventListener.bind(browserEvents);
  Object.assign(globalThis, { addEventListener, document: { visibilityState: "visible", addEventListener } });
  Object.defineProperty(globalThis.navigator, "onLine", { get: () => true, configurable: true });
}

/** Tells all clients what a browser would tell them. */
export function tellBrowser(kind: "offline" | "online" | "wake"): void {
  browserEvents.dispatchEvent(new Event(kind === "wake" ? "visibilitychange" : kind));
}

/** Everything that follows from `work`, later too, happens by this clock. */
export function runOnDevice<T>(clock: Clock, work: () => T): T {
  return device.run(clock, work);
}

class DeviceSocket extends EventTarget {
  readonly #socket: WsSocket;
  readonly #random: Random;

  constructor(socket: WsSocket, random: Random) {
    super();
    this.#socket = socket;
    this.#random = random;
    socket.on("open", () => this.dispatchEvent(new Event("open")));
    socket.on("message", (data, isBinary) => {
      if (!isBinary) this.#receive(textOf(data));
    });
    socket.on("error", () => {});
    socket.on("close", (code) => this.dispatchEvent(new CloseEvent("close", { code: code === 1005 ? ABNORMAL_CLOSE : code })));
  }

  send(text: string): void {
    const times = text !== "ping" && this.#random.chance(DUPLICATE_CHANCE) ? 2 : 1;
    for (let time = 0; time < times; time += 1) this.#socket.send(text, () => {});
  }

  close(): void {
    this.#socket.close();
  }

  #receive(data: string): void {
    const times = this.#random.chance(DUPLICATE_CHANCE) ? 2 : 1;
    for (let time = 0; time < times; time += 1) this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

/** @param headers what a browser would send by itself: the agent's identity */
export function makeOpenSocket(clock: Clock, random: Random, headers: Record<string, string>): OpenSocket {
  return (url, protocols) =>
    runOnDevice(
      clock,
      () => new DeviceSocket(new WsSocket(url, protocols, { headers, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }), random),
    );
}
