/** What is acknowledged is stored (A1), once (A2), under its sender's name (A10). */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { openedState } from "../../../durable-objects/conversation/intake.ts";
import { MessageLog } from "../../../durable-objects/conversation/message-log.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { aMail, aMessage } from "../../support/conversation-builders.ts";
import {
  ANA,
  AUTHOR_ANA,
  BEN,
  VISITOR,
  begin,
  crash,
  freshStorage,
  join,
  openRequest,
  send,
  sendAnswer,
  seqsOf,
  settle,
  storedMessages,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";

beforeEach(freshStorage);

describe("stored, then acknowledged", () => {
  test("[A1] [P5] the message is on disk when its acknowledgement comes, and after a crash right then", async () => {
    const { id, stub, first } = await begin();
    const visitor = await join(stub, VISITOR);
    const clientId = newId();
    visitor.send({ type: "send", clientId, text: "Kept?" });
    const { message, clientId: echoed } = await visitor.next("message");
    const after = await crash(id);
    expect(echoed).toBe(clientId);
    // Whom it is for is told to agents alone.
    expect(await storedMessages(after)).toEqual([first, { ...message, for: { sessions: [id], addresses: [] } }]);
  });

  test("[A1] the first message, answered over HTTP, survives a crash right then", async () => {
    const { id, first } = await begin({ text: "First" });
    const view = await (await crash(id)).view("agent", 50);
    expect(view?.messages).toEqual([first]);
    expect(view?.conversation).toMatchObject({
      id,
      status: "open",
      unread: true,
      revision: 1,
      lastMessage: { preview: "First" },
    });
  });

  test("[A1] what cannot be stored is not acknowledged, and nobody hears of it", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    });
    const clientId = newId();
    visitor.send({ type: "send", clientId, text: "Lost?" });
    expect(await visitor.next("rejected")).toEqual({ type: "rejected", reason: "try_again", clientId });
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("DROP TRIGGER full");
    });
    visitor.send({ type: "send", clientId, text: "Lost?" });
    expect(await visitor.next("message")).toMatchObject({ clientId, message: { seq: 2, text: "Lost?" } });
    await settle(ana);
    expect(seqsOf(ana)).toEqual([1, 2]);
  });

  test("[A1] a first write that fails does not keep the conversation from beginning", async () => {
    const open = openRequest();
    const stub = conversationStub(env, open.id);
    await runInDurableObject(stub, (_, { storage }) => {
      const log = new MessageLog(storage);
      const state = openedState(open, 1);
      const insert = { kind: "insert", key: "same", message: aMessage({ seq: 1 }) } as const;
      expect(() => log.store([{ kind: "state", state }, insert, insert])).toThrow("UNIQUE");
      expect(log.loadState()).toBeNull();
      log.store([{ kind: "state", state }, insert]);
      expect([log.loadState(), log.after(0, 10)]).toEqual([state, [insert.message]]);
    });
  });

  test("[C2] a first message that is refused begins nothing", async () => {
    const open = openRequest({ capture: { email: "ana@customer.test" } });
    const stub = conversationStub(env, open.id);
    expect(await sendAnswer(stub, { open, text: "  " })).toEqual({ kind: "rejected", reason: "empty" });
    expect(await stub.view("agent", 50)).toBeNull();
    const tables = await runInDurableObject(stub, async (_, { storage }) => [
      await storage.getAlarm(),
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('state', 'messages')").toArray(),
    ]);
    expect(tables).toEqual([null, []]);
  });
});

