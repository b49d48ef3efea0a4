/** The index of conversations: a projection of the objects, read by lists in keyset pages. */
import { and, desc, eq, sql, type SQL } from "drizzle-orm";
import * as v from "valibot";
import type { IndexRow } from "../../durable-objects/conversation/ports.ts";
import { conversationSchema, type Conversation } from "../../durable-objects/conversation/protocol.ts";
import type { Database } from "./database.ts";
import { conversations } from "./schema.ts";

/** Written out: it is the one statement that runs with the messages, and building it would cost more than running it. */
const SAVE = `INSERT INTO conversations (id, status, is_unread, assignee_id, contact_id, channel, last_at, revision, item)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET status = excluded.status, is_unread = excluded.is_unread, assignee_id = excluded.assignee_id,
    contact_id = excluded.contact_id, channel = excluded.channel, last_at = excluded.last_at, revision = excluded.revision,
    item = excluded.item
  WHERE conversations.revision < excluded.revision`;

/** Writes the row unless a newer revision is there; safe to repeat. */
export async function saveConversation(db: Database, { item, channel }: IndexRow): Promise<void> {
  const { id, status, unread, assigneeId, contact, lastMessage, createdAt, revision } = item;
  const lastAt = lastMessage?.at ?? createdAt;
  const contactId = contact?.id ?? null;
  await db.$client
    .prepare(SAVE)
    .bind(id, status, unread ? 1 : 0, assigneeId, contactId, channel, lastAt, revision, JSON.stringify(item))
    .run();
}

/** Writes the row whatever revision is there: for mending it from the conversation itself. */
export async function replaceConversation(db: Database, row: IndexRow): Promise<void> {
  await db.delete(conversations).where(eq(conversations.id, row.item.id));
  await saveConversation(db, row);
}

const itemSchema = v.pipe(v.string(), v.parseJson(), conversationSchema);

/** Null where the row is missing or cannot be read. */
export async function loadIndexed(db: Database, id: string): Promise<Conversation | null> {
  const rows = await db.select({ item: conversations.item }).from(conversations).where(eq(conversations.id, id));
  const parsed = v.safeParse(itemSchema, rows[0]?.item);
  return parsed.success ? parsed.output : null;
}

/** Ids of conversations that D1 knows of by any table, in order: a lost row of the index is found by the others. */
export async function listIndexedIds(db: Database, after: string, limit: number): Promise<string[]> {
  const rows = await db.all<{ id: unknown }>(sql`
    SELECT id FROM conversations WHERE id > ${after}
    UNION SELECT conversation_id FROM reply_keys WHERE conversation_id > ${after}
    UNION SELECT conversation_id FROM contact_conversations WHERE conversation_id > ${after}
    UNION SELECT conversation_id FROM participants WHERE conversation_id > ${after}
    ORDER BY 1 LIMIT ${limit}`);
  return rows.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
}

export interface ConversationFilter {
  status: "open" | "complete" | "all";
  /** An agent's id, `none`, or null for everyone's. */
  assignee: string | null;
  isUnread: boolean;
  channel: "chat" | "email" | null;
  contactId: string | null;
}

export interface ListPosition {
  at: number;
  id: string;
}

/**
 * One page, newest first. Every view walks one index in order, so the rows read are those of the page and not of the
 * table; `all` merges the two statuses instead of sorting.
 */
export async function listConversations(
  db: Database,
  filter: ConversationFilter,
  page: { limit: number; after: ListPosition | null },
): Promise<{ items: Conversation[]; next: ListPosition | null }> {
  const statuses = statusesOf(filter);
  const queries = statuses.map((status) => pageQuery(db, { ...filter, status }, page));
  const [first, ...rest] = queries;
  if (first === undefined) return { items: [], next: null };
  const found = (await db.batch([first, ...rest])).flat().sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1));
  const rows = found.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map((row) => v.parse(conversationSchema, JSON.parse(row.item))),
    next: found.length > page.limit && last !== undefined ? { at: last.lastAt, id: last.id } : null,
  };
}

/**
 * Unread and by-contact views have an index of their own, which has both statuses in order. What is unread is open: who
 * completes has read, and what is unread opens again. Naming the status would make SQLite walk all open conversations.
 */
function statusesOf(filter: ConversationFilter): ("open" | "complete" | null)[] {
  if (filter.isUnread && filter.status === "open") return [null];
  if (filter.status !== "all") return [filter.status];
  return filter.isUnread || filter.contactId !== null ? [null] : ["open", "complete"];
}

type StatusFilter = Omit<ConversationFilter, "status"> & { status: "open" | "complete" | null };

function pageQuery(db: Database, filter: StatusFilter, page: { limit: number; after: ListPosition | null }) {
  const where: SQL[] = [];
  if (filter.status !== null) where.push(eq(conversations.status, filter.status));
  // With a plus no index fits: the unread ones are few and in order, an agent's are many and would have to be sorted.
  const assignee = filter.isUnread ? sql`+${conversations.assigneeId}` : conversations.assigneeId;
  if (filter.assignee === "none") where.push(sql`${assignee} IS NULL`);
  else if (filter.assignee !== null) where.push(sql`${assignee} = ${filter.assignee}`);
  // Written out, not bound: SQLite takes a partial index only where it can see that the condition holds.
  if (filter.isUnread) where.push(sql`is_unread = 1`);
  if (filter.channel !== null) where.push(eq(conversations.channel, filter.channel));
  if (filter.contactId !== null) where.push(eq(conversations.contactId, filter.contactId));
  if (page.after !== null) where.push(sql`(${conversations.lastAt}, ${conversations.id}) < (${page.after.at}, ${page.after.id})`);
  return db
    .select({ id: conversations.id, lastAt: conversations.lastAt, item: conversations.item })
    .from(conversations)
    .where(and(...where))
    .orderBy(desc(conversations.lastAt), desc(conversations.id))
    .limit(page.limit + 1);
}

/** A row that cannot be read is asked rather than left out. */
function mayHaveVisitor(item: string): boolean {
  const parsed = v.safeParse(itemSchema, item);
  return !parsed.success || parsed.output.hasVisitor;
}

/** All of a contact's conversations that a visitor can read, page by page in the order of the index. */
export async function listChatIdsOf(db: Database, contactId: string): Promise<string[]> {
  const ids: string[] = [];
  let after: ListPosition | null = null;
  for (;;) {
    const page: { id: string; lastAt: number; item: string }[] = await pageQuery(
      db,
      { status: null, assignee: null, isUnread: false, channel: null, contactId },
      { limit: CONTACT_PAGE, after },
    );
    ids.push(...page.slice(0, CONTACT_PAGE).flatMap(({ id, item }) => (mayHaveVisitor(item) ? [id] : [])));
    const last = page[CONTACT_PAGE - 1];
    if (page.length <= CONTACT_PAGE || last === undefined) return ids;
    after = { at: last.lastAt, id: last.id };
  }
}

const CONTACT_PAGE = 500;

/** Ids of a contact's conversations, newest first: they carry a copy of the contact's name. */
export async function listConversationIdsOf(db: Database, contactId: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: conversations.id })
    .from(conversations)
    .where(eq(conversations.contactId, contactId))
    .orderBy(desc(conversations.lastAt))
    .limit(limit);
  return rows.map((row) => row.id);
}
