/** The ledger as people look through it: pages, search, and how much waits for somebody. Rows read are bounded. */
import { and, desc, eq, inArray, sql, type SQL } from "drizzle-orm";
import type { LedgerEntry } from "../domain/api-shapes.ts";
import { assertNever } from "../domain/assert-never.ts";
import { matchesLedgerSearch } from "../domain/ledger-search.ts";
import type { Database } from "./database.ts";
import type { LedgerRow } from "./ledger.ts";
import { isMovable } from "./mail-moves.ts";
import { ledger } from "./mail-schema.ts";

/** Mails that one request of a search looks through; the next page goes on where it ended. */
export const SEARCH_ROWS_MAX = 1_000;
/** Mails that wait for a person are counted up to here. */
export const ATTENTION_COUNT_MAX = 100;

export type LedgerView = "attention" | "quarantined" | "filtered" | "braked";

interface Position {
  at: number;
  id: string;
}

interface PageInput {
  limit: number;
  after: Position | null;
  view: LedgerView | null;
}

interface LedgerPage {
  items: LedgerEntry[];
  next: Position | null;
}

/** Written out as in the partial indexes: with bound parameters they could not be used. */
const VIEWS: Readonly<Record<LedgerView, SQL>> = {
  attention: sql`state IN ('quarantined', 'failed')`,
  quarantined: sql`state IN ('quarantined', 'failed') AND state = 'quarantined'`,
  filtered: sql`state = 'filtered'`,
  braked: sql`state = 'filtered' AND verdict = 'filtered:brake'`,
};

/** Newest first. */
export async function listLedger(db: Database, page: PageInput): Promise<LedgerPage> {
  return readPage(db, page, undefined);
}

/** All mails of one sender, whatever their age: an index has them in order. */
export async function listLedgerOfSender(db: Database, page: PageInput & { sender: string }): Promise<LedgerPage> {
  // With a plus the index of a view does not fit: those of one sender are the fewer.
  const view = page.view === null ? undefined : theirsIn(page.view);
  return readPage(db, { ...page, view: null }, and(eq(ledger.fromAddress, page.sender), view));
}

async function readPage(db: Database, { limit, after, view }: PageInput, filter: SQL | undefined): Promise<LedgerPage> {
  const rows = await db
    .select()
    .from(ledger)
    .where(and(view === null ? undefined : VIEWS[view], filter, isOlder(after)))
    .orderBy(desc(ledger.receivedAt), desc(ledger.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(ledgerEntryOf),
    next: rows.length > limit && last !== undefined ? { at: last.receivedAt, id: last.id } : null,
  };
}

/**
 * Mails whose subject or addresses contain `text`, among the next `SEARCH_ROWS_MAX` of the view. A page may be short, or
 * empty, and still have a next one.
 */
export async function searchLedger(db: Database, page: PageInput & { text: string }): Promise<LedgerPage> {
  const rows = await db
    .select({
      id: ledger.id,
      at: ledger.receivedAt,
      subject: ledger.subject,
      from: ledger.fromAddress,
      envelopeFrom: ledger.envelopeFrom,
      to: ledger.envelopeTo,
    })
    .from(ledger)
    .where(and(page.view === null ? undefined : VIEWS[page.view], isOlder(page.after)))
    .orderBy(desc(ledger.receivedAt), desc(ledger.id))
    .limit(SEARCH_ROWS_MAX);
  const found = rows.filter(({ subject, from, envelopeFrom, to }) =>
    matchesLedgerSearch([subject ?? "", from ?? envelopeFrom, to], page.text),
  );
  const shown = found.slice(0, page.limit);
  const isCut = found.length > page.limit;
  const last = isCut ? shown.at(-1) : rows.at(-1);
  return {
    items: await loadEntries(
      db,
      shown.map(({ id }) => id),
    ),
    next: (isCut || rows.length === SEARCH_ROWS_MAX) && last !== undefined ? { at: last.at, id: last.id } : null,
  };
}

/** How many mails wait for a person, `ATTENTION_COUNT_MAX` at most. */
export async function countAttention(db: Database): Promise<number> {
  const rows = await db.select({ id: ledger.id }).from(ledger).where(VIEWS.attention).limit(ATTENTION_COUNT_MAX);
  return rows.length;
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
    // Until there is a message, it is only where one will be.
    conversationId: row.seq === null ? null : row.conversationId,
    isMovable: isMovable(row),
    movingTo: row.moveTo,
    movedFrom: row.movedFrom,
    size: row.size,
  };
}

function isOlder(after: Position | null): SQL | undefined {
  return after === null ? undefined : sql`(${ledger.receivedAt}, ${ledger.id}) < (${after.at}, ${after.id})`;
}

function theirsIn(view: LedgerView): SQL {
  switch (view) {
    case "attention":
      return sql`+state IN ('quarantined', 'failed')`;
    case "quarantined":
    case "filtered":
      return sql`+state = ${view}`;
    case "braked":
      return sql`+state = 'filtered' AND +verdict = 'filtered:brake'`;
    default:
      return assertNever(view);
  }
}

async function loadEntries(db: Database, ids: string[]): Promise<LedgerEntry[]> {
  if (ids.length === 0) return [];
  const rows = await db.select().from(ledger).where(inArray(ledger.id, ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row === undefined ? [] : [ledgerEntryOf(row)];
  });
}
