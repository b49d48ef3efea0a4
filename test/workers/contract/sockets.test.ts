import { beforeEach, describe, expect, test, vi } from "vitest";
import { messageSchema } from "../../../durable-objects/conversation/protocol.ts";
import { OWNER, addAgent, freshDeployment, newId, type Deployment } from "../support/deployment.ts";
import { ORIGIN, SITE, call, read, refused } from "../support/http.ts";
import { WAIT, agentSocket, inboxSocket, visitorSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

let deployment: Deployment;
let key: string;

beforeEach(async () => {
  deployment = await freshDeployment();
  ({ key } = deployment.owner);
});

/** A chat with both sides connected and greeted. */
async function connected() {
  const chat = await beginChat();
  const visitor = await visitorSocket(chat.token, { headers: { origin: SITE } });
  visitor.send({ type: "hello", lastSeq: 0 });
  await visitor.next("welcome");
  const agent = await agentSocket({ key }, chat.conversationId, { protocols: ["hilo.v1"] });
  agent.send({ type: "hello", lastSeq: 0 });
  await agent.next("welcome");
  return { ...chat, visitor, agent };
}

describe("the two sides of a conversation", () => {
  test("are welcomed, each in the words that are for them", async () => {
    const { visitor, agent, conversationId: id, message } = await connected();
    expect([visitor.protocol, agent.protocol]).toEqual(["hilo.v1", "hilo.v1"]);
    expect(await visitor.next("welcome")).toEqual({
      type: "welcome",
      conversation: { id, status: "open", hasEmail: false, readSeq: 0, visitorSeenSeq: 1, assignee: null },
      presence: { isVisitorOnline: true, agents: [] },
      messages: [message],
      more: false,
    });
    const welcome = await agent.next("welcome");
    expect(welcome).toMatchObject({ messages: [message], more: false, events: [], drafts: [] });
    expect(welcome.conversation).toMatchObject({ id, contact: null, isVisitorOnline: true, unread: true });
    expect(welcome.presence.isVisitorOnline).toBe(true);
    const shown = { type: "presence", isVisitorOnline: true, agents: [{ name: OWNER.name }] };
    await vi.waitFor(() => expect(visitor.frames).toContainEqual(shown), WAIT);
  });

  test("[S8] hear each other at once; only the sender's copy carries the clientId", async () => {
    const { visitor, agent } = await connected();
    const clientId = newId();
    visitor.send({ type: "send", clientId, text: "question" });
    const own = await visitor.next("message");
    expect(own).toMatchObject({ clientId, message: { seq: 2, author: { kind: "visitor" }, channel: "chat", text: "question" } });
    const told = await agent.next("message");
    expect(told).toEqual({ type: "message", message: { ...own.message, for: told.message.for } });

    const from = visitor.frames.length;
    agent.send({ type: "send", clientId: newId(), text: "answer", channel: "chat" });
    const answer = await visitor.next("message", from);
    expect(answer.message).toMatchObject({ seq: 3, author: { kind: "agent", name: OWNER.name }, text: "answer" });
    expect(answer.message.author).not.toHaveProperty("id");
    expect(answer).not.toHaveProperty("clientId");
    expect(JSON.stringify(visitor.texts)).not.toContain(OWNER.email);
  });

  test("[A2] a repeated clientId is echoed to its sender only, with the first seq", async () => {
    const { visitor, agent } = await connected();
    const clientId = newId();
    visitor.send({ type: "send", clientId, text: "once" });
    const first = await visitor.next("message");
    await agent.next("message");
    const [from, heard] = [visitor.frames.length, agent.frames.length];
    visitor.send({ type: "send", clientId, text: "changed" });
    expect(await visitor.next("message", from)).toEqual(first);
    visitor.send({ type: "send", clientId: newId(), text: "next" });
    expect((await agent.next("message", heard)).message).toMatchObject({ seq: 3, text: "next" });
  });

  test("[A3] who comes back says lastSeq and gets what it missed, paged; notes never reach the visitor", async () => {
    const { token, conversationId: id } = await beginChat();
    for (let n = 2; n <= 121; n += 1)
      await read(messageSchema, { key }, `POST /api/conversations/${id}/messages`, {
        body: { clientId: newId(), channel: n % 40 === 0 ? "note" : "chat", text: `message ${n}` },
        status: 201,
      });
    const socket = await visitorSocket(token);
    socket.send({ type: "hello", lastSeq: 10 });
    await expect.poll(() => socket.frames.some((frame) => "more" in frame && !frame.more)).toBe(true);
    const frames = socket.frames.flatMap((frame) => (frame.type === "welcome" || frame.type === "messages" ? [frame] : []));
    expect(frames.map(({ type, more }) => [type, more])).toEqual([
      ["welcome", true],
      ["messages", true],
      ["messages", false],
    ]);
    const seqs = frames.flatMap(({ messages }) => messages.map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: 111 }, (_, index) => index + 11).filter((seq) => seq % 40 !== 0));
    expect(JSON.stringify(socket.texts)).not.toContain('"note"');
  });

  test("typing, seen and presence travel; ping is answered with pong", async () => {
    const { visitor, agent } = await connected();
    visitor.send({ type: "typing" });
    expect(await agent.next("typing")).toEqual({ type: "typing", author: { kind: "visitor" } });
    agent.send({ type: "typing" });
    expect(await visitor.next("typing")).toEqual({ type: "typing", author: { kind: "agent", name: OWNER.name } });
    agent.send({ type: "seen", seq: 1 });
    expect((await visitor.next("conversation")).conversation.readSeq).toBe(1);
    visitor.send("ping");
    await expect.poll(() => visitor.texts.includes("pong")).toBe(true);
    const from = agent.frames.length;
    visitor.close();
    expect((await agent.next("presence", from)).isVisitorOnline).toBe(false);
  });

  test("what cannot be done is rejected with its reason and changes nothing", async () => {
    const { visitor, agent, conversationId: id } = await connected();
    const clientId = newId();
    visitor.send({ type: "send", clientId, text: "  " });
    expect(await visitor.next("rejected")).toEqual({ type: "rejected", clientId, reason: "empty" });
    agent.send({ type: "send", clientId, text: "x", channel: "email" });
    expect(await agent.next("rejected")).toEqual({ type: "rejected", clientId, reason: "no_address" });
    let from = visitor.frames.length;
    visitor.send({ type: "draft", kind: "reply", text: "x" });
    expect(await visitor.next("rejected", from)).toEqual({ type: "rejected", reason: "not_allowed" });
    from = visitor.frames.length;
    visitor.send({ type: "send", clientId: newId(), text: "x", attachmentIds: [newId()] });
    expect((await visitor.next("rejected", from)).reason).toBe("unknown_attachment");
    expect((await call({ key }, `GET /api/conversations/${id}`)).body).toMatchObject({ messages: [{ seq: 1 }] });
  });

  test("a visitor is always chat, whatever channel their frame names", async () => {
    const { visitor, agent } = await connected();
    visitor.send({ type: "send", clientId: newId(), text: "secret", channel: "note" });
    expect((await agent.next("message")).message).toMatchObject({ channel: "chat", text: "secret" });
  });

  test("a viewer watches and cannot write", async () => {
    const { conversationId: id } = await beginChat();
    const viewer = await addAgent("viewer");
    const socket = await agentSocket({ key: viewer.key }, id);
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    socket.send({ type: "send", clientId: newId(), text: "x", channel: "note" });
    expect((await socket.next("rejected")).reason).toBe("not_allowed");
  });
});

