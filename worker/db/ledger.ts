/** The ledger: every inbound mail and what became of it. */
import { and, asc, eq, lte, sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import { ledger } from "./schema.ts";

export type LedgerRow = typeof ledger.$inferSelect;

/** @returns the row of this very mail for this recipient, and whether it is new */
export async function receiveLedgerRow(
  db: Database,
  row: typeof ledger.$inferInsert,
): Promise<{ row: LedgerRow; isNew: boolean }> {
  await db.insert(ledger).values(row).onConflictDoNothing();
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

/**
 * What became of a try. Of two at the same time the first to settle the mail has: what was done with it since (an agent may
 * have moved it) is not undone by the other.
 */
export async function endTry(db: Database, id: string, change: Partial<LedgerRow> & { updatedAt: number }): Promise<void> {
  await db
    .update(ledger)
    .set(change)
    .where(and(eq(ledger.id, id), sql`retry_at IS NOT NULL`));
}

export async function findLedgerRow(db: Database, id: string): Promise<LedgerRow | null> {
  return (await db.select().from(ledger).where(eq(ledger.id, id)))[0] ?? null;
}

/** Rows that a crash or a failure has left unfinished, those that have waited longest first. */
export async function listDueLedgerRows(db: Database, now: number, limit: number): Promise<LedgerRow[]> {
  return db
    .select()
    .from(ledger)
    .where(and(sql`retry_at IS NOT NULL`, lte(ledger.retryAt, now)))
    .orderBy(asc(ledger.retryAt))
    .limit(limit);
}

/**
 * Begins a try: counted before it is made, so that a mail which ends the process does not do so for ever.
 *
 * @param retryAt when somebody else takes it up if nothing is heard of this try
 * @returns null where somebody else was first
 */
export async function beginTry(db: Database, row: LedgerRow, retryAt: number): Promise<LedgerRow | null> {
  const rows = await db
    .update(ledger)
    .set({ attempts: row.attempts + 1, retryAt })
    .where(and(eq(ledger.id, row.id), eq(ledger.attempts, row.attempts), sql`retry_at = ${row.retryAt}`))
    .returning();
  return rows[0] ?? null;
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
