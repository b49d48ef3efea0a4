/**
 * The outbox as rules: what is due, what a result means, when to try again. Pure; the shell loads the rows, calls the
 * transport and stores what this decides.
 */
import { assertNever } from "../../worker/domain/assert-never.ts";
import type { Refusal } from "./delivery.ts";
import type { Delivery } from "./protocol.ts";

/** Ms after a change that its acknowledgement is given before the lists are written. */
export const PROJECT_DELAY_MS = 20;
/** Ms between two writes of the index and the lists by one conversation: a burst makes few of them. */
export const PROJECT_INTERVAL_MS = 1_000;
/** The same while messages keep coming: the interval doubles up to this. */
export const PROJECT_INTERVAL_MAX_MS = 2_000;
/** Ms until the alarm that brings the lists up to date where the object has died before it could. */
export const PROJECT_ALARM_MS = 5_000;
/** Ms that one effect may take before it counts as failed (projections) or unknown (mail). */
export const EFFECT_TIMEOUT_MS = 30_000;
export const RETRY_BASE_MS = 1_000;
export const RETRY_MAX_MS = 5 * 60_000;
/** Tries of a mail that the other server puts off, over four to eight hours with the back-off below. */
export const MAIL_TRIES_MAX = 12;
export const MAIL_RETRY_BASE_MS = 15_000;
export const MAIL_RETRY_MAX_MS = 4 * 60 * 60_000;
/** Ms over which mails that were held back together come again. */
export const HELD_SPREAD_MS = 60_000;

export interface OutboxRow {
  seq: number;
  /** The address that it is written to; null in rows from before it was stored here: the one that its message names. */
  to: string | null;
  /** `sending` is written before the transport is called: found after a crash it means that nobody knows (A5). */
  state: "queued" | "sending";
  dueAt: number;
  attempts: number;
  /** Earlier messages that travel in the same mail. */
  also: number[];
  /** A mail of chat replies, not needed any more once the visitor has seen them. */
  isCancelledBySeen: boolean;
  /** Only to these of its recipients, the others have it; null is everyone. */
  only: string[] | null;
  /** An agent asked for it by hand: also to addresses that are known to be undeliverable. */
  isInsisted: boolean;
}

/** One recipient who did not get a mail that others got, or why nobody did. */
export interface RecipientRefusal {
  address: string;
  reason: string;
  /** The other server may take it later. */
  isTemporary: boolean;
}

/** What the mail port answers; see `worker/email/send.ts` for the transports' side. */
export type DeliveryResult =
  /** `to` has it; one refused address does not stop the others. */
  | { kind: "sent"; to: string[]; messageId: string | null; refused?: RecipientRefusal[] }
  | { kind: "refused"; reason: string; refused?: RecipientRefusal[] }
  /** `retryAt`: nobody was asked, so it is no try, and it comes again then; epoch ms. */
  | { kind: "deferred"; reason: string; retryAt?: number }
  | { kind: "unknown"; reason: string };

export type Settled =
  | { kind: "done"; delivery: Delivery; messageId: string | null }
  | { kind: "again"; delivery: Delivery; messageId: string | null; row: OutboxRow };

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

interface SettleInput {
  row: OutboxRow;
  result: DeliveryResult;
  /** What is shown of the message so far. */
  before: Delivery | undefined;
  now: number;
  /** In [0, 1). */
  random: number;
}

/** What a result makes of the message and its row: as long as anybody has the mail it is sent, and the others are named. */
export function settleMail(input: SettleInput): Settled {
  const { reached } = othersOf(input);
  return reached.length === 0 ? settleWhole(input) : settleRest(input, reached);
}

/** Those whom this try was not about: who has the mail, and who was refused it for good before. */
function othersOf({ row: { only }, before }: SettleInput): { reached: string[]; refused: Refusal[] } {
  if (only === null) return { reached: [], refused: [] };
  const refused = (before?.refused ?? []).filter(({ address }) => !only.includes(address));
  const isOver = (address: string) => only.includes(address) || refused.some((refusal) => refusal.address === address);
  return { reached: (before?.to ?? []).filter((address) => !isOver(address)), refused };
}

