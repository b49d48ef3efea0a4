/**
 * Owns what a pure client may not touch: the WebSocket, timers, and the browser's events about network and visibility.
 * Both sockets (`conversation-socket.ts`, `inbox-socket.ts`) run on it.
 */
import type { LinkEffect } from "./link.ts";

/** The part of `WebSocket` that is used. */
type SocketLike = Pick<WebSocket, "addEventListener" | "send" | "close">;

export type OpenSocket = (url: string, protocols: string[]) => SocketLike;

export type ShellEvent<Timer extends string> =
  | { readonly kind: "opened"; readonly connection: number }
  | { readonly kind: "text"; readonly connection: number; readonly text: string }
  | { readonly kind: "closed"; readonly connection: number; readonly code: number }
  | { readonly kind: "timer"; readonly name: Timer }
  | { readonly kind: "online" | "offline" | "wake" }
  | { readonly kind: "visibility"; readonly isHidden: boolean };

interface ShellOptions<Timer extends string> {
  readonly url: string;
  readonly protocols: readonly string[] | (() => readonly string[]);
  readonly openSocket?: OpenSocket | undefined;
  readonly onEvent: (event: ShellEvent<Timer>) => void;
}

/** A timer may be so late on a page that is only busy with drawing. */
const LATE_MS = 1_000;
/** What is let in before a late timer counts. */
const LATE_GRACE_MS = 500;

/** A close code for "the browser gave no reason". */
const ABNORMAL_CLOSE = 1006;

export const isOnlineNow = (): boolean => navigator.onLine;
export const isHiddenNow = (): boolean => document.visibilityState === "hidden";

export class SocketShell<Timer extends string> {
  readonly #options: ShellOptions<Timer>;
  readonly #timers = new Map<Timer, ReturnType<typeof setTimeout>>();
  readonly #listeners = new AbortController();
  #current: { readonly socket: SocketLike; readonly closer: AbortController } | null = null;

  constructor(options: ShellOptions<Timer>) {
    this.#options = options;
    const { onEvent } = options;
    const { signal } = this.#listeners;
    addEventListener("online", () => onEvent({ kind: "online" }), { signal });
    addEventListener("offline", () => onEvent({ kind: "offline" }), { signal });
    // A page that comes back from the back-forward cache has lost its sockets without being told.
    addEventListener("pageshow", (event) => event.persisted && onEvent({ kind: "wake" }), { signal });
    document.addEventListener("visibilitychange", () => onEvent({ kind: "visibility", isHidden: isHiddenNow() }), { signal });
  }

  run(effect: LinkEffect<Timer>): void {
    switch (effect.kind) {
      case "connect":
        this.#connect(effect.connection);
        break;
      case "disconnect":
        this.#drop();
        break;
      case "transmit":
        this.#current?.socket.send(effect.text);
        break;
      case "set-timer":
        this.#clear(effect.name);
        this.#setTimer(effect.name, effect.delayMs, effect.delayMs + LATE_MS);
        break;
      case "clear-timer":
        this.#clear(effect.name);
        break;
    }
  }

  /** Ends everything; the shell can't be used again. */
  dispose(): void {
    this.#listeners.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#drop();
  }

  /**
   * A timer that fires much later than it was set for tells of a page that was busy, frozen or asleep, not of a silent
   * server: its answer may lie in the queue behind the timer. That is read first.
   */
  #setTimer(name: Timer, delayMs: number, latestMs = Infinity): void {
    const startedAt = performance.now();
    const fire = (): void => {
      if (performance.now() - startedAt > latestMs) return this.#setTimer(name, LATE_GRACE_MS);
      this.#timers.delete(name);
      this.#options.onEvent({ kind: "timer", name });
    };
    this.#timers.set(name, setTimeout(fire, delayMs));
  }

  #clear(name: Timer): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #connect(connection: number): void {
    this.#drop();
    const { url, protocols, openSocket = (at, names) => new WebSocket(at, names), onEvent } = this.#options;
    try {
      const socket = openSocket(url, [...(typeof protocols === "function" ? protocols() : protocols)]);
      const closer = new AbortController();
      const { signal } = closer;
      this.#current = { socket, closer };
      socket.addEventListener("open", () => onEvent({ kind: "opened", connection }), { signal });
      socket.addEventListener(
        "message",
        ({ data }) => typeof data === "string" && onEvent({ kind: "text", connection, text: data }),
        { signal },
      );
      // "error" says nothing that "close" does not say after it.
      socket.addEventListener("close", ({ code }) => onEvent({ kind: "closed", connection, code }), { signal });
    } catch {
      // A blocked address throws at once. Told later, because the state machine is in the middle of a step.
      queueMicrotask(() => onEvent({ kind: "closed", connection, code: ABNORMAL_CLOSE }));
    }
  }

  #drop(): void {
    this.#current?.closer.abort();
    this.#current?.socket.close();
    this.#current = null;
  }
}
