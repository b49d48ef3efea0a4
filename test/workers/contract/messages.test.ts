import { beforeEach, describe, expect, test, vi } from "vitest";
import { contactSummarySchema, messageSchema, type Message } from "../../../durable-objects/conversation/protocol.ts";
import { conversationCreatedSchema, conversationPageSchema } from "../../../worker/domain/api-shapes.ts";
import { OWNER, addAgent, freshDeployment, newId, type Deployment } from "../support/deployment.ts";
import { call, read, refused, statusesOf } from "../support/http.ts";
import { holdMail } from "../support/outbound.ts";
import { WAIT } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

let deployment: Deployment;

beforeEach(async () => {
  deployment = await freshDeployment();
  holdMail();
});

const send = async (id: string, body: unknown, options: { status?: number; key?: string } = {}): Promise<Message> =>
  read(messageSchema, { key: options.key ?? deployment.owner.key }, `POST /api/conversations/${id}/messages`, {
    body,
    status: options.status ?? 201,
  });

const open = async (id: string) => read(conversationPageSchema, { key: deployment.owner.key }, `GET /api/conversations/${id}`);

describe("POST /api/conversations/:id/messages", () => {
  test("[S8] answers 201 with the whole message; [A2] the same clientId 200 with the same", async () => {
    const { conversationId: id } = await beginChat();
    const body = { clientId: newId(), channel: "chat", text: "Hello Vera\nhow are you?" };
    const message = await send(id, body);
    const { agent } = deployment.owner;
    expect(message).toEqual({
      seq: 2,
      id: message.id,
      at: message.at,
      author: { kind: "agent", id: agent.id, name: OWNER.name },
      channel: "chat",
      text: "Hello Vera\nhow are you?",
      attachments: [],
      for: { sessions: [expect.any(String)], addresses: [] },
    });
    expect(await send(id, { ...body, text: "another text" }, { status: 200 })).toEqual(message);
    expect((await open(id)).messages.map(({ text }) => text)).toEqual(["Hello, is anyone there?", "Hello Vera\nhow are you?"]);
  });

  test("[A2] two at the same instant with one clientId store one message", async () => {
    const { conversationId: id } = await beginChat();
    const body = { clientId: newId(), channel: "chat", text: "twice" };
    const { key } = deployment.owner;
    const answers = await Promise.all([0, 1].map(() => call({ key }, `POST /api/conversations/${id}/messages`, { body })));
    expect(statusesOf(answers)).toEqual([200, 201]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect((await open(id)).messages).toHaveLength(2);
  });

  test("[A10] another agent with the same clientId says something of their own", async () => {
    const { conversationId: id } = await beginChat();
    const clientId = newId();
    const other = await addAgent("agent");
    const first = await send(id, { clientId, channel: "chat", text: "mine" });
    const second = await send(id, { clientId, channel: "chat", text: "theirs" }, { key: other.key });
    expect([first.seq, second.seq, second.text, second.author.id]).toEqual([2, 3, "theirs", other.agent.id]);
  });

  test("[S21] the first reply owns the conversation, a note does not, and a second reply changes nothing", async () => {
    const { conversationId: id } = await beginChat();
    const other = await addAgent("agent");
    await send(id, { clientId: newId(), channel: "note", text: "internal" });
    expect((await open(id)).conversation.assigneeId).toBeNull();
    await send(id, { clientId: newId(), channel: "chat", text: "hi" }, { key: other.key });
    expect((await open(id)).conversation).toMatchObject({ assigneeId: other.agent.id, unread: false });
    await send(id, { clientId: newId(), channel: "chat", text: "hi again" });
    expect((await open(id)).conversation.assigneeId).toBe(other.agent.id);
  });

  test("409 newer_reply only where another agent's reply is newer than ifLastSeq", async () => {
    const { conversationId: id } = await beginChat();
    const other = await addAgent("agent");
    const { seq } = await send(id, { clientId: newId(), channel: "chat", text: "theirs" }, { key: other.key });
    const { key } = deployment.owner;
    const body = { clientId: newId(), channel: "chat", text: "mine", ifLastSeq: seq - 1 };
    await refused({ key }, `POST /api/conversations/${id}/messages`, [409, "newer_reply"], { body });
    expect((await open(id)).messages).toHaveLength(2);
    // The same agent's own reply is no surprise to them; with the newest seq, or without one, it goes.
    await send(id, { clientId: newId(), channel: "chat", text: "go on", ifLastSeq: 0 }, { key: other.key });
    await send(id, { ...body, ifLastSeq: seq + 1 });
    await send(id, { clientId: newId(), channel: "chat", text: "anyway" });
    // A repeat of a stored one is no new reply.
    await send(id, { ...body, ifLastSeq: 0 }, { status: 200 });
  });

  test("[S10] 422 no_address for an email without one, until an address is given", async () => {
    const { conversationId: id } = await beginChat();
    const { key } = deployment.owner;
    const body = { clientId: newId(), channel: "email", text: "by mail", subject: "Your question" };
    await refused({ key }, `POST /api/conversations/${id}/messages`, [422, "no_address"], { body });
    const contact = await read(contactSummarySchema, { key }, `PUT /api/conversations/${id}/contact`, {
      body: { email: "Vera@Example.TEST", name: "Vera" },
    });
    expect(contact).toEqual({ id: contact.id, name: "Vera", email: "vera@example.test" });
    const message = await send(id, body);
    expect(message).toMatchObject({ channel: "email", subject: "Your question", delivery: { state: "queued" } });
    expect(message.delivery?.to).toEqual(["vera@example.test"]);
  });

  test("422 for nothing to say, for files that are not there, and for malformed bodies", async () => {
    const { conversationId: id } = await beginChat();
    const { key } = deployment.owner;
    const route = `POST /api/conversations/${id}/messages`;
    const body = { clientId: newId(), channel: "chat", text: "x" };
    await refused({ key }, route, [422, "empty"], { body: { ...body, text: " \n " } });
    await refused({ key }, route, [422, "unknown_attachment"], { body: { ...body, attachmentIds: [newId()] } });
    for (const wrong of [
      { clientId: "1" },
      { clientId: "0195f3c8-0000-4000-8000-000000000000" },
      { channel: "sms" },
      { text: "x".repeat(20_001) },
      { text: 5 },
      { attachmentIds: ["x"] },
      { attachmentIds: Array.from({ length: 11 }, () => newId()) },
      { ifLastSeq: -1 },
    ])
      await refused({ key }, route, [422, "invalid"], { body: { ...body, ...wrong } });
    await refused({ key }, route, [400, "bad_request"], { body: "text" });
    expect((await open(id)).messages).toHaveLength(1);
  });

  test("undo takes a queued mail back, and is too late for anything else", async () => {
    deployment = await freshDeployment({ mail: { undoSeconds: 60 } });
    const { key } = deployment.owner;
    const { conversationId: id } = await beginChat({ contact: { email: "vera@example.test" } });
    const mail = await send(id, { clientId: newId(), channel: "email", text: "oops" });
    expect(mail.delivery?.undoUntil).toBe(mail.at + 60_000);
    expect((await call({ key }, `POST /api/conversations/${id}/messages/${mail.seq}/undo`)).status).toBe(204);
    expect((await open(id)).messages.at(-1)?.delivery).toMatchObject({ state: "failed" });
    await refused({ key }, `POST /api/conversations/${id}/messages/${mail.seq}/undo`, [409, "too_late"]);
    await refused({ key }, `POST /api/conversations/${id}/messages/1/undo`, [409, "too_late"]);
    await refused({ key }, `POST /api/conversations/${id}/messages/0/undo`, [404, "not_found"]);
  });
});

const newConversation = () => ({
  clientId: newId(),
  to: { email: "Nora@Example.test", name: "Nora" },
  subject: "Your order",
  text: "Dear Nora, it has left.",
});

describe("POST /api/conversations", () => {
  test("begins a conversation by email: 201 with it, and 200 with the same for a repeat", async () => {
    const { key, agent } = deployment.owner;
    const asked = newConversation();
    const made = await read(conversationCreatedSchema, { key }, "POST /api/conversations", { body: asked, status: 201 });
    expect(made.message).toEqual({
      seq: 1,
      id: made.message.id,
      at: made.message.at,
      author: { kind: "agent", id: agent.id, name: OWNER.name },
      channel: "email",
      text: asked.text,
      subject: "Your order",
      attachments: [],
      for: { sessions: [], addresses: ["nora@example.test"] },
      to: "nora@example.test",
      delivery: { state: "queued", to: ["nora@example.test"] },
    });
    expect(made.conversation).toMatchObject({
      contact: { name: "Nora", email: "nora@example.test" },
      status: "open",
      unread: false,
      assigneeId: agent.id,
      subject: "Your order",
      hasVisitor: false,
    });
    expect(made.id).toBe(made.conversation.id);
    const again = await read(conversationCreatedSchema, { key }, "POST /api/conversations", { body: asked });
    expect([again.id, again.message.id]).toEqual([made.id, made.message.id]);
    await vi.waitFor(async () => expect((await open(made.id)).messages).toHaveLength(1), WAIT);
  });

  test("another agent with the same clientId begins another", async () => {
    const other = await addAgent("agent");
    const asked = newConversation();
    const mine = await read(conversationCreatedSchema, { key: deployment.owner.key }, "POST /api/conversations", {
      body: asked,
      status: 201,
    });
    const theirs = await read(conversationCreatedSchema, { key: other.key }, "POST /api/conversations", {
      body: asked,
      status: 201,
    });
    expect(theirs.id).not.toBe(mine.id);
  });

  test("422 for what cannot be written to", async () => {
    const { key } = deployment.owner;
    for (const wrong of [{ to: { email: "nobody" } }, { subject: " " }, { text: "" }, { clientId: "x" }, { to: {} }])
      await refused({ key }, "POST /api/conversations", [422, "invalid"], { body: { ...newConversation(), ...wrong } });
    await refused({ key }, "POST /api/conversations", [422, "unknown_attachment"], {
      body: { ...newConversation(), attachmentIds: [newId()] },
    });
  });
});
