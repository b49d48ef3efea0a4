/** Moves of mails to other conversations: the wish, in the mail's ledger row, and all of D1 that follows a mail. */
import { and, asc, eq, sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import type { LedgerRow } from "./ledger.ts";
import { ledger, mailIds, participants } from "./mail-schema.ts";
import { attachments, places } from "./schema.ts";

/** Verdicts that made a message; bounces and reports are about one of ours. */
const MESSAGE_VERDICTS = new Set([
  "form",
  "forwarded",
  "forwarded:unverified",
  "note",
  "outside",
  "token",
  "token:new-person",
  "reference",
  "linked",
  "contact",
  "new",
]);

/** Whether the mail is a message of a conversation, and settled there. */
export function isMovable(row: LedgerRow): row is LedgerRow & { conversationId: string; seq: number } {
  const { seq, conversationId, verdict, retryAt } = row;
  return seq !== null && conversationId !== null && retryAt === null && verdict !== null && MESSAGE_VERDICTS.has(verdict);
}

/** A row whose move is wished for and not done. */
export type MovingRow = LedgerRow & { moveTo: string; conversationId: string; seq: number };

export function isMoving(row: LedgerRow): row is MovingRow {
  return row.moveTo !== null && row.conversationId !== null && row.seq !== null;
}

/** @returns null where the mail is not where the caller has seen it, or is moved by somebody else at this moment */
export async function requestMove(
  db: Database,
  row: LedgerRow,
  move: { to: string; agentId: string; now: number },
): Promise<LedgerRow | null> {
  const rows = await db
    .update(ledger)
    .set({ moveTo: move.to, movedBy: move.agentId, moves: row.moves + 1, updatedAt: move.now })
    .where(
      and(
        eq(ledger.id, row.id),
        eq(ledger.moves, row.moves),
        sql`retry_at IS NULL AND conversation_id = ${row.conversationId} AND seq = ${row.seq}`,
        // One mail at two mailboxes is one message: the other row's move is its move too.
        sql`NOT EXISTS (SELECT 1 FROM ledger AS other WHERE other.move_to IS NOT NULL
          AND (other.id = ${row.id} OR other.message_id = ${row.messageId}))`,
      ),
    )
    .returning();
  return rows[0] ?? null;
}

/** Moves that a crash or a failure has left unfinished; those that were tried last come last. */
export async function listDueMoves(db: Database, limit: number): Promise<LedgerRow[]> {
  return db
    .select()
    .from(ledger)
    .where(sql`move_to IS NOT NULL`)
    .orderBy(asc(ledger.updatedAt))
    .limit(limit);
}

/** Files belong to the conversation that shows their mail (T11). */
export async function moveFiles(db: Database, row: MovingRow, fileIds: readonly string[]): Promise<void> {
  await filesQuery(db, row, fileIds);
}

interface MailsOf {
  conversationId: string;
  /** Their sender. */
  email: string;
}

function isMailOf({ conversationId, email }: MailsOf): SQL {
  return sql`from_address = ${email} AND conversation_id = ${conversationId} AND seq IS NOT NULL AND state = 'applied'`;
}

/** A page of one sender's mails that became messages of a conversation, oldest first. */
export async function listMailsOf(
  db: Database,
  { after, limit, ...mails }: MailsOf & { after: LedgerRow | null; limit: number },
): Promise<LedgerRow[]> {
  const isAfter = after === null ? undefined : sql`(received_at, id) > (${after.receivedAt}, ${after.id})`;
  return db
    .select()
    .from(ledger)
    .where(and(isMailOf(mails), isAfter))
    .orderBy(ledger.receivedAt, ledger.id)
    .limit(limit);
}

/** Whether one of them is still to be moved, or to be tried again. */
export async function hasUnsettledMails(db: Database, mails: MailsOf): Promise<boolean> {
  const rows = await db
    .select({ id: ledger.id })
    .from(ledger)
    .where(and(isMailOf(mails), sql`(move_to IS NOT NULL OR retry_at IS NOT NULL)`))
    .limit(1);
  return rows.length > 0;
}

export interface SettledMove {
  /** The message that the mail is now. */
  seq: number;
  fileIds: readonly string[];
  /** The author, as a participant of a conversation that is not theirs. */
  participant: string | null;
  /** The address of the new place, whose mail it is: its next one follows it. */
  placeOf: string | null;
  now: number;
}

/**
 * Everything that matching goes by follows the mail, in one transaction, unless a later move has begun: its ids, the people
 * it brought, where its contact's next mail goes, its files, and its ledger row.
 */
export async function settleMove(db: Database, row: MovingRow, move: SettledMove): Promise<void> {
  const { conversationId: from, moveTo: to } = row;
  const { seq, fileIds, participant, placeOf, now } = move;
  const rows = sql`IN (SELECT value FROM json_each(${JSON.stringify(await listCopies(db, row))}))`;
  const isCurrent = isCurrentMove(row);
  await db.batch([
    filesQuery(db, row, fileIds),
    db
      .update(participants)
      .set({ conversationId: to })
      .where(sql`conversation_id = ${from} AND ledger_id ${rows} AND ${isCurrent}`),
    db
      .insert(participants)
      .select(sql`SELECT ${to}, ${participant}, ${row.id}, ${now} WHERE ${participant} IS NOT NULL AND ${isCurrent}`)
      .onConflictDoNothing(),
    db
      .update(mailIds)
      .set({ conversationId: to, seq: sql`CASE WHEN seq IS NULL THEN NULL ELSE ${seq} END` })
      .where(sql`ledger_id ${rows} AND ${isCurrent}`),
    db
      .update(places)
      .set({ conversationId: to, updatedAt: now })
      .where(sql`email = ${placeOf} AND conversation_id = ${from} AND ${isCurrent}`),
    db
      .update(ledger)
      .set({
        conversationId: to,
        seq,
        moveTo: null,
        movedFrom: sql`CASE WHEN moved_from = ${to} THEN NULL ELSE ${from} END`,
        movedBy: row.movedBy,
        moves: row.moves,
        updatedAt: now,
      })
      .where(sql`id ${rows} AND ${isCurrent}`),
  ]);
}

/** The rows that are one message: this one, and those of the same mail at our other mailboxes. */
async function listCopies(db: Database, row: MovingRow): Promise<string[]> {
  const others = await db.all<{ id: string }>(sql`SELECT id FROM ledger
    WHERE mailbox_id IN (SELECT id FROM mailboxes) AND message_id = ${row.messageId}
    AND conversation_id = ${row.conversationId} AND seq = ${row.seq}`);
  return [...new Set([row.id, ...others.map(({ id }) => id)])];
}

function filesQuery(db: Database, row: MovingRow, fileIds: readonly string[]) {
  return db
    .update(attachments)
    .set({ conversationId: row.moveTo })
    .where(sql`id IN (SELECT value FROM json_each(${JSON.stringify(fileIds)})) AND ${isCurrentMove(row)}`);
}

function isCurrentMove({ id, moves, moveTo }: MovingRow): SQL {
  return sql`EXISTS (SELECT 1 FROM ledger AS moving WHERE moving.id = ${id} AND moving.moves = ${moves}
    AND moving.move_to = ${moveTo})`;
}
