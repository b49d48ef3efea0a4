/** Mails that an agent believes to have been forwarded by the agent whom they name: the wish, and what follows it in D1. */
import { and, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { ledger, mailIds, participants } from "./mail-schema.ts";
import { attachments } from "./schema.ts";
import { UNDECIDED, type LedgerRow } from "./ledger.ts";

/** A row whose mail only says that an agent forwarded it, and stands as a message of its sender. */
export type ClaimedForward = LedgerRow & { conversationId: string; seq: number };

export function isClaimedForward(row: LedgerRow): row is ClaimedForward {
  const { verdict, state, conversationId, seq } = row;
  return verdict === "forwarded:unverified" && state === "applied" && conversationId !== null && seq !== null;
}

/**
 * Writes down who believes it, and has the mail taken up anew.
 *
 * @returns false where somebody else was first, or moves the mail at this moment
 */
export async function acceptForward(
  db: Database,
  row: ClaimedForward,
  { agentId, retryAt, now }: { agentId: string; retryAt: number; now: number },
): Promise<boolean> {
  const rows = await db
    .update(ledger)
    .set({
      forwardAcceptedBy: agentId,
      forwardedOutOf: row.conversationId,
      forwardedOutSeq: row.seq,
      // As a move has: what is told of it later than a move by hand changes nothing (V2).
      moves: row.moves + 1,
      ...UNDECIDED,
      tryAt: null,
      retryAt,
      updatedAt: now,
    })
    .where(
      and(
        eq(ledger.id, row.id),
        eq(ledger.moves, row.moves),
        sql`forward_accepted_by IS NULL AND move_to IS NULL AND retry_at IS NULL AND conversation_id = ${row.conversationId}`,
      ),
    )
    .returning({ id: ledger.id });
  return rows.length > 0;
}

/** Ids and files lead to where the mail is now; whom it had brought to the conversation that it leaves is no participant there. */
export async function settleAcceptedForward(
  db: Database,
  row: Pick<LedgerRow, "id">,
  move: { from: string; to: string; seq: number },
): Promise<void> {
  const { from, to, seq } = move;
  await db.batch([
    db
      .update(mailIds)
      .set({ conversationId: to, seq: sql`CASE WHEN seq IS NULL THEN NULL ELSE ${seq} END` })
      .where(and(eq(mailIds.ledgerId, row.id), eq(mailIds.conversationId, from))),
    db.delete(participants).where(and(eq(participants.ledgerId, row.id), eq(participants.conversationId, from))),
  ]);
}

/** Before the other conversation shows them (T11). */
export async function moveForwardedFiles(
  db: Database,
  move: { fileIds: readonly string[]; from: string; to: string },
): Promise<void> {
  const { fileIds, from, to } = move;
  await db
    .update(attachments)
    .set({ conversationId: to })
    .where(sql`id IN (SELECT value FROM json_each(${JSON.stringify(fileIds)})) AND conversation_id = ${from}`);
}
