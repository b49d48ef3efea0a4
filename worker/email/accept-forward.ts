/** An agent believes that a mail was forwarded by the agent whom it names: row M8 is carried out. */
import { acceptForward, isClaimedForward } from "../db/accepted-forwards.ts";
import type { Database } from "../db/database.ts";
import type { LedgerRow } from "../db/ledger.ts";
import type { Env } from "../env.ts";
import { processMail } from "./process.ts";
import { TRY_MAX_MS } from "./tries.ts";

export type AcceptForwardAnswer = "accepted" | "no_claim" | "busy";

/** `accepted` says that it will be done: at once, or by cron where something failed on the way. The first click decides. */
export async function acceptClaimedForward(
  env: Env,
  db: Database,
  { row, agentId }: { row: LedgerRow; agentId: string },
): Promise<AcceptForwardAnswer> {
  if (row.forwardAcceptedBy !== null) return "accepted";
  if (!isClaimedForward(row)) return "no_claim";
  const now = Date.now();
  if (!(await acceptForward(db, row, { agentId, retryAt: now + TRY_MAX_MS, now }))) return "busy";
  await processMail(env, row.id);
  return "accepted";
}
