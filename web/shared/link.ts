/**
 * The life of one reconnecting socket, as a pure state machine: when to connect, how long to back off, when silence
 * means death, which close codes are final. It knows nothing of what the frames say; `conversation-client.ts` and
 * `inbox-client.ts` are built on it, `socket-shell.ts` carries out its effects.
 */
import { computeBackOffMs } from "./back-off.ts";
import { CLOSE_CODES, PING_INTERVAL_MS } from "./protocol-constants.ts";

/** No sign of life for this long after a ping: the socket is dead, whatever the browser believes. */
export const PONG_TIMEOUT_MS = 10_000;
/** The same after waking, going online or being looked at again, when someone is waiting for the answer. */
const PROBE_TIMEOUT_MS = 4_000;
/** From the attempt to connect until the first `welcome`. */
const GREETING_TIMEOUT_MS = 15_000;
/** A connection that lived for this long was a good one: the next loss starts again with the shortest wait. */
const STABLE_MS = 10_000;
/** Closed for sending too much: wait at least as long as this attempt would. */
const TOO_MUCH_TRAFFIC_ATTEMPT = 4;

export type StopReason = "not-allowed" | "too-old" | "closed";

type LinkPhase =
  | { readonly kind: "idle" }
  | { readonly kind: "waiting" }
  | { readonly kind: "opening" }
  /** The socket is open, `hello` has been sent, `welcome` has not come. */
  | { readonly kind: "greeting" }
  | { readonly kind: "ready"; readonly since: number }
  | { readonly kind: "stopped"; readonly reason: StopReason };

export interface Link {
  readonly phase: LinkPhase;
  /** Numbers the sockets, so that a late event of an old one is ignored. */
  readonly connection: number;
  /** Failures in a row. */
  readonly attempt: number;
  readonly hasBeenReady: boolean;
  readonly isOnline: boolean;
  readonly isHidden: boolean;
}

export type LinkTimer = "retry" | "ping" | "pong" | "greeting";

export type LinkEvent =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "opened"; readonly connection: number }
  /** Anything came in, `pong` included. */
  | { readonly kind: "heard"; readonly connection: number }
  | { readonly kind: "closed"; readonly connection: number; readonly code: number }
  | { readonly kind: "timer"; readonly name: LinkTimer }
  /** The server has answered `hello`. */
  | { readonly kind: "welcomed" }
  /** The layer above waits in vain: give this socket up. */
  | { readonly kind: "broken" }
  | { readonly kind: "online" }
  | { readonly kind: "offline" }
  /** The page came back from sleep or from the browser's page cache. */
  | { readonly kind: "wake" }
  | { readonly kind: "visibility"; readonly isHidden: boolean };

export type LinkEffect<Timer extends string = LinkTimer> =
  | { readonly kind: "connect"; readonly connection: number }
  | { readonly kind: "disconnect"; readonly connection: number }
  | { readonly kind: "transmit"; readonly text: string }
  | { readonly kind: "set-timer"; readonly name: Timer; readonly delayMs: number }
  | { readonly kind: "clear-timer"; readonly name: Timer };

