/**
 * How much comes in, and how much a catching-up sends out: more than a person can do is too much. Counted for each client
 * and for the conversation, never for a socket, of which anybody can open another. Memory only: an eviction forgives, and
 * comes only when nothing has come in for some time.
 */
import type { Connection } from "./connection.ts";

interface Allowance {
  burst: number;
  /** How fast it grows back. */
  perSecond: number;
}

/** Frames of one client, whatever the number of its sockets. */
export const FRAMES_PER_CLIENT: Allowance = { burst: 150, perSecond: 10 };
/** Frames of all visitors' sockets of a conversation: more than one client has, so that one cannot shut another out. */
export const FRAMES_OF_VISITORS: Allowance = { burst: 300, perSecond: 20 };
/** UTF-16 code units that one client is sent by `hello`: a long history some times, or a short one many times. */
export const CATCH_UP_PER_CLIENT: Allowance = { burst: 8_000_000, perSecond: 64_000 };

/** Keys in memory; more is no conversation any more. */
const KEYS_MAX = 1_000;

export class Meter {
  readonly #allowance: Allowance;
  readonly #kept = new Map<string, { left: number; at: number }>();

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  /** Takes it, or nothing: what is refused costs nothing. @returns false where it is too much */
  take(key: string, cost: number, now: number): boolean {
    if (this.left(key, now) < cost) return false;
    this.spend(key, cost, now);
    return true;
  }

  left(key: string, now: number): number {
    const { burst, perSecond } = this.#allowance;
    const before = this.#kept.get(key) ?? { left: burst, at: now };
    return Math.min(burst, before.left + (Math.max(0, now - before.at) / 1_000) * perSecond);
  }

  /** What is known only when it is done: may go below nothing, and is paid back before there is more. */
  spend(key: string, cost: number, now: number): void {
    const left = this.left(key, now) - cost;
    if (this.#kept.size >= KEYS_MAX) this.#kept.clear();
    this.#kept.set(key, { left, at: now });
  }
}

/** Frames and catching-up of one conversation. */
export class TrafficMeter {
  readonly #clients = new Meter(FRAMES_PER_CLIENT);
  readonly #visitors = new Meter(FRAMES_OF_VISITORS);
  readonly #catchUps = new Meter(CATCH_UP_PER_CLIENT);

  /** Notes a frame. @returns false where it is one too many */
  count(connection: Connection, now: number): boolean {
    if (!this.#clients.take(clientOf(connection), 1, now)) return false;
    return connection.kind === "agent" || this.#visitors.take("visitors", 1, now);
  }

  /** Whoever has some allowance left may catch up, however much that is. */
  mayCatchUp(connection: Connection, now: number): boolean {
    return this.#catchUps.left(clientOf(connection), now) > 0;
  }

  /** @param length UTF-16 code units that were sent */
  noteCatchUp(connection: Connection, length: number, now: number): void {
    this.#catchUps.spend(clientOf(connection), length, now);
  }
}

/** Who is behind a socket, as far as limits go. */
function clientOf(connection: Connection): string {
  if (connection.kind === "agent") return `agent ${connection.agentId}`;
  // A socket of before clients were named stands for itself.
  return `visitor ${connection.client ?? connection.id}`;
}
