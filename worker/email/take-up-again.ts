/** A mail that was settled is decided anew: an agent lets it in, or wants it read again. */
import { updateLedger, type LedgerRow } from "../db/ledger.ts";
import type { Database } from "../db/database.ts";
import type { Env } from "../env.ts";
import { processMail } from "./process.ts";

/** Ms after which cron goes on with what was begun here. */
const TAKEN_UP_MS = 60_000;

/** @param change what else is noted of it, such as who let it in */
export async function takeUpAgain(env: Env, db: Database, id: string, change: Partial<LedgerRow>): Promise<void> {
  const now = Date.now();
  const undecided = {
    state: "received",
    verdict: null,
    decision: null,
    reason: null,
    conversationId: null,
    seq: null,
    movedFrom: null,
  } as const;
  const tries = { attempts: 1, retryAt: now + TAKEN_UP_MS, updatedAt: now };
  await updateLedger(db, id, { ...change, ...undecided, ...tries });
  await processMail(env, id);
}
