/** Where an address's next mail goes, and which conversations have or had an address. */
import { and, asc, desc, eq, ne, sql } from "drizzle-orm";
import { withoutDetails } from "../email/subaddress.ts";
import type { Database } from "./database.ts";
import { isOfMailbox } from "./details.ts";
import { conversationAddresses, places } from "./schema.ts";

/** Conversations of one address that are looked at. */
const LOOKS_MAX = 10;

export interface Addressed {
  conversationId: string;
  isChat: boolean;
}

/** The place of an address, and the conversations that have or had it: those that began by mail first, newest first. */
export async function findPlaceOf(db: Database, email: string): Promise<{ conversationId: string | null; others: Addressed[] }> {
  const [claimed, others] = await db.batch([
    db.select({ id: places.conversationId }).from(places).where(eq(places.email, email)),
    db
      .select({ conversationId: conversationAddresses.conversationId, isChat: conversationAddresses.isChat })
      .from(conversationAddresses)
      .where(eq(conversationAddresses.email, email))
      .orderBy(asc(conversationAddresses.isChat), desc(conversationAddresses.at))
      .limit(LOOKS_MAX),
  ]);
  return { conversationId: claimed[0]?.id ?? null, others };
}

/**
 * The first to claim decides: everyone gets the same conversation.
 *
 * @param input.replaces a claimed conversation that may not be joined any more, and gives way
 */
export async function claimPlace(
  db: Database,
  input: { email: string; conversationId: string; replaces: string | null; now: number },
): Promise<string> {
  const { email, conversationId, replaces, now } = input;
  await db
    .insert(places)
    .values({ email, conversationId, updatedAt: now })
    .onConflictDoUpdate({
      target: places.email,
      set: { conversationId, updatedAt: now },
      setWhere: sql`${places.conversationId} = ${replaces}`,
    });
  return (await findPlaceOf(db, email)).conversationId ?? conversationId;
}

/** From now on this address's mails go there, whatever they did before. */
export async function setPlace(db: Database, input: { email: string; conversationId: string; now: number }): Promise<void> {
  const { email, conversationId, now } = input;
  await db
    .insert(places)
    .values({ email, conversationId, updatedAt: now })
    .onConflictDoUpdate({ target: places.email, set: { conversationId, updatedAt: now } });
}

/** Notes that a conversation has an address. @returns whether another one has, or had, it */
export async function noteAddress(
  db: Database,
  input: { email: string; conversationId: string; isChat: boolean; now: number },
): Promise<boolean> {
  const { email, conversationId, isChat, now } = input;
  const [, others] = await db.batch([
    db.insert(conversationAddresses).values({ email, conversationId, isChat, at: now }).onConflictDoNothing(),
    db
      .select({ id: conversationAddresses.conversationId })
      .from(conversationAddresses)
      .where(and(eq(conversationAddresses.email, email), ne(conversationAddresses.conversationId, conversationId)))
      .limit(1),
  ]);
  return others.length > 0;
}

/** Chats that are told of one person, at most: each is a call. */
const CHATS_MAX = 200;

/** Chats in which one of these mailboxes was typed, with whatever `+detail`; newest first. */
export async function listChatsWith(db: Database, emails: readonly string[]): Promise<string[]> {
  const mailboxes = [...new Set(emails.map(withoutDetails))];
  const rows = await db.all<{ id: string }>(sql`
    WITH mailboxes AS (SELECT value AS email FROM json_each(${JSON.stringify(mailboxes)}))
    SELECT typed.conversation_id AS id FROM mailboxes
      CROSS JOIN conversation_addresses AS typed ON ${isOfMailbox("typed", sql`mailboxes.email`)}
      WHERE typed.is_chat = 1 GROUP BY typed.conversation_id ORDER BY MAX(typed.at) DESC LIMIT ${CHATS_MAX}`);
  return rows.map(({ id }) => id);
}
