/** Tries at mails: begun on disk before they begin, ended there when they end, and some of them alone. */
import { and, asc, eq, isNull, lt, lte, ne, or, sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import type { LedgerRow } from "./ledger.ts";
import { ledger, mailAlone } from "./mail-schema.ts";

const ALONE = "alone";

/** For a new row: the try of whoever receives it, unless a mail is being read alone. */
export function firstTry(now: number): { attempts: SQL<number>; tryAt: SQL<number | null> } {
  const isFree = sql`NOT EXISTS (SELECT 1 FROM mail_alone WHERE until > ${now})`;
  return { attempts: sql<number>`${isFree}`, tryAt: sql<number | null>`CASE WHEN ${isFree} THEN ${now} END` };
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

interface Begin {
  now: number;
  /** When somebody else takes it up if nothing is heard of this try. */
  retryAt: number;
  isAlone: boolean;
  /** The try that the row says is going on did end, and could not say so. */
  hasEnded: boolean;
}

/**
 * Begins a try: on disk before it is made, so that a mail which ends the process is known by it.
 *
 * @returns null where somebody else was first, or another mail is being read alone
 */
export async function beginTry(
  db: Database,
  row: LedgerRow,
  { now, retryAt, isAlone, hasEnded }: Begin,
): Promise<LedgerRow | null> {
  const isUnfinished = row.tryAt !== null && !hasEnded;
  const others = isAlone ? ne(mailAlone.ledgerId, row.id) : undefined;
  const taken = db
    .select({ one: sql`1` })
    .from(mailAlone)
    .where(and(sql`${mailAlone.until} > ${now}`, others));
  const rows = await db
    .update(ledger)
    .set({
      attempts: isUnfinished ? row.attempts : row.attempts + 1,
      unfinished: isUnfinished ? row.unfinished + 1 : row.unfinished,
      tryAt: now,
      retryAt,
      asked: null,
    })
    .where(and(isStill(row), sql`NOT EXISTS ${taken}`))
    .returning();
  return rows[0] ?? null;
}

/** Nobody has begun or ended a try of it since it was looked at. */
function isStill({ id, attempts, unfinished, retryAt, tryAt }: LedgerRow): SQL | undefined {
  return and(
    eq(ledger.id, id),
    eq(ledger.attempts, attempts),
    eq(ledger.unfinished, unfinished),
    sql`retry_at = ${retryAt}`,
    sql`try_at IS ${tryAt}`,
  );
}

/**
 * What became of a try. Of two at the same time the first to settle the mail has: what was done with it since (an agent may
 * have moved it) is not undone by the other.
 */
export async function endTry(db: Database, id: string, change: Partial<LedgerRow> & { updatedAt: number }): Promise<void> {
  await db
    .update(ledger)
    .set({ tryAt: null, ...change })
    .where(and(eq(ledger.id, id), sql`retry_at IS NOT NULL`));
}

/** Nobody begins another mail from now on, until then. @returns false where another mail has that already */
export async function claimAlone(
  db: Database,
  ledgerId: string,
  { now, until }: { now: number; until: number },
): Promise<boolean> {
  const rows = await db
    .insert(mailAlone)
    .values({ name: ALONE, ledgerId, begunAt: now, until })
    .onConflictDoUpdate({
      target: mailAlone.name,
      set: { ledgerId, begunAt: now, until },
      setWhere: sql`${mailAlone.until} <= ${now} OR ${mailAlone.ledgerId} = ${ledgerId}`,
    })
    .returning();
  return rows.length > 0;
}

export async function endAlone(db: Database, ledgerId: string): Promise<void> {
  await db.delete(mailAlone).where(eq(mailAlone.ledgerId, ledgerId));
}

/** Whether a try of another mail goes on that was begun since then. */
export async function isAnyOtherTried(db: Database, id: string, since: number): Promise<boolean> {
  const rows = await db
    .select({ id: ledger.id })
    .from(ledger)
    .where(and(sql`retry_at IS NOT NULL`, sql`try_at > ${since}`, ne(ledger.id, id)))
    .limit(1);
  return rows.length > 0;
}

/** A mail that an earlier reader has given up, and that nobody is busy with. */
export async function findGivenUp(db: Database, version: number): Promise<LedgerRow | null> {
  const rows = await db
    .select()
    .from(ledger)
    .where(
      and(
        sql`unfinished >= 2`,
        lt(ledger.readerVersion, version),
        isNull(ledger.retryAt),
        isNull(ledger.moveTo),
        or(eq(ledger.state, "failed"), eq(ledger.isPartial, true)),
      ),
    )
    .limit(1);
  return rows[0] ?? null;
}
