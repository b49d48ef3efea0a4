/** What a browser in a chat has shown, on the real object: its tokens, its sockets, and what is told to it. */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Message, ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { aMail } from "../../support/conversation-builders.ts";
import {
  ANA,
  AUTHOR_ANA,
  VISITOR,
  agentMail,
  begin,
  chatOpenRequest,
  confirmAddress,
  connect,
  freshStorage,
  join,
  send,
  settle,
  storedMessages,
  type ConversationStub,
  type Socket,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";
import { ports, takeMail } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);

const [CARLA, LEO] = ["carla@customer.test", "leo@customer.test"];
const OWN = { sessionId: null, generation: 1 };
const beginChat = () => begin({ open: chatOpenRequest() });

/** A mail that came in by our token, from this address. */
const mailOf = (id: string, from: string, over: Partial<Parameters<typeof aMail>[0]> = {}) =>
  aMail({
    open: chatOpenRequest({ id }),
    messageId: `${newId()}@customer.test`,
    text: `words of ${from}`,
    mail: { from: { address: from } },
    isAnswer: true,
    ...over,
  });

const audiences = async (stub: ConversationStub) => (await storedMessages(stub)).map((message) => message.for);
const typesOf = (socket: Socket, from = 0) => socket.frames.slice(from).map(({ type }) => type);
const messagesOf = (frames: readonly ServerFrame[]): Message[] =>
  frames.flatMap((frame) => {
    if (frame.type === "message") return [frame.message];
    return frame.type === "welcome" || frame.type === "messages" ? frame.messages : [];
  });

describe("[B4] confirming", () => {
  test("changes nothing until its token is used; then the older one and its sockets are out", async () => {
    const { stub } = await beginChat();
    const [old, ana] = [await join(stub, VISITOR), await join(stub, ANA)];
    const claim = await confirmAddress(stub, CARLA);
    await settle(old);
    expect(typesOf(old)).not.toContain("conversation");
    expect(await stub.item()).toMatchObject({ address: { level: "typed" } });
    await evictDurableObject(stub);
    const socket = await connect(stub, claim);
    await settle(old);
    expect(old.closed).toBeNull();
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    expect(await old.end()).toEqual({ code: 4001, reason: "not_allowed" });
    expect((await ana.next("event")).event).toMatchObject({ kind: "confirmed", subject: { name: CARLA } });
    expect((await ana.next("conversation")).conversation).toMatchObject({ address: { level: "confirmed" } });
    expect((await (await connect(stub, VISITOR)).end()).code).toBe(4001);
    expect(await stub.session(OWN, { kind: "use" })).toEqual({ kind: "refused" });
  });

  test("[B5] what was for the session is for the address, in one statement, and stays so when the process ends", async () => {
    const { id, stub } = await beginChat();
    await send(stub, { author: AUTHOR_ANA });
    await send(stub, { author: AUTHOR_ANA, channel: "note" });
    await stub.receiveMail(mailOf(id, LEO));
    await join(stub, await confirmAddress(stub, CARLA));
    const wide = { sessions: [id], addresses: [CARLA] };
    const nobody = { sessions: [], addresses: [] };
    expect(await audiences(stub)).toEqual([wide, wide, nobody, nobody]);
    await evictDurableObject(stub);
    // The same again changes nothing.
    await join(stub, await confirmAddress(stub, CARLA, 2));
    expect(await audiences(stub)).toEqual([wide, wide, nobody, nobody]);
    await send(stub);
    expect((await audiences(stub)).at(-1)).toEqual(wide);
  });

  test("[B5] for another address than before nothing is widened: what follows is for that one", async () => {
    const { id, stub } = await beginChat();
    await join(stub, await confirmAddress(stub, CARLA));
    await join(stub, await confirmAddress(stub, LEO, 2));
    await send(stub);
    expect(await audiences(stub)).toEqual([
      { sessions: [id], addresses: [CARLA] },
      { sessions: [id], addresses: [LEO] },
    ]);
    // And confirmed for the first one again, not what lay between either.
    await join(stub, await confirmAddress(stub, CARLA, 3));
    expect((await audiences(stub)).at(-1)).toEqual({ sessions: [id], addresses: [LEO] });
  });

  test("[T2] another session's secret changes nothing", async () => {
    const { stub } = await beginChat();
    expect(await stub.session(OWN, { kind: "confirm", sessionId: newId(), email: CARLA })).toEqual({ kind: "expired" });
    expect(await stub.session({ sessionId: newId(), generation: 1 }, { kind: "use" })).toEqual({ kind: "refused" });
    expect(await stub.session(OWN, { kind: "use" })).toMatchObject({ kind: "ok" });
    expect(await stub.item()).toMatchObject({ address: { level: "typed" } });
  });

  test("[M16] the place of the address is asked to be here", async () => {
    const { id, stub } = await beginChat();
    await join(stub, await confirmAddress(stub, CARLA));
    await vi.waitFor(() => expect(ports.seen.places).toEqual([{ conversationId: id, email: CARLA }]), WAIT);
  });
});