describe("close codes", () => {
  test("4002 after a frame that cannot be read, which is rejected first", async () => {
    for (const bad of ["{", '{"type":"fly"}', '{"type":"send","text":"no id"}', new ArrayBuffer(3), "x".repeat(64_001)]) {
      const { token } = await beginChat();
      const socket = await visitorSocket(token);
      socket.send({ type: "hello", lastSeq: 0 });
      socket.send(bad);
      expect(await socket.end()).toMatchObject({ code: 4002 });
      expect((await socket.next("rejected")).reason).toBe("bad_frame");
    }
  });

  test("4003 for a version that is not spoken, whoever asks, without touching an object", async () => {
    const { token, conversationId } = await beginChat();
    const sockets = [
      await visitorSocket(token, { protocols: ["hilo.v9", `token.${token}`] }),
      await agentSocket({ key }, conversationId, { protocols: ["hilo.v9"] }),
    ];
    for (const socket of sockets) {
      expect(await socket.end()).toMatchObject({ code: 4003 });
      expect(socket.frames).toEqual([{ type: "rejected", reason: "protocol_too_old" }]);
      expect(socket.protocol).toBe("hilo.v9");
    }
    // Agents may offer no version at all.
    const plain = await agentSocket({ key }, conversationId);
    plain.send({ type: "hello", lastSeq: 0 });
    await plain.next("welcome");
    expect(plain.protocol).toBeNull();
  });

  test("4001 for a token that is none, and for a conversation that is none", async () => {
    const bad = await visitorSocket("v1.x.1.-.y");
    expect(await bad.end()).toMatchObject({ code: 4001 });
    expect(bad.frames).toEqual([{ type: "rejected", reason: "not_allowed" }]);
    const none = await visitorSocket("", { protocols: ["hilo.v1"] });
    expect(await none.end()).toMatchObject({ code: 4001 });
    expect(await (await agentSocket({ key }, newId())).end()).toMatchObject({ code: 4001 });
  });

  test("a plain request is 400, no sign-in 401, a bad id 404", async () => {
    const { conversationId } = await beginChat();
    await refused({ key }, `GET /api/conversations/${conversationId}/socket`, [400, "bad_request"]);
    await refused({ key }, "GET /api/inbox/socket", [400, "bad_request"]);
    await refused(null, "GET /widget/socket", [400, "bad_request"]);
    const headers = { upgrade: "websocket" };
    await refused(null, `GET /api/conversations/${conversationId}/socket`, [401, "not_signed_in"], { headers });
    await refused(null, "GET /api/inbox/socket", [401, "not_signed_in"], { headers });
    await refused({ key }, "GET /api/conversations/1/socket", [404, "not_found"], { headers });
  });
});

