/** What joins a mail to a conversation: Message-IDs, reply keys and participants. */
import { and, eq, inArray, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { mailIds, participants, replyKeys } from "./mail-schema.ts";

/** People of one mail who are kept as participants: as many as it can go to; of an inbound one matching keeps fewer. */
const PARTICIPANTS_MAX = 50;
/** Ids of one mail that are looked up or learnt; D1 binds at most 100 parameters. */
const IDS_MAX = 40;

export type MailIdRow = typeof mailIds.$inferSelect;

/** The newest id that is known for this mailbox decides; ids are given oldest first. */
export async function findByMessageIds(db: Database, mailboxId: string, ids: readonly string[]): Promise<MailIdRow | null> {
  return (await loadMailIds(db, mailboxId, ids))[0] ?? null;
}

/** The newest of these that is a mail of ours, not one that came in; ids are given oldest first. */
export async function findOwnMail(
  db: Database,
  mailboxId: string,
  ids: readonly string[],
): Promise<{ conversationId: string; seq: number; messageId: string } | null> {
  for (const { conversationId, seq, messageId, ledgerId } of await loadMailIds(db, mailboxId, ids))
    if (seq !== null && ledgerId === null) return { conversationId, seq, messageId };
  return null;
}

/** All conversations that these ids lead to, that of the newest first; ids are given oldest first. */
export async function findConversationsByIds(db: Database, mailboxId: string, ids: readonly string[]): Promise<string[]> {
  return [...new Set((await loadMailIds(db, mailboxId, ids)).map(({ conversationId }) => conversationId))];
}

async function loadMailIds(db: Database, mailboxId: string, ids: readonly string[]): Promise<MailIdRow[]> {
  const asked = ids.slice(-IDS_MAX);
  if (asked.length === 0) return [];
  const rows = await db
    .select()
    .from(mailIds)
    .where(and(eq(mailIds.mailboxId, mailboxId), inArray(mailIds.messageId, asked)));
  return rows.sort((a, b) => asked.lastIndexOf(b.messageId) - asked.lastIndexOf(a.messageId));
}

/** A learnt id becomes known in full when its mail comes in; nothing else is ever overwritten. */
export async function saveMailId(db: Database, row: MailIdRow): Promise<void> {
  const { conversationId, seq, contentHash, ledgerId } = row;
  await db
    .insert(mailIds)
    .values(row)
    .onConflictDoUpdate({
      target: [mailIds.mailboxId, mailIds.messageId],
      set: { conversationId, seq, contentHash, ledgerId },
      setWhere: sql`${mailIds.seq} IS NULL`,
    });
}

/** Ids of a proven thread, the most useful first: replies without a token match later (the platform chooses our ids). */
export async function learnMailIds(
  db: Database,
  input: { mailboxId: string; conversationId: string; ledgerId: string; ids: readonly string[]; now: number },
): Promise<void> {
  const { mailboxId, conversationId, ledgerId, now } = input;
  const [first, ...rest] = input.ids.map((messageId) =>
    db
      .insert(mailIds)
      .values({ mailboxId, messageId, conversationId, seq: null, contentHash: null, ledgerId, createdAt: now })
      .onConflictDoNothing(),
  );
  if (first !== undefined) await db.batch([first, ...rest]);
}

export async function saveReplyKey(db: Database, key: string, conversationId: string, now: number): Promise<void> {
  await db.insert(replyKeys).values({ key, conversationId, createdAt: now }).onConflictDoNothing();
}

export async function findReplyKey(db: Database, key: string): Promise<string | null> {
  return (await db.select({ id: replyKeys.conversationId }).from(replyKeys).where(eq(replyKeys.key, key)))[0]?.id ?? null;
}

export async function isParticipant(db: Database, conversationId: string, email: string): Promise<boolean> {
  const rows = await db
    .select({ email: participants.email })
    .from(participants)
    .where(and(eq(participants.conversationId, conversationId), eq(participants.email, email)));
  return rows.length > 0;
}

export async function addParticipants(
  db: Database,
  input: { conversationId: string; ledgerId: string; emails: readonly string[]; now: number },
): Promise<void> {
  const { conversationId, ledgerId, emails, now } = input;
  const [first, ...rest] = emails
    .slice(0, PARTICIPANTS_MAX)
    .map((email) => db.insert(participants).values({ conversationId, email, ledgerId, createdAt: now }).onConflictDoNothing());
  if (first !== undefined) await db.batch([first, ...rest]);
}
