/** Drafts and what was taken back, on the real object. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  ANA,
  AUTHOR_ANA,
  BEN,
  VISITOR,
  agentMail,
  begin,
  chatOpenRequest,
  confirmAddress,
  freshStorage,
  join,
  send,
  settle,
} from "../support/conversation.ts";

beforeEach(freshStorage);

describe("[P14] a draft", () => {
  test("is told to all sockets of its agent, to nobody else, and is in the next welcome", async () => {
    const { stub } = await begin();
    const [desk, phone, ben, visitor] = [
      await join(stub, ANA),
      await join(stub, ANA),
      await join(stub, BEN),
      await join(stub, VISITOR),
    ];
    desk.send({ type: "draft", kind: "reply", text: "I would" });
    const draft = { kind: "reply", text: "I would" };
    for (const socket of [desk, phone]) expect((await socket.next("draft")).draft).toMatchObject(draft);
    await settle(ben);
    for (const socket of [ben, visitor]) expect(socket.frames.map(({ type }) => type)).not.toContain("draft");
    expect((await (await join(stub, ANA)).next("welcome")).drafts).toMatchObject([draft]);
    expect((await (await join(stub, BEN)).next("welcome")).drafts).toEqual([]);

    phone.send({ type: "draft", kind: "reply", text: "" });
    expect((await desk.next("draft", desk.frames.length)).draft).toMatchObject({ kind: "reply", text: "" });
    expect((await (await join(stub, ANA)).next("welcome")).drafts).toEqual([]);
  });
});

const CARLA = "carla@customer.test";
const beginChat = () => begin({ open: chatOpenRequest() });

describe("a mail that was taken back", () => {
  test("is kept for agents, and is nothing to a visitor who comes later", async () => {
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    expect(await stub.undo(seq)).toBe(null);
    const agent = await (await join(stub, ANA)).next("welcome");
    expect(agent.messages.at(-1)).toMatchObject({ seq, author: AUTHOR_ANA, delivery: { state: "failed" } });
    const visitor = await (await join(stub, await confirmAddress(stub, CARLA))).next("welcome");
    expect(visitor.messages.map((message) => message.seq)).toEqual([1]);
  });

  test("[O10] leaves the screen of a visitor whom it was for, and not that of an agent", async () => {
    const { stub } = await beginChat();
    const [visitor, ana] = [await join(stub, await confirmAddress(stub, CARLA)), await join(stub, ANA)];
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    expect(await visitor.next("message")).toMatchObject({ message: { seq } });
    await stub.undo(seq);
    expect(await visitor.next("withdrawn")).toEqual({ type: "withdrawn", seqs: [seq] });
    await settle(ana);
    expect(ana.frames.map(({ type }) => type)).not.toContain("withdrawn");
  });

  test("[A16] a visitor whom it was not for hears nothing of it, live or later", async () => {
    const { stub } = await beginChat();
    const visitor = await join(stub, VISITOR);
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    await stub.undo(seq);
    await settle(visitor);
    expect(visitor.frames.map(({ type }) => type)).toEqual(["welcome", "presence", "rejected"]);
    const back = await (await join(stub, VISITOR, seq)).next("welcome");
    expect(back).toMatchObject({ messages: [] });
    expect(back).not.toHaveProperty("withdrawn");
  });

  test("[P6] leaves the screen of a visitor who was away, once they are back; sent after all it is there again", async () => {
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    await stub.undo(seq);
    const claim = await confirmAddress(stub, CARLA);
    const visitor = await join(stub, claim, seq);
    expect(await visitor.next("welcome")).toMatchObject({ messages: [], withdrawn: [seq] });
    await stub.mailMessage(seq);
    expect(await visitor.next("message")).toMatchObject({ message: { seq } });
    const back = await (await join(stub, claim, seq)).next("welcome");
    expect(back).not.toHaveProperty("withdrawn");
    expect(back).toMatchObject({ messages: [{ seq }] });
  });
});