describe("[B7] a code", () => {
  test("five wrong ones end it, also when the process ends between any two", async () => {
    const { stub } = await beginChat();
    await stub.session(OWN, { kind: "new-code", email: CARLA, hash: "right" });
    const left = [];
    for (let tries = 0; tries < 5; tries += 1) {
      left.push(await stub.session(OWN, { kind: "try-code", hash: `wrong ${tries}` }));
      await evictDurableObject(stub);
    }
    expect(left).toEqual([4, 3, 2, 1, 0].map((triesLeft) => ({ kind: "wrong", triesLeft })));
    expect(await stub.session(OWN, { kind: "try-code", hash: "right" })).toEqual({ kind: "expired" });
  });

  test("many at the same instant are counted one by one", async () => {
    const { stub } = await beginChat();
    await stub.session(OWN, { kind: "new-code", email: CARLA, hash: "right" });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => stub.session(OWN, { kind: "try-code", hash: `wrong ${n}` })),
    );
    expect(answers.filter(({ kind }) => kind === "wrong")).toHaveLength(5);
    expect(answers.filter(({ kind }) => kind === "expired")).toHaveLength(7);
  });

  test("[T1] none is tried or made after *this was not me*, where it was for that address", async () => {
    const { stub } = await beginChat();
    await stub.session(OWN, { kind: "new-code", email: CARLA, hash: "right" });
    expect(await stub.stopCodes(CARLA)).toBe(true);
    expect(await stub.session(OWN, { kind: "try-code", hash: "right" })).toEqual({ kind: "expired" });
    expect(await stub.session(OWN, { kind: "use" })).toMatchObject({ isStopped: true });
  });
});

describe("[T5] sessions that end", () => {
  test("by their browser: every token of it is refused, and its sockets are out", async () => {
    const { stub } = await beginChat();
    const [visitor, ana] = [await join(stub, VISITOR), await join(stub, ANA)];
    await stub.session(OWN, { kind: "end" });
    expect((await visitor.end()).code).toBe(4001);
    await evictDurableObject(stub);
    expect((await (await connect(stub, VISITOR)).end()).code).toBe(4001);
    expect(await stub.typeAddress(OWN, { email: LEO })).toBe(false);
    await settle(ana);
    expect(ana.closed).toBeNull();
    expect(await stub.item()).toMatchObject({ hasVisitor: true, isVisitorOnline: false, address: { email: CARLA } });
  });

  test("by blocking: refused until it is undone, and confirmed again then for what it was", async () => {
    const { stub } = await beginChat();
    const claim = await confirmAddress(stub, CARLA);
    const visitor = await join(stub, claim);
    await stub.setBlocked(true);
    expect((await visitor.end()).code).toBe(4001);
    expect((await (await connect(stub, claim)).end()).code).toBe(4001);
    expect(await stub.item()).toMatchObject({ address: { level: "typed" } });
    await stub.setBlocked(false);
    await join(stub, claim);
    expect(await stub.item()).toMatchObject({ address: { level: "confirmed" } });
    // The token that was out before is out still.
    expect((await (await connect(stub, VISITOR)).end()).code).toBe(4001);
  });
});

