/** The index of conversations: a projection of the objects, read by lists in keyset pages. */
import { and, eq, sql, type SQL } from "drizzle-orm";
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

/** Ids of conversations that D1 knows of by any table, in order: a lost row of the index is found by the others, unless the
 * conversation has neither contact nor mail: that one comes back with its next change. */
export async function listIndexedIds(db: Database, after: string, limit: number): Promise<string[]> {
  const rows = await db.all<{ id: unknown }>(sql`
    SELECT id FROM conversations WHERE id > ${after}
    UNION SELECT conversation_id FROM reply_keys WHERE conversation_id > ${after}
    UNION SELECT conversation_id FROM conversation_addresses WHERE conversation_id > ${after}
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

/** One page, newest first. */
export async function listConversations(
  db: Database,
  filter: ConversationFilter,
  page: { limit: number; after: ListPosition | null },
): Promise<{ items: Conversation[]; next: ListPosition | null }> {
  // What is unread is open: who completes has read, and what is unread opens again.
  if (filter.isUnread && filter.status === "complete") return { items: [], next: null };
  const found = await readPage(db, filter, page);
  const rows = found.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(({ item }) => v.parse(itemSchema, item)),
    next: found.length > page.limit && last !== undefined ? { at: last.last_at, id: last.id } : null,
  };
}

interface PageRow {
  id: string;
  last_at: number;
  item: string;
}

/**
 * Rows of a page, and one more where there is a next one. An index is in order within one status and one channel; where
 * a view has several, SQLite merges them as it reads, so a page costs its own rows and one more for each of these.
 */
function readPage(
  db: Database,
  filter: ConversationFilter,
  page: { limit: number; after: ListPosition | null },
): Promise<PageRow[]> {
  const parts = runsOf(filter).map((run) => sql`SELECT id, last_at, item FROM conversations WHERE ${whereOf(filter, run, page)}`);
  return db.all<PageRow>(sql`${sql.join(parts, sql` UNION ALL `)} ORDER BY last_at DESC, id DESC LIMIT ${page.limit + 1}`);
}

type Status = "open" | "complete";
type Channel = "chat" | "email";

/** A part of an index that is in order; null is any. */
interface Run {
  status: Status | null;
  channel: Channel | null;
}

function runsOf(filter: ConversationFilter): Run[] {
  // A contact's are few: they are in order whatever their status and channel.
  if (filter.contactId !== null) return [{ status: null, channel: null }];
  const channels: Channel[] = filter.channel === null ? ["chat", "email"] : [filter.channel];
  const statuses: Status[] = filter.status === "all" ? ["open", "complete"] : [filter.status];
  return filter.isUnread
    ? channels.map((channel) => ({ status: null, channel }))
    : statuses.flatMap((status) => channels.map((channel) => ({ status, channel })));
}

function whereOf(filter: ConversationFilter, run: Run, { after }: { after: ListPosition | null }): SQL | undefined {
  const { contactId, assignee, isUnread } = filter;
  const status = contactId !== null && filter.status !== "all" ? filter.status : run.status;
  const channel = contactId !== null ? filter.channel : run.channel;
  // With a plus no index fits these, and the contact's is taken.
  const is = (column: string) => sql.raw(contactId === null ? column : `+${column}`);
  return and(
    contactId === null ? undefined : sql`contact_id = ${contactId}`,
    status === null ? undefined : sql`${is("status")} = ${status}`,
    channel === null ? undefined : sql`${is("channel")} = ${channel}`,
    assignee === null ? undefined : sql`${is("assignee_id")} IS ${assignee === "none" ? null : assignee}`,
    // Written out, not bound: SQLite takes a partial index only where it can see that the condition holds.
    isUnread ? sql`${is("is_unread")} = 1` : undefined,
    after === null ? undefined : sql`(last_at, id) < (${after.at}, ${after.id})`,
  );
}

/** A row that cannot be read is asked rather than left out. */
function mayHaveVisitor(item: string): boolean {
  const parsed = v.safeParse(itemSchema, item);
  return !parsed.success || parsed.output.hasVisitor;
}

/** Conversations of a contact that are read, and told something, at once. */
const CONTACT_PAGE = 100;

/** All of a contact's conversations, newest first. */
async function* pagesOfContact(db: Database, contactId: string): AsyncGenerator<PageRow[]> {
  const filter = { status: "all", assignee: null, isUnread: false, channel: null, contactId } as const;
  let after: ListPosition | null = null;
  for (;;) {
    const rows: PageRow[] = await readPage(db, filter, { limit: CONTACT_PAGE, after });
    yield rows.slice(0, CONTACT_PAGE);
    const last = rows[CONTACT_PAGE - 1];
    if (rows.length <= CONTACT_PAGE || last === undefined) return;
    after = { at: last.last_at, id: last.id };
  }
}

/** All of a contact's conversations that a visitor can read. */
export async function listChatIdsOf(db: Database, contactId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const rows of pagesOfContact(db, contactId))
    ids.push(...rows.flatMap(({ id, item }) => (mayHaveVisitor(item) ? [id] : [])));
  return ids;
}

/** Ids of all of a contact's conversations, some at a time: they carry a copy of the contact's name and address. */
export async function* pagesOfConversationIds(db: Database, contactId: string): AsyncGenerator<string[]> {
  for await (const rows of pagesOfContact(db, contactId)) yield rows.map(({ id }) => id);
}