function settleWhole(input: SettleInput): Settled {
  const { row, result, before } = input;
  const others = othersOf(input).refused;
  const to = { ...(before?.to !== undefined && { to: before.to }), ...(others.length > 0 && { refused: others }) };
  switch (result.kind) {
    case "sent":
      return settleReached(input, { to: result.to, refused: result.refused ?? [] });
    case "refused": {
      const asked = (row.only ?? []).map((address) => ({ address, reason: result.reason }));
      const refused = [...others, ...(result.refused ?? asked).map(({ address, reason }) => ({ address, reason }))];
      const delivery: Delivery = { state: "failed", reason: result.reason, ...to, ...(refused.length > 1 && { refused }) };
      return { kind: "done", delivery, messageId: null };
    }
    case "unknown":
      return { kind: "done", delivery: { state: "unknown", reason: result.reason, ...to }, messageId: null };
    case "deferred": {
      const again = rowAgain(input);
      if (again === null)
        return { kind: "done", delivery: { state: "failed", reason: gaveUp(row, result.reason), ...to }, messageId: null };
      return { kind: "again", delivery: { state: "queued", reason: result.reason, ...to }, messageId: null, row: again };
    }
    default:
      return assertNever(result);
  }
}

/** Some have had it before: this was about the others alone. */
function settleRest(input: SettleInput, reached: string[]): Settled {
  const { row, result } = input;
  const asked = row.only ?? [];
  switch (result.kind) {
    case "sent":
      return settleReached(input, { to: [...reached, ...result.to], refused: result.refused ?? [] });
    case "refused":
    case "unknown":
    case "deferred": {
      const known = result.kind === "refused" ? (result.refused ?? []) : [];
      const refused = asked.map(
        (address) =>
          known.find((refusal) => refusal.address === address) ?? {
            address,
            reason: result.reason,
            isTemporary: result.kind === "deferred",
          },
      );
      return settleReached(input, { to: reached, refused });
    }
    default:
      return assertNever(result);
  }
}

/** Those who were put off are tried again by themselves, alone. */
function settleReached(input: SettleInput, outcome: { to: string[]; refused: RecipientRefusal[] }): Settled {
  const { row, result, before } = input;
  const messageId = result.kind === "sent" ? result.messageId : null;
  const later = outcome.refused.filter(({ isTemporary }) => isTemporary).map(({ address }) => address);
  const again = later.length === 0 ? null : rowAgain(input);
  const asked = outcome.refused.map(({ address, reason, isTemporary }): Refusal => {
    if (!isTemporary) return { address, reason };
    return again === null ? { address, reason: gaveUp(row, reason) } : { address, reason, isPending: true };
  });
  const refused = [...othersOf(input).refused, ...asked];
  const delivery: Delivery = {
    state: "sent",
    to: outcome.to,
    ...(refused.length > 0 && { refused }),
    ...(row.only !== null && before?.deliveredTo !== undefined && { deliveredTo: before.deliveredTo }),
  };
  if (again === null) return { kind: "done", delivery, messageId };
  return { kind: "again", delivery, messageId, row: { ...again, only: later } };
}

/** Null after the last try. */
function rowAgain({ row, result, now, random }: SettleInput): OutboxRow | null {
  if (result.kind === "deferred" && result.retryAt !== undefined)
    return { ...row, state: "queued", dueAt: result.retryAt + Math.round(random * HELD_SPREAD_MS) };
  const attempts = row.attempts + 1;
  if (attempts >= MAIL_TRIES_MAX) return null;
  const waitMs = backOffMs(row.attempts, { baseMs: MAIL_RETRY_BASE_MS, maxMs: MAIL_RETRY_MAX_MS }, random);
  return { ...row, state: "queued", dueAt: now + waitMs, attempts };
}

function gaveUp({ attempts }: OutboxRow, reason: string): string {
  return `gave up after ${attempts + 1} tries: ${reason}`;
}