test("a browser whose session has ended is told so, and does not try for ever", async () => {
  const { conversationId } = await beginChat();
  const ended = { cookie: "better-auth.session_token=ended", origin: ORIGIN };
  expect(await (await agentSocket(ended, conversationId)).end()).toMatchObject({ code: 4001 });
  expect(await (await inboxSocket(ended)).end()).toMatchObject({ code: 4001 });
});

describe("the inbox's socket", () => {
  test("[P9] that is flooded is closed with 4008", async () => {
    const socket = await inboxSocket({ key });
    for (let n = 0; n < 400; n += 1) socket.send({ type: "hello", revision: null });
    expect(await socket.end()).toMatchObject({ code: 4008 });
  });

  test("[S5] welcomes with a revision and tells every change with the next one", async () => {
    const socket = await inboxSocket({ key }, { protocols: ["hilo.v1"] });
    socket.send({ type: "hello", revision: null });
    const { revision, agents } = await socket.next("welcome");
    expect(agents).toEqual([deployment.owner.agent.id]);
    const { conversationId: id } = await beginChat({ text: "new" });
    const changed = await socket.next("changed");
    expect(changed).toMatchObject({ conversation: { id, unread: true, lastMessage: { preview: "new" } } });
    expect(changed.revision).toEqual({ epoch: revision.epoch, n: revision.n + 1 });
    const from = socket.frames.length;
    await call({ key }, `POST /api/conversations/${id}/complete`);
    const next = await socket.next("changed", from);
    expect(next).toMatchObject({ revision: { n: revision.n + 2 }, conversation: { id, status: "complete", unread: false } });
    const again = await inboxSocket({ key });
    again.send({ type: "hello", revision: next.revision });
    expect((await again.next("welcome")).revision).toEqual(next.revision);
  });

  test("[S6] tells who comes and goes: visitors and colleagues", async () => {
    const { token, conversationId } = await beginChat();
    const socket = await inboxSocket({ key });
    socket.send({ type: "hello", revision: null });
    await socket.next("welcome");
    const visitor = await visitorSocket(token);
    visitor.send({ type: "hello", lastSeq: 0 });
    expect(await socket.next("presence")).toEqual({ type: "presence", conversationId, isVisitorOnline: true });
    expect((await call({ key }, "GET /api/conversations")).body).toMatchObject({
      items: [{ id: conversationId, isVisitorOnline: true }],
    });
    let from = socket.frames.length;
    visitor.close();
    expect(await socket.next("presence", from)).toEqual({ type: "presence", conversationId, isVisitorOnline: false });
    from = socket.frames.length;
    const colleague = await addAgent("viewer");
    const theirs = await inboxSocket({ key: colleague.key });
    theirs.send({ type: "hello" });
    expect((await socket.next("presence", from)).agents?.sort()).toEqual([deployment.owner.agent.id, colleague.agent.id].sort());
  });

  test("4002 for what is no hello", async () => {
    for (const bad of ["{", '{"type":"send"}', new ArrayBuffer(1)]) {
      const socket = await inboxSocket({ key });
      socket.send(bad);
      expect(await socket.end()).toMatchObject({ code: 4002 });
      expect(socket.frames).toEqual([{ type: "rejected", reason: "bad_frame" }]);
    }
    expect(await (await inboxSocket({ key }, { protocols: ["hilo.v9"] })).end()).toMatchObject({ code: 4003 });
  });
});
