import { beforeEach, describe, expect, test, vi } from "vitest";
import type * as v from "valibot";
import { conversationSchema, messageSchema, type Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { conversationPageSchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { addAgent, freshDeployment, newId, type Deployment } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { WAIT } from "../support/socket.ts";
import { addressNoted } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const listSchema = pageOf(conversationSchema);
let deployment: Deployment;

beforeEach(async () => {
  deployment = await freshDeployment();
});

const list = async (query = "", key = deployment.owner.key) => read(listSchema, { key }, `GET /api/conversations${query}`);

/** The list is a projection: it catches up. */
async function listed(query: string, ids: string[]): Promise<Conversation[]> {
  return vi.waitFor(async () => {
    const { items } = await list(query);
    expect(items.map(({ id }) => id)).toEqual(ids);
    return items;
  }, WAIT);
}

describe("GET /api/conversations", () => {
  test("lists what visitors wrote, newest first, with the documented fields", async () => {
    const first = await beginChat({ text: "  The first\nline ", page: "https://shop.example/cart", locale: "es-MX" });
    const second = await beginChat({ text: "second", contact: { email: "Vera@Example.test", name: "Vera" } });
    await addressNoted(second.conversationId, "vera@example.test");
    const [b, a] = await listed("", [second.conversationId, first.conversationId]);
    expect(a).toEqual({
      id: first.conversationId,
      contact: null,
      status: "open",
      unread: true,
      assigneeId: null,
      lastMessage: { seq: 1, at: first.message.at, author: { kind: "visitor" }, channel: "chat", preview: "The first line" },
      channel: "chat",
      isVisitorOnline: false,
      revision: a?.revision,
      subject: null,
      createdAt: a?.createdAt,
      readSeq: 0,
      visitorSeenSeq: 1,
      hasVisitor: true,
      address: null,
      unconfirmedMail: null,
      visitor: { page: "https://shop.example/cart", locale: "es-MX" },
    });
    // What a visitor types makes no contact (T20).
    expect(b).toMatchObject({
      contact: null,
      address: { email: "vera@example.test", level: "typed", claimed: null },
      visitor: { name: "Vera" },
    });
  });

  test("pages by cursor, without repeats or gaps, through both statuses", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.unshift((await beginChat({ text: `chat ${n}` })).conversationId);
    const { key } = deployment.owner;
    for (const id of ids.filter((_, index) => index % 3 === 0)) await call({ key }, `POST /api/conversations/${id}/complete`);
    const all = await vi.waitFor(async () => {
      const { items } = await list("?status=all");
      expect(items.map(({ id }) => id).sort()).toEqual([...ids].sort());
      return items.map(({ id }) => id);
    }, WAIT);
    const paged: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: v.InferOutput<typeof listSchema> = await list(`?status=all&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });

  test("refuses queries that mean nothing", async () => {
    const { key } = deployment.owner;
    for (const query of [
      "limit=0",
      "limit=101",
      "limit=x",
      "status=done",
      "assignee=bob",
      "unread=false",
      "channel=note",
      "cursor=?",
    ])
      await refused({ key }, `GET /api/conversations?${query}`, [422, "invalid"]);
  });

  test("filters by status, assignee, unread and channel", async () => {
    const { key, agent } = deployment.owner;
    const other = await addAgent("agent");
    const mine = (await beginChat()).conversationId;
    const theirs = (await beginChat()).conversationId;
    const done = (await beginChat()).conversationId;
    const mailed = (await beginChat({ contact: { email: "vera@example.test" } })).conversationId;
    await call({ key }, `POST /api/conversations/${mine}/assign`, { body: { agentId: agent.id } });
    await call({ key }, `POST /api/conversations/${theirs}/assign`, { body: { agentId: other.agent.id } });
    await call({ key }, `POST /api/conversations/${done}/complete`);
    await call({ key }, `POST /api/conversations/${theirs}/read`);
    const mail = { clientId: newId(), channel: "email", text: "By mail" };
    expect((await call({ key: other.key }, `POST /api/conversations/${mailed}/messages`, { body: mail })).status).toBe(201);

    const ids = async (query: string, as = key) => new Set((await list(query, as)).items.map(({ id }) => id));
    await vi.waitFor(async () => expect(await ids("?channel=email")).toEqual(new Set([mailed])), WAIT);
    expect(await ids("")).toEqual(new Set([mine, theirs, mailed]));
    expect(await ids("?status=open")).toEqual(new Set([mine, theirs, mailed]));
    expect(await ids("?status=complete")).toEqual(new Set([done]));
    expect(await ids("?status=all")).toEqual(new Set([mine, theirs, mailed, done]));
    expect(await ids("?assignee=me")).toEqual(new Set([mine]));
    expect(await ids("?assignee=me", other.key)).toEqual(new Set([theirs, mailed]));
    expect(await ids(`?assignee=${other.agent.id}`)).toEqual(new Set([theirs, mailed]));
    expect(await ids("?assignee=none&status=all")).toEqual(new Set([done]));
    expect(await ids("?unread=true")).toEqual(new Set([mine]));
    expect(await ids("?channel=chat&status=all")).toEqual(new Set([mine, theirs, done]));
    expect(await ids("?assignee=me&unread=true&status=all&channel=chat")).toEqual(new Set([mine]));
  });
});

describe("one conversation", () => {
  test("GET answers the newest messages, ascending, and /messages the older ones", async () => {
    const { key } = deployment.owner;
    const { conversationId: id } = await beginChat({ text: "1" });
    for (let n = 2; n <= 56; n += 1)
      await call({ key }, `POST /api/conversations/${id}/messages`, {
        body: { clientId: newId(), channel: "chat", text: String(n) },
      });
    const page = await read(conversationPageSchema, { key }, `GET /api/conversations/${id}`);
    expect(page.messages.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 7)));
    expect([page.hasOlder, page.contact, page.conversation.id]).toEqual([true, null, id]);

    const messages = async (query: string) => {
      const { items, nextCursor } = await read(pageOf(messageSchema), { key }, `GET /api/conversations/${id}/messages${query}`);
      return { seqs: items.map(({ seq }) => seq), nextCursor };
    };
    expect(await messages("?limit=3")).toEqual({ seqs: [54, 55, 56], nextCursor: "54" });
    expect(await messages("?limit=3&before=54")).toEqual({ seqs: [51, 52, 53], nextCursor: "51" });
    expect(await messages("?limit=5&before=4")).toEqual({ seqs: [1, 2, 3], nextCursor: null });
    expect(await messages("?before=1")).toEqual({ seqs: [], nextCursor: null });
    expect((await messages("")).seqs).toHaveLength(50);
    for (const query of ["limit=0", "limit=101", "before=-1", "before=x"])
      await refused({ key }, `GET /api/conversations/${id}/messages?${query}`, [422, "invalid"]);
  });

  test("[S2] [S15] [S21] read, complete, reopen and assign answer 204 and show", async () => {
    const { key, agent } = deployment.owner;
    const { conversationId: id } = await beginChat();
    const act = async (path: string, body?: unknown) => {
      const answer = await call({ key }, `POST /api/conversations/${id}/${path}`, { body });
      expect([answer.status, answer.body]).toEqual([204, null]);
      return (await read(conversationPageSchema, { key }, `GET /api/conversations/${id}`)).conversation;
    };
    expect(await act("read")).toMatchObject({ unread: false, readSeq: 1 });
    expect(await act("complete")).toMatchObject({ status: "complete" });
    expect(await act("complete")).toMatchObject({ status: "complete" });
    expect(await act("reopen")).toMatchObject({ status: "open" });
    expect(await act("assign", { agentId: agent.id })).toMatchObject({ assigneeId: agent.id });
    expect(await act("assign", { agentId: null })).toMatchObject({ assigneeId: null });
    const { events } = await read(conversationPageSchema, { key }, `GET /api/conversations/${id}`);
    expect(events.map(({ kind, actor }) => [kind, actor.id])).toEqual(
      ["completed", "reopened", "assigned", "unassigned"].map((kind) => [kind, agent.id]),
    );
  });

  test("assigning to nobody who can answer is 422", async () => {
    const { key } = deployment.owner;
    const { conversationId: id } = await beginChat();
    const viewer = await addAgent("viewer");
    for (const agentId of [viewer.agent.id, newId(), "bob", undefined])
      await refused({ key }, `POST /api/conversations/${id}/assign`, [422, "invalid"], { body: { agentId } });
  });

  test("[S19] is never deleted: 405", async () => {
    const { key } = deployment.owner;
    const { conversationId: id } = await beginChat();
    await refused({ key }, `DELETE /api/conversations/${id}`, [405, "method_not_allowed"]);
    expect((await call({ key }, `GET /api/conversations/${id}`)).status).toBe(200);
  });

  test("an unknown one is 404 everywhere, and an id that is none too", async () => {
    const { key } = deployment.owner;
    for (const id of [newId(), "not-an-id"]) {
      for (const route of [
        `GET /api/conversations/${id}`,
        `GET /api/conversations/${id}/messages`,
        `POST /api/conversations/${id}/read`,
        `POST /api/conversations/${id}/complete`,
        `POST /api/conversations/${id}/reopen`,
        `POST /api/conversations/${id}/transcript`,
        `POST /api/conversations/${id}/messages/1/email`,
        `POST /api/conversations/${id}/messages/1/undo`,
      ])
        await refused({ key }, route, [404, "not_found"]);
      await refused({ key }, `POST /api/conversations/${id}/assign`, [404, "not_found"], { body: { agentId: null } });
      await refused({ key }, `PUT /api/conversations/${id}/contact`, [404, "not_found"], { body: { email: "a@b.test" } });
      await refused({ key }, `POST /api/conversations/${id}/messages`, [404, "not_found"], {
        body: { clientId: newId(), channel: "chat", text: "x" },
      });
    }
  });
});