describe("[A16] what a browser is told", () => {
  /** What this browser's socket was sent since, but for the answer to the question whether it is all. */
  async function since(visitor: Socket, from: number) {
    await settle(visitor);
    return visitor.frames.slice(from).filter((frame) => frame.type !== "rejected");
  }

  test("nothing of mails that are not for it: no message, no status, no read mark, no owner, no line", async () => {
    ports.conversation = { deliver: takeMail };
    const { id, stub } = await beginChat();
    await stub.setStatus("complete", AUTHOR_ANA);
    const visitor = await join(stub, VISITOR);
    await settle(visitor);
    const from = visitor.frames.length;
    await stub.receiveMail(mailOf(id, CARLA));
    await stub.receiveMail(mailOf(id, LEO, { mail: { from: { address: LEO }, isNewPerson: true } }));
    expect(await stub.item()).toMatchObject({ status: "open", unread: true, unconfirmedMail: { email: LEO } });
    await send(stub, { author: AUTHOR_ANA, channel: "note" });
    expect(await since(visitor, from)).toEqual([]);
    expect((await (await join(stub, VISITOR)).next("welcome")).conversation).toMatchObject({ status: "complete", readSeq: 1 });
  });

  test("of an agent's mail the line alone, and not who wrote it", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginChat();
    const visitor = await join(stub, VISITOR);
    await settle(visitor);
    const from = visitor.frames.length;
    const { seq } = await send(stub, agentMail());
    const { conversation } = await visitor.next("conversation", from);
    expect(conversation).toMatchObject({ goesOnAt: "c•••@c•••", assignee: null, readSeq: 0, status: "open" });
    await vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery?.state).toBe("sent"), WAIT);
    expect((await since(visitor, from)).map(({ type }) => type)).toEqual(["conversation"]);
    // The line is there before, and says the same after, an answer to it.
    const next = visitor.frames.length;
    await send(stub, agentMail());
    expect(await since(visitor, next)).toEqual([]);
  });

  test("that an agent writes a chat, and not that they write an email or a note", async () => {
    const { stub } = await beginChat();
    const [visitor, ana, ben] = [await join(stub, VISITOR), await join(stub, ANA), await join(stub, { ...ANA, agentId: "ben" })];
    ana.send({ type: "typing", channel: "email" });
    ana.send({ type: "typing", channel: "note" });
    await settle(ana);
    await settle(visitor);
    await settle(ben);
    expect(typesOf(visitor)).not.toContain("typing");
    expect(typesOf(ben).filter((type) => type === "typing")).toHaveLength(2);
    ana.send({ type: "typing", channel: "chat" });
    expect(await visitor.next("typing")).toEqual({ type: "typing", author: { kind: "agent", name: "Ana" } });
  });

  test("what is for it and for its address, as soon as it is confirmed; an agent who asks for that is heard at once", async () => {
    const { id, stub } = await beginChat();
    const visitor = await join(stub, VISITOR);
    expect(await stub.askToConfirm()).toBeNull();
    expect((await visitor.next("conversation")).conversation).toMatchObject({ goesOnAt: "c•••@c•••", isAskedToConfirm: true });
    await stub.receiveMail(mailOf(id, CARLA));
    await stub.receiveMail(mailOf(id, LEO));
    const confirmed = await join(stub, await confirmAddress(stub, CARLA));
    expect(messagesOf(confirmed.frames).map(({ text }) => text)).toEqual(["Hello", `words of ${CARLA}`]);
    expect((await confirmed.next("welcome")).conversation).not.toHaveProperty("isAskedToConfirm");
    const from = confirmed.frames.length;
    await stub.receiveMail(mailOf(id, CARLA));
    expect((await confirmed.next("message", from)).message).toMatchObject({
      text: `words of ${CARLA}`,
      author: { kind: "contact" },
    });
  });

  test("[T11] a file of a message that is for it, and no other", async () => {
    const { id, stub } = await beginChat();
    const file = (n: number) => ({ id: newId(n), name: `${n}.txt`, type: "text/plain", size: 1 });
    const [chats, mails] = [file(1), file(2)];
    ports.conversation = { claimAttachments: async ({ ids }) => [chats].filter((one) => ids.includes(one.id)) };
    await send(stub, { author: AUTHOR_ANA, attachmentIds: [chats.id] });
    await stub.receiveMail(mailOf(id, CARLA, { attachments: [mails] }));
    const may = (claim: typeof OWN | { sessionId: string | null; generation: number }) =>
      Promise.all([chats.id, mails.id, newId()].map((fileId) => stub.mayOpenFile(claim, fileId)));
    expect(await may(OWN)).toEqual([true, false, false]);
    const { tokenGeneration } = await confirmAddress(stub, CARLA);
    const next = { sessionId: null, generation: tokenGeneration };
    await stub.session(next, { kind: "use" });
    expect([await may(next), await may(OWN)]).toEqual([
      [true, true, false],
      [false, false, false],
    ]);
  });
});
