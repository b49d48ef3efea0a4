/** The ledger: every inbound mail and what became of it. */
import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import { firstTry } from "./ledger-tries.ts";
import { ledger } from "./mail-schema.ts";

export type LedgerRow = typeof ledger.$inferSelect;

/** Where a mail is read anew: as if it had just come in. */
export const UNDECIDED = {
  state: "received",
  verdict: null,
  decision: null,
  reason: null,
  conversationId: null,
  seq: null,
  movedFrom: null,
  attempts: 0,
} as const;

/** @returns the row of this very mail for this recipient, and whether it is new: then its first try has begun with it */
export async function receiveLedgerRow(
  db: Database,
  row: typeof ledger.$inferInsert & { receivedAt: number },
): Promise<{ row: LedgerRow; isNew: boolean }> {
  await db
    .insert(ledger)
    .values({ ...row, ...firstTry(row.receivedAt) })
    .onConflictDoNothing();
  const rows = await db
    .select()
    .from(ledger)
    .where(and(eq(ledger.mailboxId, row.mailboxId), eq(ledger.envelopeTo, row.envelopeTo), eq(ledger.rawHash, row.rawHash)));
  const stored = rows[0];
  if (stored === undefined) throw new Error("a ledger row was written and is not there");
  return { row: stored, isNew: stored.id === row.id };
}

export async function updateLedger(db: Database, id: string, change: Partial<LedgerRow>): Promise<void> {
  await db.update(ledger).set(change).where(eq(ledger.id, id));
}

export async function findLedgerRow(db: Database, id: string): Promise<LedgerRow | null> {
  return (await db.select().from(ledger).where(eq(ledger.id, id)))[0] ?? null;
}

/** What a mail is compared by: its Message-ID at this mailbox, and what is in it. */
export type MailKey = Pick<LedgerRow, "id" | "mailboxId"> & { messageId: string; contentHash: string };
export type Twin = "none" | "same" | "same-id-other-content";

/**
 * Other mails with this Message-ID that were decided. One that is a duplicate itself, or that failed, stands for nothing:
 * a redelivery is then the first to be taken up.
 */
function twinsOf({ id, mailboxId, messageId, contentHash }: MailKey, twin: "same" | "same-id"): SQL {
  const content = twin === "same" ? sql`AND twin.content_hash = ${contentHash}` : sql``;
  return sql`SELECT 1 FROM ledger AS twin WHERE twin.mailbox_id = ${mailboxId} AND twin.message_id = ${messageId} ${content}
    AND twin.id <> ${id} AND twin.decision IS NOT NULL AND twin.verdict <> 'duplicate' AND twin.state <> 'failed'`;
}

export async function findTwin(db: Database, key: MailKey): Promise<Twin> {
  const found = await db.get<{ same: number; id: number }>(
    sql`SELECT EXISTS (${twinsOf(key, "same")}) AS same, EXISTS (${twinsOf(key, "same-id")}) AS id`,
  );
  if (found.same === 1) return "same";
  return found.id === 1 ? "same-id-other-content" : "none";
}

/**
 * Stores a verdict unless there is one, or another mail with this Message-ID was decided since it was looked for: of two
 * deliveries in the same instant one is the mail and the other its duplicate, and of two mails with one id neither hides
 * the other.
 *
 * @param input.twin what the verdict was decided upon
 * @returns false where the mail has to be looked at again
 */
export async function saveDecision(
  db: Database,
  key: MailKey,
  input: { verdict: { code: string; reason: string }; twin: Twin; now: number },
): Promise<boolean> {
  const { verdict, twin, now } = input;
  const others = { none: twinsOf(key, "same-id"), "same-id-other-content": twinsOf(key, "same"), same: null }[twin];
  const rows = await db
    .update(ledger)
    .set({ state: "decided", verdict: verdict.code, reason: verdict.reason, decision: verdict, updatedAt: now })
    .where(and(eq(ledger.id, key.id), sql`decision IS NULL`, others === null ? undefined : sql`NOT EXISTS (${others})`))
    .returning({ id: ledger.id });
  return rows.length > 0;
}

/** Mails of one sender between two times, both included, counted up to `max`; the index holds both. */
export async function countRecentMails(
  db: Database,
  fromAddress: string,
  { from, to, max = RECENT_MAILS_MAX }: { from: number; to: number; max?: number },
): Promise<number> {
  const rows = await db
    .select({ id: ledger.id })
    .from(ledger)
    .where(and(eq(ledger.fromAddress, fromAddress), sql`${ledger.receivedAt} BETWEEN ${from} AND ${to}`))
    .limit(max);
  return rows.length;
}

/** Enough to tell a loop. */
const RECENT_MAILS_MAX = 50;
