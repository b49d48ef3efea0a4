/** The ledger: every inbound mail and what became of it. */
import { and, desc, eq, lte, sql } from "drizzle-orm";
import type { LedgerEntry } from "../domain/api-shapes.ts";
import type { Database } from "./database.ts";
import { ledger } from "./schema.ts";

export type LedgerRow = typeof ledger.$inferSelect;

/** @returns the row of this very mail for this recipient, and whether it is new */
export async function receiveLedgerRow(db: Database, row: LedgerRow): Promise<{ row: LedgerRow; isNew: boolean }> {
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

export async function findLedgerRow(db: Database, id: string): Promise<LedgerRow | null> {
  return (await db.select().from(ledger).where(eq(ledger.id, id)))[0] ?? null;
}

/** Rows that a crash or a failure has left unfinished. */
export async function listDueLedgerRows(db: Database, now: number, limit: number): Promise<LedgerRow[]> {
  return db
    .select()
    .from(ledger)
    .where(and(sql`retry_at IS NOT NULL`, lte(ledger.retryAt, now)))
    .limit(limit);
}

export async function listLedger(
  db: Database,
  page: { limit: number; after: { at: number; id: string } | null; isAttentionOnly: boolean },
): Promise<{ items: LedgerEntry[]; next: { at: number; id: string } | null }> {
  const rows = await db
    .select()
    .from(ledger)
    .where(
      and(
        // Written out as in the partial index: with bound parameters it could not be used.
        page.isAttentionOnly ? sql`state IN ('quarantined', 'failed')` : undefined,
        page.after === null ? undefined : sql`(${ledger.receivedAt}, ${ledger.id}) < (${page.after.at}, ${page.after.id})`,
      ),
    )
    .orderBy(desc(ledger.receivedAt), desc(ledger.id))
    .limit(page.limit + 1);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(ledgerEntryOf),
    next: rows.length > page.limit && last !== undefined ? { at: last.receivedAt, id: last.id } : null,
  };
}

export function ledgerEntryOf(row: LedgerRow): LedgerEntry {
  return {
    id: row.id,
    receivedAt: row.receivedAt,
    from: row.fromAddress ?? row.envelopeFrom,
    to: row.envelopeTo,
    subject: row.subject,
    state: row.state,
    verdict: row.verdict,
    reason: row.reason,
    conversationId: row.conversationId,
    size: row.size,
  };
}

/** Mails of one sender since a time; the index holds both. */
export async function countRecentMails(db: Database, fromAddress: string, since: number): Promise<number> {
  const rows = await db
    .select({ id: ledger.id })
    .from(ledger)
    .where(and(eq(ledger.fromAddress, fromAddress), sql`${ledger.receivedAt} >= ${since}`))
    .limit(RECENT_MAILS_MAX);
  return rows.length;
}

/** Enough to tell a loop. */
const RECENT_MAILS_MAX = 50;
