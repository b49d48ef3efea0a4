import { beforeEach, describe, expect, test } from "vitest";
import { addAgent, freshDeployment, newId, type KeyedAgent } from "../support/deployment.ts";
import { call, refused, statusesOf } from "../support/http.ts";
import { failure, takeMail } from "../support/outbound.ts";
import { visitorSocket } from "../support/socket.ts";
import { deliveredAs, openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let owner: KeyedAgent;
let key: string;

beforeEach(async () => {
  ({ owner } = await freshDeployment());
  ({ key } = owner);
});

describe("[T16] races", () => {
  test("of many first replies one owns the conversation, and all are stored in one order", async () => {
    const { conversationId: id } = await beginChat();
    const agents = [owner, ...(await Promise.all([0, 1, 2, 3].map(() => addAgent("agent"))))];
    const replies = await Promise.all(agents.map((agent) => reply(agent.key, id, { channel: "chat", text: agent.agent.id })));
    expect(replies.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6]);
    const { conversation, messages, events } = await openThread(key, id);
    expect(conversation.assigneeId).toBe(messages[1]?.author.id);
    expect(events.map(({ kind }) => kind)).toEqual(["assigned"]);
  });

  test("of two who answer at once with the send guard, one is told of the other's reply", async () => {
    const { conversationId: id } = await beginChat();
    const other = await addAgent("agent");
    const answers = await Promise.all(
      [key, other.key].map((by) =>
        call({ key: by }, `POST /api/conversations/${id}/messages`, {
          body: { clientId: newId(), channel: "chat", text: "mine", ifLastSeq: 1 },
        }),
      ),
    );
    expect(statusesOf(answers)).toEqual([201, 409]);
    expect((await openThread(key, id)).messages).toHaveLength(2);
  });

  test("read marks carry the seq that was seen and never go back, nor past what exists", async () => {
    const { conversationId: id, token } = await beginChat();
    const socket = await visitorSocket(token);
    socket.send({ type: "hello", lastSeq: 0 });
    socket.send({ type: "send", clientId: newId(), text: "2" });
    socket.send({ type: "send", clientId: newId(), text: "3" });
    await expect.poll(() => socket.frames.filter(({ type }) => type === "message").length).toBe(2);
    const read = async (seq: number) => {
      expect((await call({ key }, `POST /api/conversations/${id}/read`, { body: { seq } })).status).toBe(204);
      const { readSeq, unread } = (await openThread(key, id)).conversation;
      return [readSeq, unread];
    };
    // What came after the message that was on screen stays unread.
    expect(await read(2)).toEqual([2, true]);
    expect(await read(1)).toEqual([2, true]);
    expect(await read(99)).toEqual([3, false]);
    socket.send({ type: "seen", seq: 99 });
    socket.send({ type: "seen", seq: 1 });
    await expect.poll(async () => (await openThread(key, id)).conversation.visitorSeenSeq).toBe(3);
  });

  test("complete and an arriving message: the later of the two decides", async () => {
    const { conversationId: id, token } = await beginChat();
    const socket = await visitorSocket(token);
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    await call({ key }, `POST /api/conversations/${id}/complete`);
    socket.send({ type: "send", clientId: newId(), text: "one more thing" });
    await socket.next("message");
    const { conversation, events } = await openThread(key, id);
    expect([conversation.status, conversation.unread]).toEqual(["open", true]);
    expect(events.map(({ kind }) => kind)).toEqual(["completed", "reopened"]);
    // A note is no message of theirs: it reopens nothing.
    await call({ key }, `POST /api/conversations/${id}/complete`);
    await reply(key, id, { channel: "note" });
    expect((await openThread(key, id)).conversation.status).toBe("complete");
  });

  test("undo after the mail has left, or is leaving, is too late", async () => {
    const gate = { isShut: true };
    const { nth } = takeMail(async () => {
      // Asked again and again: the mail is sent inside an object, which nothing outside of it can resume.
      while (gate.isShut) await scheduler.wait(5);
      return { messageId: "<x@y>" };
    });
    const { conversationId: id } = await beginChat({ contact: { email: "vera@example.test" } });
    const { seq } = await reply(key, id);
    await nth(1);
    await refused({ key }, `POST /api/conversations/${id}/messages/${seq}/undo`, [409, "too_late"]);
    expect((await openThread(key, id)).messages.at(-1)?.delivery?.state).toBe("sending");
    gate.isShut = false;
    await deliveredAs(key, id, { seq, state: "sent" });
    await refused({ key }, `POST /api/conversations/${id}/messages/${seq}/undo`, [409, "too_late"]);
  });

  test("trying a failed mail again twice at once sends it once", async () => {
    takeMail(async () => Promise.reject(failure("E_DELIVERY_FAILED")));
    const { conversationId: id } = await beginChat({ contact: { email: "vera@example.test" } });
    const { seq } = await reply(key, id);
    await deliveredAs(key, id, { seq, state: "failed" });
    const outbound = takeMail();
    await Promise.all([0, 1].map(() => call({ key }, `POST /api/conversations/${id}/messages/${seq}/email`)));
    await deliveredAs(key, id, { seq, state: "sent" });
    expect(outbound.mails).toHaveLength(1);
  });
});

describe("[T17] clocks", () => {
  test("times are the server's, whatever a client's ids and frames say", async () => {
    const before = Date.now();
    const future = newId(before + 400 * 24 * 60 * 60 * 1_000);
    const chat = await beginChat({ clientId: future, text: "from the future" });
    expect(chat.message.at).toBeGreaterThanOrEqual(before);
    expect(chat.message.at).toBeLessThanOrEqual(Date.now());
    const socket = await visitorSocket(chat.token);
    socket.send({ type: "hello", lastSeq: 0 });
    socket.send({ type: "send", clientId: newId(1), text: "from the past", at: 1, seq: 1 });
    const { message } = await socket.next("message");
    expect([message.seq, message.at >= chat.message.at, message.at <= Date.now()]).toEqual([2, true, true]);
  });

  test("[T5] what a client says of itself is not taken: author, id, seq and time of a frame are ours", async () => {
    const { token } = await beginChat();
    const socket = await visitorSocket(token);
    socket.send({ type: "hello", lastSeq: 0 });
    socket.send({
      type: "send",
      clientId: newId(),
      text: "x",
      author: { kind: "agent", id: owner.agent.id, name: "Boss" },
      id: newId(),
    });
    expect((await socket.next("message")).message.author).toEqual({ kind: "visitor" });
  });
});
