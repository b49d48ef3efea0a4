/** A mail that was settled is decided anew: an agent lets it in, or wants it read again. */
import { UNDECIDED, updateLedger, type LedgerRow } from "../db/ledger.ts";
import type { Database } from "../db/database.ts";
import type { Env } from "../env.ts";
import { processMail } from "./process.ts";
import { TRY_MAX_MS } from "./tries.ts";

/** @param change what else is noted of it, such as who let it in */
export async function takeUpAgain(env: Env, db: Database, id: string, change: Partial<LedgerRow>): Promise<void> {
  const now = Date.now();
  // Cron goes on with it where this does not come to its end.
  await updateLedger(db, id, { ...change, ...UNDECIDED, tryAt: null, retryAt: now + TRY_MAX_MS, updatedAt: now });
  await processMail(env, id);
}