export interface Environment {
  /** Epoch ms. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

interface LinkStep {
  readonly link: Link;
  readonly effects: readonly LinkEffect[];
}

export function initialLink(options: { readonly isOnline: boolean; readonly isHidden: boolean }): Link {
  return { phase: { kind: "idle" }, connection: 0, attempt: 0, hasBeenReady: false, ...options };
}

export const isConnected = (link: Link): boolean => link.phase.kind === "greeting" || link.phase.kind === "ready";

const setTimer = (name: LinkTimer, delayMs: number): LinkEffect => ({ kind: "set-timer", name, delayMs });
const clearTimer = (name: LinkTimer): LinkEffect => ({ kind: "clear-timer", name });
const clearAll: readonly LinkEffect[] = (["retry", "ping", "pong", "greeting"] as const).map(clearTimer);

function connect(link: Link): LinkStep {
  const connection = link.connection + 1;
  return {
    link: { ...link, connection, phase: { kind: "opening" } },
    effects: [...clearAll, { kind: "connect", connection }, setTimer("greeting", GREETING_TIMEOUT_MS)],
  };
}

/** The socket is gone, or given up: wait, then try again. */
function lose(link: Link, { now, random }: Environment, attemptMin = 0): LinkStep {
  const wasStable = link.phase.kind === "ready" && now - link.phase.since >= STABLE_MS;
  const attempt = Math.max(wasStable ? 0 : link.attempt, attemptMin);
  return {
    link: { ...link, attempt: attempt + 1, phase: { kind: "waiting" } },
    effects: [
      ...clearAll,
      { kind: "disconnect", connection: link.connection },
      setTimer("retry", computeBackOffMs(attempt, random)),
    ],
  };
}

function stop(link: Link, reason: StopReason): LinkStep {
  return {
    link: { ...link, phase: { kind: "stopped", reason } },
    effects: [...clearAll, { kind: "disconnect", connection: link.connection }],
  };
}

function handleClosed(link: Link, code: number, environment: Environment): LinkStep {
  switch (code) {
    case CLOSE_CODES.notAllowed:
      return stop(link, "not-allowed");
    case CLOSE_CODES.protocolTooOld:
      return stop(link, "too-old");
    case CLOSE_CODES.tooMuchTraffic:
      return lose(link, environment, TOO_MUCH_TRAFFIC_ATTEMPT);
    default:
      return lose(link, environment);
  }
}

/** Somebody looks, or the network is said to be back: do not wait for a timer, and do not trust an old socket. */
function hurry(link: Link): LinkStep {
  if (link.phase.kind === "waiting") return connect({ ...link, attempt: Math.min(link.attempt, 1) });
  if (!isConnected(link)) return { link, effects: [] };
  return { link, effects: [{ kind: "transmit", text: "ping" }, setTimer("pong", PROBE_TIMEOUT_MS)] };
}

function handleTimer(link: Link, name: LinkTimer, environment: Environment): LinkStep {
  switch (name) {
    case "retry":
      return link.phase.kind === "waiting" ? connect(link) : { link, effects: [] };
    case "ping":
      if (!isConnected(link)) return { link, effects: [] };
      return {
        link,
        effects: [{ kind: "transmit", text: "ping" }, setTimer("pong", PONG_TIMEOUT_MS), setTimer("ping", PING_INTERVAL_MS)],
      };
    case "pong":
      return isConnected(link) ? lose(link, environment) : { link, effects: [] };
    case "greeting":
      return link.phase.kind === "opening" || isConnected(link) ? lose(link, environment) : { link, effects: [] };
  }
}

/** Decides what one event means for the socket. */
export function stepLink(link: Link, event: LinkEvent, environment: Environment): LinkStep {
  const unchanged: LinkStep = { link, effects: [] };
  if ("connection" in event && event.connection !== link.connection) return unchanged;
  if (link.phase.kind === "stopped" && event.kind !== "start") return unchanged;
  switch (event.kind) {
    case "start":
      return link.phase.kind === "idle" || link.phase.kind === "stopped" ? connect({ ...link, attempt: 0 }) : unchanged;
    case "stop":
      return stop(link, "closed");
    case "opened":
      if (link.phase.kind !== "opening") return unchanged;
      return { link: { ...link, phase: { kind: "greeting" } }, effects: [setTimer("ping", PING_INTERVAL_MS)] };
    case "heard":
      return isConnected(link) ? { link, effects: [clearTimer("pong")] } : unchanged;
    case "closed":
      return link.phase.kind === "waiting" || link.phase.kind === "idle"
        ? unchanged
        : handleClosed(link, event.code, environment);
    case "timer":
      return handleTimer(link, event.name, environment);
    case "welcomed":
      if (link.phase.kind !== "greeting") return unchanged;
      return {
        link: { ...link, phase: { kind: "ready", since: environment.now }, hasBeenReady: true },
        effects: [clearTimer("greeting")],
      };
    case "broken":
      return isConnected(link) ? lose(link, environment) : unchanged;
    case "online":
      return hurry({ ...link, isOnline: true });
    case "offline": {
      // Attempts go on: some systems report "offline" for ever although they are not.
      const offline = { ...link, isOnline: false };
      return isConnected(link) || link.phase.kind === "opening" ? lose(offline, environment) : { link: offline, effects: [] };
    }
    case "wake":
      return hurry(link);
    case "visibility": {
      const seen = { ...link, isHidden: event.isHidden };
      return event.isHidden ? { link: seen, effects: [] } : hurry(seen);
    }
  }
}
