/**
 * How the next try at a mail is made, after those before it. A try that did not end may have ended its process: then the
 * mail is read with care, and after the second time no more by itself, so that no mail ends the process more than twice. Pure.
 */
import type { LedgerRow } from "../db/ledger.ts";

/** Ms after which a try that is not heard of has ended with its process; a reading is given up long before. */
export const TRY_MAX_MS = 60_000;

export type TryPlan =
  /** All of it, while others are read. */
  | "whole"
  /** Alone: first in the small budget, and when that has ended, all of it. */
  | "careful"
  /** Alone and all of it, because a person or a later version wants it. */
  | "asked"
  /** Alone and in the small budget: that has ended before. */
  | "small"
  /** Not at all: a placeholder. */
  | "none";

type Tried = Pick<LedgerRow, "tryAt" | "unfinished" | "smallEnds" | "asked">;

/** Whether a try that was begun may still be going on. */
export function isBeingTried({ tryAt }: Pick<LedgerRow, "tryAt">, now: number): boolean {
  return tryAt !== null && tryAt + TRY_MAX_MS > now;
}

/** @param row as it is before the try is begun: one that it says is going on has ended with its process */
export function planTry(row: Tried): TryPlan {
  if (row.asked !== null && row.tryAt === null) return "asked";
  const unfinished = row.unfinished + (row.tryAt === null ? 0 : 1);
  if (unfinished === 0) return "whole";
  if (unfinished === 1) return "careful";
  return row.smallEnds ? "small" : "none";
}

/** Whether no other mail is read meanwhile. */
export function isAlone(plan: TryPlan): boolean {
  return plan === "careful" || plan === "asked" || plan === "small";
}

/** What asking for it does: null where it was asked for under this reader already, and did not end. */
export function askFor(
  row: Pick<LedgerRow, "unfinished" | "askedVersion">,
  version: number,
): Pick<LedgerRow, "asked" | "askedVersion"> | null {
  // It has not ended a process twice: it is read in full by itself.
  if (row.unfinished < 2) return { asked: null, askedVersion: row.askedVersion };
  return row.askedVersion === version ? null : { asked: "person", askedVersion: version };
}
