/** Every view of the list: what it shows, in which order, and how many rows a page of it reads. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import * as v from "valibot";
import { interceptEnv } from "../../../tools/faults/worker/intercept-env.ts";
import { listConversations, type ConversationFilter } from "../../../worker/db/conversations.ts";
import { openDatabase } from "../../../worker/db/database.ts";

const COUNT = 6_000;
const PAGE = 20;
/** One for each status and channel that is merged, and the one that says whether there is more. */
const ROWS_ABOVE_PAGE_MAX = 5;

interface Row {
  id: string;
  status: "open" | "complete";
  isUnread: boolean;
  assignee: string;
  channel: "chat" | "email";
  contactId: string;
  at: number;
}

const idOf = (kind: string, number: number): string => `01900000-0000-7000-${kind}-${number.toString(16).padStart(12, "0")}`;
const RARE_AGENT = idOf("9000", 99);
const BUSY_AGENT = idOf("9000", 1);
const CONTACT = idOf("a000", 7);

/** Chats are rare, and so is what one agent has: a view of them must not walk over the others. Three have one time each. */
const rows = Array.from({ length: COUNT }, (_, index): Row => {
  const status = index % 3 === 0 ? "complete" : "open";
  return {
    id: idOf("8000", (index * 7919) % COUNT),
    status,
    isUnread: status === "open" && index % 7 === 0,
    assignee: index % 151 === 0 ? RARE_AGENT : index % 2 === 0 ? "none" : BUSY_AGENT,
    channel: index % 101 === 0 ? "chat" : "email",
    contactId: idOf("a000", index % 50),
    at: 1_700_000_000_000 + Math.floor(index / 3) * 1_000,
  };
});
const sorted = rows.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));

const itemOf = ({ id, status, isUnread, assignee, at }: Row) => ({
  id,
  contact: null,
  status,
  unread: isUnread,
  assigneeId: assignee === "none" ? null : assignee,
  lastMessage: null,
  isVisitorOnline: false,
  revision: 1,
  subject: null,
  createdAt: at,
  readSeq: 0,
  visitorSeenSeq: 0,
  hasVisitor: true,
  visitor: null,
});

let rowsRead = 0;
const metaSchema = v.object({ meta: v.object({ rows_read: v.number() }) });
const counted = interceptEnv(env, async (_, call) => {
  const result = await call();
  rowsRead += v.parse(metaSchema, result).meta.rows_read;
  return result;
});
const db = openDatabase(counted.DB);

beforeAll(async () => {
  const insert = env.DB.prepare(
    `INSERT INTO conversations (id, status, is_unread, assignee_id, contact_id, channel, last_at, revision, item)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, 1, value ->> 7 FROM json_each(?)`,
  );
  for (let from = 0; from < COUNT; from += 1_000) {
    const part = rows.slice(from, from + 1_000).map((row) => {
      const assignee = row.assignee === "none" ? null : row.assignee;
      return [
        row.id,
        row.status,
        row.isUnread ? 1 : 0,
        assignee,
        row.contactId,
        row.channel,
        row.at,
        JSON.stringify(itemOf(row)),
      ];
    });
    await insert.bind(JSON.stringify(part)).run();
  }
});

const fits = (row: Row, { status, assignee, isUnread, channel, contactId }: ConversationFilter): boolean =>
  (status === "all" || row.status === status) &&
  (assignee === null || row.assignee === assignee) &&
  (!isUnread || row.isUnread) &&
  (channel === null || row.channel === channel) &&
  (contactId === null || row.contactId === contactId);

const views = (["open", "complete", "all"] as const).flatMap((status) =>
  [null, "none", BUSY_AGENT, RARE_AGENT].flatMap((assignee) =>
    [false, true].flatMap((isUnread) =>
      ([null, "chat", "email"] as const).map((channel) => ({ status, assignee, isUnread, channel, contactId: null })),
    ),
  ),
);
const ofContact: ConversationFilter[] = (["open", "complete", "all"] as const).flatMap((status) =>
  [null, BUSY_AGENT].map((assignee) => ({ status, assignee, isUnread: false, channel: null, contactId: CONTACT })),
);

async function readPage(filter: ConversationFilter, after: { at: number; id: string } | null) {
  rowsRead = 0;
  const { items, next } = await listConversations(db, filter, { limit: PAGE, after });
  return { ids: items.map(({ id }) => id), next, rowsRead };
}

test.each([...views, ...ofContact])(
  "$status, agent $assignee, unread $isUnread, $channel, contact $contactId",
  async (filter) => {
    const expected = sorted.filter((row) => fits(row, filter)).map(({ id }) => id);
    const first = await readPage(filter, null);
    expect(first.ids).toEqual(expected.slice(0, PAGE));
    expect(first.next === null).toBe(expected.length <= PAGE);
    const deep = Math.max(0, Math.floor(expected.length / 2) - 1);
    const last = sorted.find(({ id }) => id === expected[deep]);
    const second = await readPage(filter, last === undefined ? null : { at: last.at, id: last.id });
    expect(second.ids).toEqual(expected.slice(deep + (last === undefined ? 0 : 1), deep + 1 + PAGE));
    // A contact's are few: looking for those of one status among them may read them all.
    if (filter.contactId !== null && (filter.status !== "all" || filter.assignee !== null)) return;
    expect(first.rowsRead).toBeLessThanOrEqual(PAGE + ROWS_ABOVE_PAGE_MAX);
    expect(second.rowsRead).toBeLessThanOrEqual(PAGE + ROWS_ABOVE_PAGE_MAX);
  },
);
