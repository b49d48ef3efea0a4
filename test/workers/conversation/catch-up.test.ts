/** Everyone sees every message, in order (A3): live, after a gap, and after a long absence. */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { MESSAGES_PER_FRAME } from "../../../durable-objects/conversation/protocol.ts";
import {
  ANA,
  AUTHOR_ANA,
  VISITOR,
  begin,
  connect,
  freshStorage,
  join,
  send,
  seqsOf,
  settle,
  storedMessages,
  type ConversationStub,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";

beforeEach(freshStorage);

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function sendMany(stub: ConversationStub, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await send(stub, { text: `Message ${index}` });
}

describe("catching up", () => {
  test.each([
    ["a visitor", VISITOR],
    ["an agent", ANA],
  ])("[A3] [P4] %s who comes back gets exactly what they missed", async (_, claim) => {
    const { stub } = await begin();
    await sendMany(stub, 4);
    const before = await join(stub, claim, 3);
    expect(seqsOf(before)).toEqual([4, 5]);
    before.close();
    await sendMany(stub, 3);
    await evictDurableObject(stub, { webSockets: "close" });
    const after = await join(stub, claim, 5);
    await send(stub);
    await settle(after);
    expect(seqsOf(after)).toEqual([6, 7, 8, 9]);
  });

  test.each([
    ["a visitor", VISITOR],
    ["an agent", ANA],
  ])("[A3] [P4] %s gets a long absence in pages of at most fifty, without a gap", async (_, claim) => {
    const { stub } = await begin();
    await sendMany(stub, 2 * MESSAGES_PER_FRAME + 1);
    const socket = await join(stub, claim, 1);
    await settle(socket);
    const pages = socket.frames.flatMap((frame) =>
      frame.type === "welcome" || frame.type === "messages" ? [[frame.type, frame.messages.length, frame.more]] : [],
    );
    expect(pages).toEqual([
      ["welcome", 50, true],
      ["messages", 50, true],
      ["messages", 1, false],
    ]);
    expect(seqsOf(socket)).toEqual(upTo(102, 2));
  });

  test("[A3] exactly fifty are one page, and who has everything gets nothing", async () => {
    const { stub } = await begin();
    await sendMany(stub, MESSAGES_PER_FRAME - 1);
    expect(await (await join(stub, VISITOR, 0)).next("welcome")).toMatchObject({ more: false, messages: { length: 50 } });
    expect(await (await join(stub, VISITOR, 50)).next("welcome")).toMatchObject({ more: false, messages: [] });
    expect(await (await join(stub, VISITOR, 1_000)).next("welcome")).toMatchObject({ more: false, messages: [] });
  });

  test("[A3] [P4] [A16] a visitor's pages go on past notes, which leave no trace: no empty frame, and no `more`", async () => {
    const { stub } = await begin();
    for (let index = 0; index < MESSAGES_PER_FRAME; index += 1) await send(stub, { author: AUTHOR_ANA, channel: "note" });
    await send(stub, { author: AUTHOR_ANA, text: "Here I am" });
    const visitor = await join(stub, VISITOR, 1);
    await settle(visitor);
    expect(await visitor.next("welcome")).toMatchObject({ messages: [{ seq: 52 }], more: false });
    expect(visitor.frames.map(({ type }) => type)).not.toContain("messages");
    for (let index = 0; index < MESSAGES_PER_FRAME; index += 1) await send(stub, { author: AUTHOR_ANA, channel: "note" });
    expect(await (await join(stub, VISITOR, 1)).next("welcome")).toMatchObject({ messages: [{ seq: 52 }], more: false });
    expect(await (await join(stub, VISITOR, 60)).next("welcome")).toMatchObject({ messages: [], more: false });
  });

  test("[A3] messages of many senders at once: one order, the same for all, without a gap", async () => {
    const { stub } = await begin();
    const sockets = await Promise.all([VISITOR, ANA, { ...ANA, agentId: "agent-ben" }].map(async (claim) => join(stub, claim)));
    for (let round = 0; round < 20; round += 1)
      for (const socket of sockets) socket.send({ type: "send", clientId: newId(), text: `${round}` });
    await Promise.all(sockets.map(settle));
    // A frame of another sender may still be on its way when one's own are answered.
    const late = await join(stub, VISITOR, 61);
    expect(seqsOf(late)).toEqual([]);
    await Promise.all(sockets.map(settle));
    for (const socket of sockets) expect(seqsOf(socket)).toEqual(upTo(61));
    expect((await storedMessages(stub)).map(({ seq }) => seq)).toEqual(upTo(61));
  });

  test("[P3] nothing is sent before hello, and nothing but hello is taken", async () => {
    const { stub } = await begin();
    const socket = await connect(stub, VISITOR);
    const clientId = newId();
    socket.send({ type: "send", clientId, text: "Too early" });
    expect(await socket.next("rejected")).toEqual({ type: "rejected", reason: "hello_first", clientId });
    await send(stub, { text: "Not for you yet" });
    socket.send({ type: "hello", lastSeq: 1 });
    await socket.next("welcome");
    expect(socket.frames.map(({ type }) => type).slice(0, 2)).toEqual(["rejected", "welcome"]);
    expect(seqsOf(socket)).toEqual([2]);
  });
});

describe("what each audience is given", () => {
  test("[P6] a visitor never receives notes, events, deliveries, ids or addresses, live or catching up", async () => {
    const { stub } = await begin();
    await stub.setAddress({ email: "secret@customer.test" }, AUTHOR_ANA);
    await stub.setContact({ id: newId(), name: "Secret Name", email: "secret@customer.test" });
    const live = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    ana.send({ type: "send", clientId: newId(), text: "Our secret", channel: "note" });
    ana.send({ type: "send", clientId: newId(), text: "Hello from Ana" });
    ana.send({ type: "send", clientId: newId(), text: "By mail", channel: "email", subject: "Secret subject" });
    ana.send({ type: "draft", kind: "reply", text: "secret draft" });
    ana.send({ type: "typing" });
    await stub.setStatus("complete", AUTHOR_ANA);
    await settle(ana);
    const late = await join(stub, VISITOR);
    await settle(late);
    await settle(live);
    for (const visitor of [live, late]) {
      expect(visitor.texts.join("\n")).not.toMatch(
        /secret|By mail|"for"|customer\.test|acme\.test|agent-ana|"delivery"|"event"|preview|revision/i,
      );
      expect(visitor.texts.join("\n")).toContain("Hello from Ana");
    }
    expect(seqsOf(live)).toEqual([1, 3]);
    expect(seqsOf(late)).toEqual([1, 3]);
    expect(await late.next("welcome")).toMatchObject({
      conversation: { status: "complete", hasEmail: true, assignee: { name: "Ana" } },
      presence: { isVisitorOnline: true, agents: [{ name: "Ana" }] },
    });
  });

  test("[P6] agents get events, their own drafts and everybody's notes", async () => {
    const { stub } = await begin();
    const ana = await join(stub, ANA);
    ana.send({ type: "send", clientId: newId(), text: "A note", channel: "note" });
    ana.send({ type: "send", clientId: newId(), text: "A reply" });
    ana.send({ type: "draft", kind: "note", text: "half a th" });
    await settle(ana);
    expect(await ana.next("event")).toMatchObject({
      event: { id: 1, kind: "assigned", afterSeq: 3, subject: { id: ANA.agentId } },
    });
    const again = await (await join(stub, ANA)).next("welcome");
    expect(again.drafts).toEqual([{ kind: "note", text: "half a th", updatedAt: expect.any(Number) }]);
    expect(again.events).toHaveLength(1);
    expect(again.messages.map(({ channel }) => channel)).toEqual(["chat", "note", "chat"]);
    const ben = await (await join(stub, { ...ANA, agentId: "agent-ben", name: "Ben" })).next("welcome");
    expect(ben.drafts).toEqual([]);
  });
});