describe("sent again", () => {
  test("[A2] [P5] a repeated clientId is echoed to its sender only, with the first seq", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    const clientId = newId();
    visitor.send({ type: "send", clientId, text: "Once" });
    const first = await visitor.next("message");
    const from = visitor.frames.length;
    visitor.send({ type: "send", clientId, text: "Once, with other words" });
    expect(await visitor.next("message", from)).toEqual(first);
    await settle(ana);
    expect(seqsOf(ana)).toEqual([1, 2]);
    expect((await storedMessages(stub)).map(({ text }) => text)).toEqual(["Hello", "Once"]);
  });

  test("[A2] the same after an eviction, from another socket and over HTTP", async () => {
    const { id, stub } = await begin();
    const clientId = newId();
    const message = await send(stub, { clientId, author: AUTHOR_ANA });
    await evictDurableObject(stub);
    const ana = await join(stub, ANA, 2);
    ana.send({ type: "send", clientId, text: "Hello" });
    expect(await ana.next("message")).toEqual({ type: "message", message, clientId });
    await evictDurableObject(stub);
    expect(await sendAnswer(stub, { clientId, author: AUTHOR_ANA })).toEqual({
      kind: "repeated",
      message,
      session: { id, generation: 1, isRefused: false },
    });
    expect(await storedMessages(stub)).toHaveLength(2);
  });

  test("[A2] sent twice at the same instant, stored once", async () => {
    const { stub } = await begin();
    const clientId = newId();
    const answers = await Promise.all([1, 2, 3].map(async () => sendAnswer(stub, { clientId, author: AUTHOR_ANA })));
    expect(answers.map(({ kind }) => kind).sort()).toEqual(["repeated", "repeated", "stored"]);
    expect(await storedMessages(stub)).toHaveLength(2);
  });

  test("[A2] a mail with the same Message-ID is the same message, a forwarder's note of it another", async () => {
    const open = openRequest({ hasVisitor: false });
    const stub = conversationStub(env, open.id);
    const mail = aMail({ open });
    const first = await stub.receiveMail(mail);
    await evictDurableObject(stub);
    const again = await stub.receiveMail({ ...mail, text: "It is on fire. (with another footer)" });
    const note = await stub.receiveMail({ ...mail, channel: "note", author: AUTHOR_ANA, text: "Please look" });
    const forger = await stub.receiveMail({ ...mail, messageId: "one@customer.test:note" });
    expect([first.seq, again.seq, note.seq, forger.seq]).toEqual([1, 1, 2, 3]);
  });
});

describe("whose message it is", () => {
  test("[A10] [A16] a frame's own author, seq, time and readers are ignored", async () => {
    const { id, stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    visitor.send({
      type: "send",
      clientId: newId(),
      text: "I am Ana",
      channel: "note",
      author: { kind: "agent", id: ANA.agentId, name: "Ana" },
      seq: 99,
      at: 1,
      message: { seq: 99 },
      for: { sessions: ["another"], addresses: ["victim@customer.test"] },
    });
    const { message } = await ana.next("message");
    expect(message).toEqual({
      seq: 2,
      id: expect.any(String),
      at: expect.any(Number),
      author: { kind: "visitor" },
      channel: "chat",
      text: "I am Ana",
      attachments: [],
      for: { sessions: [id], addresses: [] },
    });
    expect(Math.abs(message.at - Date.now())).toBeLessThan(60_000);
  });

  test("[A10] nobody claims another's message by its clientId", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    const ben = await join(stub, BEN);
    const clientId = newId();
    for (const [index, socket] of [visitor, ana, ben].entries()) {
      socket.send({ type: "send", clientId, text: `From ${index}` });
      await settle(socket);
    }
    expect((await storedMessages(stub)).slice(1).map(({ author, text }) => [author, text])).toEqual([
      [{ kind: "visitor" }, "From 0"],
      [{ kind: "agent", id: ANA.agentId, name: "Ana" }, "From 1"],
      [{ kind: "agent", id: BEN.agentId, name: "Ben" }, "From 2"],
    ]);
  });

  test("[A10] a viewer reads and neither writes, types nor undoes", async () => {
    const { stub } = await begin();
    const viewer = await join(stub, { ...ANA, role: "viewer" });
    const visitor = await join(stub, VISITOR);
    const clientId = newId();
    viewer.send({ type: "typing" });
    viewer.send({ type: "send", clientId, text: "I may not" });
    expect(await viewer.next("rejected")).toEqual({ type: "rejected", reason: "not_allowed", clientId });
    viewer.send({ type: "draft", kind: "reply", text: "nor this" });
    viewer.send({ type: "seen", seq: 1 });
    expect(await visitor.next("conversation")).toMatchObject({ conversation: { readSeq: 1 } });
    await settle(visitor);
    expect(visitor.frames.map(({ type }) => type)).not.toContain("typing");
    expect(await storedMessages(stub)).toHaveLength(1);
    expect((await stub.view(ANA.agentId, 1))?.drafts).toEqual([]);
  });
});
