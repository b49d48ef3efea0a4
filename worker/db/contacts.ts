/** The address book: contacts and their addresses. One owner per address. */
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import { canonicalAddress } from "../domain/address.ts";
import type { Contact } from "../domain/api-shapes.ts";
import { withoutDetails } from "../email/subaddress.ts";
import type { Database } from "./database.ts";
import { isOfMailbox } from "./details.ts";
import { contactAddresses, contacts, undeliverableAddresses } from "./schema.ts";

type ContactRow = typeof contacts.$inferSelect;
type AddressRow = Pick<typeof contactAddresses.$inferSelect, "contactId" | "email" | "isProven"> & { markedAt: number | null };

export interface NewContact {
  id: string;
  email: string | null;
  name: string | null;
  /** False for an address that was only typed by a visitor. */
  isProven: boolean;
  attributes?: Record<string, string>;
  now: number;
}

export async function findContact(db: Database, id: string): Promise<Contact | null> {
  return (await loadContacts(db, [id]))[0] ?? null;
}

/** The contact that owns this address. */
export async function findContactByEmail(db: Database, email: string): Promise<ContactRow | null> {
  const rows = await db
    .select({ contact: contacts })
    .from(contactAddresses)
    .innerJoin(contacts, eq(contacts.id, contactAddresses.contactId))
    .where(eq(contactAddresses.email, email));
  return rows[0]?.contact ?? null;
}

/** Whether somebody who has this mailbox is blocked: a `+detail` makes it nobody else's. They may come back under another session. */
export async function isBlockedAddress(db: Database, email: string): Promise<boolean> {
  const rows = await db.all(sql`
    SELECT 1 FROM contact_addresses AS address CROSS JOIN contacts ON contacts.id = address.contact_id
      WHERE ${isOfMailbox("address", sql`${withoutDetails(email)}`)} AND contacts.blocked_at IS NOT NULL LIMIT 1`);
  return rows.length > 0;
}

/** Those of these conversations that have a blocked contact, or in which an address of one's mailbox was typed. */
export async function listBlockedAmong(db: Database, conversationIds: readonly string[]): Promise<string[]> {
  const rows = await db.all<{ id: string }>(sql`
    WITH asked AS (SELECT value AS id FROM json_each(${JSON.stringify(conversationIds)}))
    SELECT asked.id FROM asked CROSS JOIN conversation_addresses AS typed ON typed.conversation_id = asked.id
      CROSS JOIN contact_addresses AS address ON ${isOfMailbox("address", sql`typed.bare_email`)}
      CROSS JOIN contacts ON contacts.id = address.contact_id WHERE contacts.blocked_at IS NOT NULL
    UNION SELECT asked.id FROM asked CROSS JOIN conversations ON conversations.id = asked.id
      CROSS JOIN contacts ON contacts.id = conversations.contact_id WHERE contacts.blocked_at IS NOT NULL`);
  return rows.map(({ id }) => id);
}

