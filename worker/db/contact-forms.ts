/** Contact forms: the conversation of each person who writes through one, and senders that look like forms. */
import { and, asc, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { formConversations, formOffers, ledger } from "./mail-schema.ts";

/** Newest mails of a sender that are looked at. */
const LOOKS_MAX = 100;
/** Different people for whom a sender that is no person has written. */
const OTHERS_OF_FORM = 3;

export async function findFormConversation(db: Database, form: string, person: string): Promise<string | null> {
  const rows = await db
    .select({ id: formConversations.conversationId })
    .from(formConversations)
    .where(and(eq(formConversations.form, form), eq(formConversations.person, person)));
  return rows[0]?.id ?? null;
}

/**
 * Says where this person's mails through this form go. The first claim decides: everyone gets the same conversation.
 *
 * @param input.replaces a claimed conversation that has become somebody else's, and gives way
 */
export async function claimFormConversation(
  db: Database,
  input: { form: string; person: string; conversationId: string; replaces: string | null; now: number },
): Promise<string> {
  const { form, person, conversationId, replaces, now } = input;
  await db
    .insert(formConversations)
    .values({ form, person, conversationId, updatedAt: now })
    .onConflictDoUpdate({
      target: [formConversations.form, formConversations.person],
      set: { conversationId, updatedAt: now },
      setWhere: sql`${formConversations.conversationId} = ${replaces}`,
    });
  return (await findFormConversation(db, form, person)) ?? conversationId;
}

/** Mails of one person through one form between two times, both included, among the newest `LOOKS_MAX` of the form. */
export async function countMailsOfPerson(
  db: Database,
  { form, person }: { form: string; person: string },
  { from, to }: { from: number; to: number },
): Promise<number> {
  const found = await db.get<{ n: number }>(sql`SELECT COUNT(*) AS n FROM (SELECT reply_to FROM ledger
    WHERE from_address = ${form} AND received_at BETWEEN ${from} AND ${to}
    ORDER BY received_at DESC LIMIT ${LOOKS_MAX}) WHERE reply_to = ${person}`);
  return found.n;
}

/**
 * Offers to call the sender a form: all that came from it asked for answers elsewhere, for three people or more, and it never
 * answered anything. Safe to repeat; one that was declined is not offered again.
 */
export async function offerForm(db: Database, sender: string, now: number): Promise<void> {
  const mails = await db
    .select({ replyTo: ledger.replyTo, verdict: ledger.verdict })
    .from(ledger)
    .where(and(eq(ledger.fromAddress, sender), sql`state = 'applied'`))
    .orderBy(sql`received_at DESC`)
    .limit(LOOKS_MAX);
  const isPerson = mails.some(({ replyTo, verdict }) => replyTo === null || verdict === "token" || verdict === "reference");
  if (isPerson || new Set(mails.map(({ replyTo }) => replyTo)).size < OTHERS_OF_FORM) return;
  await db.insert(formOffers).values({ address: sender, offeredAt: now, declinedAt: null }).onConflictDoNothing();
}

/** Addresses that are offered to be called forms. */
export async function listFormOffers(db: Database, limit: number): Promise<string[]> {
  const rows = await db
    .select({ address: formOffers.address })
    .from(formOffers)
    .where(sql`declined_at IS NULL`)
    .orderBy(asc(formOffers.offeredAt))
    .limit(limit);
  return rows.map(({ address }) => address);
}

/** Somebody has decided about the address: it is not offered again. */
export async function closeFormOffer(db: Database, address: string, now: number): Promise<void> {
  await db
    .insert(formOffers)
    .values({ address, offeredAt: now, declinedAt: now })
    .onConflictDoUpdate({ target: formOffers.address, set: { declinedAt: now } });
}
