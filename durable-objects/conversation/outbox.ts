/**
 * The outbox as rules: what is due, what a result means, when to try again. Pure; the shell loads the rows, calls the
 * transport and stores what this decides.
 */
import { assertNever } from "../../worker/domain/assert-never.ts";
import type { Delivery } from "./protocol.ts";

/** Ms between two writes of the index and the lists by one conversation: a burst makes few of them. */
export const PROJECT_INTERVAL_MS = 1_000;
/** The same while messages keep coming: the interval doubles up to this. */
export const PROJECT_INTERVAL_MAX_MS = 2_000;
/** Ms that one effect may take before it counts as failed (projections) or unknown (mail). */
export const EFFECT_TIMEOUT_MS = 30_000;
export const RETRY_BASE_MS = 1_000;
export const RETRY_MAX_MS = 5 * 60_000;
/** Tries of a mail that the other server puts off, over about a day with the back-off below. */
export const MAIL_TRIES_MAX = 12;
export const MAIL_RETRY_BASE_MS = 15_000;
export const MAIL_RETRY_MAX_MS = 4 * 60 * 60_000;

export interface OutboxRow {
  seq: number;
  /** `sending` is written before the transport is called: found after a crash it means that nobody knows (A5). */
  state: "queued" | "sending";
  dueAt: number;
  attempts: number;
  /** Earlier messages that travel in the same mail. */
  also: number[];
  /** A mail of chat replies, not needed any more once the visitor has seen them. */
  isCancelledBySeen: boolean;
}

/** What the mail port answers; see `worker/email/send.ts` for the transports' side. */
export type DeliveryResult =
  | { kind: "sent"; to: string[]; messageId: string | null }
  | { kind: "refused"; reason: string }
  | { kind: "deferred"; reason: string }
  | { kind: "unknown"; reason: string };

export type Settled =
  | { kind: "done"; delivery: Delivery; messageId: string | null }
  | { kind: "again"; delivery: Delivery; row: OutboxRow };

/** Exponential with full jitter on its upper half. @param random in [0, 1) */
export function backOffMs(attempts: number, limits: { baseMs: number; maxMs: number }, random: number): number {
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(attempts, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

/** @param streak writes before this one that followed each other without a pause */
export function projectIntervalMs(streak: number): number {
  return Math.min(PROJECT_INTERVAL_MAX_MS, PROJECT_INTERVAL_MS * 2 ** Math.min(streak, 30));
}

/** The rows to run now, oldest message first, so that replies leave in the order they were written. */
export function dueRows(rows: OutboxRow[], now: number): OutboxRow[] {
  return rows.filter((row) => row.state === "queued" && row.dueAt <= now).sort((a, b) => a.seq - b.seq);
}

/** Rows that a crash left between `sending` and its outcome; `running` are those of this very process. */
export function interruptedRows(rows: OutboxRow[], running: ReadonlySet<number>): OutboxRow[] {
  return rows.filter((row) => row.state === "sending" && !running.has(row.seq));
}

export function nextDueAt(rows: OutboxRow[]): number | null {
  const due = rows.filter((row) => row.state === "queued").map((row) => row.dueAt);
  return due.length === 0 ? null : Math.min(...due);
}

export const INTERRUPTED: DeliveryResult = {
  kind: "unknown",
  reason: "Hilo was stopped while this mail was being handed over; it may or may not have been sent",
};

/** What a result makes of the message and its row. */
export function settleMail(row: OutboxRow, result: DeliveryResult, at: { now: number; random: number }): Settled {
  switch (result.kind) {
    case "sent":
      return { kind: "done", delivery: { state: "sent", to: result.to }, messageId: result.messageId };
    case "refused":
      return { kind: "done", delivery: { state: "failed", reason: result.reason }, messageId: null };
    case "unknown":
      return { kind: "done", delivery: { state: "unknown", reason: result.reason }, messageId: null };
    case "deferred": {
      const attempts = row.attempts + 1;
      if (attempts >= MAIL_TRIES_MAX)
        return {
          kind: "done",
          delivery: { state: "failed", reason: `gave up after ${attempts} tries: ${result.reason}` },
          messageId: null,
        };
      const waitMs = backOffMs(row.attempts, { baseMs: MAIL_RETRY_BASE_MS, maxMs: MAIL_RETRY_MAX_MS }, at.random);
      return {
        kind: "again",
        delivery: { state: "queued", reason: result.reason },
        row: { ...row, state: "queued", dueAt: at.now + waitMs, attempts },
      };
    }
    default:
      return assertNever(result);
  }
}