/** Of a name, however it is written: `Ángela` is found by `angela`. */
function nameKeyOf(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function namedAs(name: string | null): { name: string | null; nameKey: string | null } {
  return { name, nameKey: name === null ? null : nameKeyOf(name) };
}

/**
 * The owner of the address, made if there is none. Two at the same instant give one contact: the address is the key, and
 * the loser's contact row is taken back in the same batch.
 */
export async function findOrCreateContact(
  db: Database,
  input: NewContact & { email: string },
): Promise<ContactRow & { isNew: boolean }> {
  const known = await findContactByEmail(db, input.email);
  if (known !== null) {
    if (known.name === null && input.name !== null)
      await db.update(contacts).set(namedAs(input.name)).where(eq(contacts.id, known.id));
    return { ...known, name: known.name ?? input.name, isNew: false };
  }
  const { id, email, name, isProven, now } = input;
  await db.batch([
    db
      .insert(contacts)
      .values({ id, email, ...namedAs(name), attributes: input.attributes ?? {}, createdAt: now, updatedAt: now }),
    db.insert(contactAddresses).values({ email, contactId: id, isProven, createdAt: now }).onConflictDoNothing(),
    db
      .delete(contacts)
      .where(sql`${contacts.id} = ${id} AND NOT EXISTS (SELECT 1 FROM contact_addresses WHERE contact_id = ${id})`),
  ]);
  const owner = await findContactByEmail(db, email);
  if (owner === null) throw new Error("an address has no owner after it was claimed");
  return { ...owner, isNew: owner.id === id };
}

export async function insertContact(db: Database, input: NewContact): Promise<void> {
  const { id, email, name, now } = input;
  await db
    .insert(contacts)
    .values({ id, email, ...namedAs(name), attributes: input.attributes ?? {}, createdAt: now, updatedAt: now });
}

/** Gives a contact another address. @returns false where it belongs to somebody else */
export async function addAddress(
  db: Database,
  input: { contactId: string; email: string; isProven: boolean; now: number },
): Promise<boolean> {
  const { contactId, email, isProven, now } = input;
  await db.insert(contactAddresses).values({ email, contactId, isProven, createdAt: now }).onConflictDoNothing();
  const owner = await findContactByEmail(db, email);
  return owner?.id === contactId;
}

export async function updateContact(
  db: Database,
  id: string,
  change: {
    name?: string | null | undefined;
    email?: string | undefined;
    attributes?: Record<string, string> | undefined;
    isBlocked?: boolean | undefined;
    now: number;
  },
): Promise<void> {
  const { name, email, attributes, isBlocked, now } = change;
  await db
    .update(contacts)
    .set({
      ...(name === undefined ? {} : namedAs(name)),
      ...(email === undefined ? {} : { email }),
      ...(attributes === undefined ? {} : { attributes }),
      ...(isBlocked === undefined ? {} : { blockedAt: isBlocked ? now : null }),
      updatedAt: now,
    })
    .where(eq(contacts.id, id));
}

/** A mail with our signed address came from it: whoever writes from there is that person. */
export async function proveAddress(db: Database, email: string): Promise<void> {
  await db.update(contactAddresses).set({ isProven: true }).where(eq(contactAddresses.email, email));
}

export interface ContactsPage {
  limit: number;
  /** The last id of the page before. */
  after: string | null;
  /** The beginning of an address or name. */
  prefix: string | null;
}

/** Oldest first by id; with a prefix, by address and name ranges that indexes answer. */
export async function listContacts(db: Database, page: ContactsPage): Promise<{ items: Contact[]; nextCursor: string | null }> {
  const conditions = [];
  if (page.after !== null) conditions.push(gt(contacts.id, page.after));
  if (page.prefix !== null) conditions.push(inArray(contacts.id, await idsByPrefix(db, page.prefix)));
  const rows = await db
    .select({ id: contacts.id })
    .from(contacts)
    .where(and(...conditions))
    .orderBy(asc(contacts.id))
    .limit(page.limit + 1);
  const ids = rows.slice(0, page.limit).map((row) => row.id);
  const items = await loadContacts(db, ids);
  return { items, nextCursor: rows.length > page.limit ? (ids.at(-1) ?? null) : null };
}

/** Contacts found by a prefix; D1 binds at most 100 parameters. */
const PREFIX_MATCHES_MAX = 45;

async function idsByPrefix(db: Database, prefix: string): Promise<string[]> {
  const key = nameKeyOf(prefix);
  const address = canonicalAddress(prefix);
  const [byEmail, byName] = await db.batch([
    db
      .select({ id: contactAddresses.contactId })
      .from(contactAddresses)
      .where(and(sql`${contactAddresses.email} >= ${address}`, sql`${contactAddresses.email} < ${`${address}\u{10FFFF}`}`))
      .limit(PREFIX_MATCHES_MAX),
    db
      .select({ id: contacts.id })
      .from(contacts)
      .where(and(sql`${contacts.nameKey} >= ${key}`, sql`${contacts.nameKey} < ${`${key}\u{10FFFF}`}`))
      .limit(PREFIX_MATCHES_MAX),
  ]);
  return [...new Set([...byEmail, ...byName].map((row) => row.id))];
}

async function loadContacts(db: Database, ids: string[]): Promise<Contact[]> {
  if (ids.length === 0) return [];
  const rows: ContactRow[] = [];
  const addresses: AddressRow[] = [];
  for (let at = 0; at < ids.length; at += 90) {
    const some = ids.slice(at, at + 90);
    const [contactRows, addressRows] = await db.batch([
      db.select().from(contacts).where(inArray(contacts.id, some)),
      db
        .select({
          contactId: contactAddresses.contactId,
          email: contactAddresses.email,
          isProven: contactAddresses.isProven,
          markedAt: undeliverableAddresses.at,
        })
        .from(contactAddresses)
        .leftJoin(undeliverableAddresses, eq(undeliverableAddresses.email, contactAddresses.email))
        .where(inArray(contactAddresses.contactId, some)),
    ]);
    rows.push(...contactRows);
    addresses.push(...addressRows);
  }
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row === undefined
      ? []
      : [
          contactOf(
            row,
            addresses.filter((address) => address.contactId === id),
          ),
        ];
  });
}

function contactOf(row: ContactRow, addresses: AddressRow[]): Contact {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    addresses: addresses.map((address) => ({
      email: address.email,
      isProven: address.isProven,
      isUndeliverable: address.markedAt !== null,
    })),
    isBlocked: row.blockedAt !== null,
    attributes: row.attributes,
    createdAt: row.createdAt,
  };
}
