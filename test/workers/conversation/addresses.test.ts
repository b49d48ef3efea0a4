/** Where the mails of a conversation go, on the real object: to whom their agent saw, or nowhere (T4, B6). */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { DeliveryResult } from "../../../durable-objects/conversation/outbox.ts";
import { ADDRESS_CHANGED_REASON } from "../../../durable-objects/conversation/protocol.ts";
import { aMail } from "../../support/conversation-builders.ts";
import {
  ANA,
  AUTHOR_ANA,
  agentMail,
  begin,
  chatOpenRequest,
  confirmAddress,
  freshStorage,
  join,
  openRequest,
  send,
  sendAnswer,
  settle,
  storedMessages,
  type ConversationStub,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";
import { fail, ports, takeMail } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);

const [CARLA, EVIL, LEO] = ["carla@customer.test", "evil@customer.test", "leo@customer.test"];
const OWN = { sessionId: null, generation: 1 };
const CHANGED = { state: "failed", reason: ADDRESS_CHANGED_REASON };
const beginChat = () => begin({ open: chatOpenRequest() });
const typeAddress = (stub: ConversationStub, email: string) => stub.typeAddress(OWN, { email });
const addressOf = async (stub: ConversationStub) => (await stub.item())?.address;
const deliver = (result: DeliveryResult) => {
  ports.conversation = { deliver: async () => result };
};

async function untilDelivery(stub: ConversationStub, seq: number, expected: object): Promise<void> {
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(stub);
    expect((await stub.findMessage(seq))?.delivery).toMatchObject(expected);
  }, WAIT);
}

describe("[B6] a reply by mail whose address has changed since", () => {
  test("does not leave while it could still be taken back: it fails, says why, and can be written again", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    await stub.setAddress({ email: EVIL }, AUTHOR_ANA);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    try {
      await untilDelivery(stub, seq, { ...CHANGED, to: [CARLA] });
    } finally {
      vi.useRealTimers();
    }
    expect(ports.seen.delivered).toEqual([]);
    // By hand neither, but to the address that its agent sees now.
    expect(await stub.mailMessage(seq)).toBe("address_changed");
    expect(await stub.mailMessage(seq, CARLA)).toBe("address_changed");
    expect(await stub.mailMessage(seq, EVIL)).toBeNull();
    await untilDelivery(stub, seq, { state: "sent", to: [EVIL] });
    expect((await storedMessages(stub)).at(-1)).toMatchObject({ to: EVIL, for: { sessions: [], addresses: [EVIL] } });
  });

  test("nor when it was put off and is tried again by itself", async () => {
    deliver({ kind: "deferred", reason: "greylisted" });
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail());
    await vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery?.reason).toBe("greylisted"), WAIT);
    await stub.setAddress({ email: EVIL }, AUTHOR_ANA);
    ports.seen.delivered = [];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    try {
      await untilDelivery(stub, seq, CHANGED);
    } finally {
      vi.useRealTimers();
    }
    expect(ports.seen.delivered).toEqual([]);
  });

  test("nor when it was taken back, and is sent after all", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    expect(await stub.undo(seq)).toBeNull();
    await stub.setAddress({ email: EVIL }, AUTHOR_ANA);
    expect(await stub.mailMessage(seq)).toBe("address_changed");
    expect(ports.seen.delivered).toEqual([]);
  });

  test("a chat reply that nobody has seen goes to the address that its reader gave last", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginChat();
    const { seq } = await send(stub, { author: AUTHOR_ANA, unseenMs: 60_000 });
    await stub.setAddress({ email: LEO }, AUTHOR_ANA);
    await typeAddress(stub, EVIL);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    try {
      await untilDelivery(stub, seq, { state: "sent", to: [EVIL] });
    } finally {
      vi.useRealTimers();
    }
    expect(ports.seen.delivered).toMatchObject([{ to: EVIL, level: "typed", isUnseen: true }]);
  });
});

test("[B6] [A16] one that is tried again for the address that the browser is confirmed for comes to its screen", async () => {
  deliver({ kind: "refused", reason: "no such user" });
  const { stub } = await beginChat();
  const visitor = await join(stub, await confirmAddress(stub, CARLA));
  await stub.setAddress({ email: EVIL }, AUTHOR_ANA);
  const { seq } = await send(stub, agentMail({ text: "By mail" }));
  await untilDelivery(stub, seq, { state: "failed" });
  await settle(visitor);
  expect(JSON.stringify(visitor.frames)).not.toContain("By mail");
  await stub.setAddress({ email: CARLA }, AUTHOR_ANA);
  expect(await stub.mailMessage(seq, CARLA)).toBeNull();
  expect((await visitor.next("message")).message).toMatchObject({ seq, text: "By mail" });
});

describe("[T4] the address that an agent saw", () => {
  test("goes with the reply, by socket and by call; another one is refused, and nothing is stored", async () => {
    const { stub } = await beginChat();
    const ana = await join(stub, ANA);
    const frame = { type: "send", clientId: newId(), text: "For Carla", channel: "email", to: [EVIL] };
    ana.send(frame);
    expect(await ana.next("rejected")).toEqual({ type: "rejected", reason: "address_changed", clientId: frame.clientId });
    expect(await sendAnswer(stub, agentMail({ to: [EVIL] }))).toEqual({ kind: "rejected", reason: "address_changed" });
    expect(await storedMessages(stub)).toHaveLength(1);
    ana.send({ ...frame, to: [CARLA] });
    expect((await ana.next("message")).message).toMatchObject({ to: CARLA, for: { sessions: [], addresses: [CARLA] } });
  });
});

describe("[C10] what a visitor says when the address is held", () => {
  test("waits for an agent's click: replies go where they went, and agents are told of the claim", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, { state: "sent" });
    const ana = await join(stub, ANA);
    expect(await typeAddress(stub, EVIL)).toBe(true);
    expect(await addressOf(stub)).toMatchObject({ email: CARLA, claimed: EVIL });
    expect((await ana.next("event")).event).toMatchObject({ kind: "claimed", subject: { name: EVIL } });
    const next = await send(stub, agentMail());
    await untilDelivery(stub, next.seq, { state: "sent", to: [CARLA] });
    await stub.setAddress({ email: EVIL }, AUTHOR_ANA);
    expect(await addressOf(stub)).toEqual({ email: EVIL, level: "typed", claimed: null });
  });

  test("is held by a mail that is on its way, and after a crash too", async () => {
    ports.conversation = { deliver: async () => new Promise<never>(() => {}) };
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail());
    await vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery?.state).toBe("sending"), WAIT);
    await typeAddress(stub, EVIL);
    expect(await addressOf(stub)).toMatchObject({ email: CARLA, claimed: EVIL });
  });

  test("needs no click where every mail came back, none came, and the book says that nobody else has it", async () => {
    deliver({ kind: "refused", reason: "no such user" });
    let hasOthers = true;
    const facts = async ({ email }: { email: string }) => ({ email, hasOthers, isBlocked: false });
    ports.conversation = { ...ports.conversation, noteAddress: facts };
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, { state: "failed" });
    ports.seen.addresses = [];
    await typeAddress(stub, EVIL);
    // The book hears of the claim; of the other it is asked anew: the answer from when it was typed is no answer now.
    await vi.waitFor(() => expect(ports.seen.addresses).toEqual([EVIL, CARLA]), WAIT);
    expect(await addressOf(stub)).toMatchObject({ email: CARLA, claimed: EVIL });
    hasOthers = false;
    await typeAddress(stub, LEO);
    await vi.waitFor(async () => expect(await addressOf(stub)).toMatchObject({ email: LEO, claimed: null }), WAIT);
  });

  test("[A12] while the book does not answer it waits, and is answered later", async () => {
    deliver({ kind: "refused", reason: "no such user" });
    const { stub } = await beginChat();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, { state: "failed" });
    ports.conversation = { noteAddress: fail };
    await typeAddress(stub, EVIL);
    expect(await addressOf(stub)).toMatchObject({ email: CARLA, claimed: EVIL });
    ports.heal();
    await evictDurableObject(stub);
    await vi.waitFor(async () => {
      await stub.read(null);
      await runDurableObjectAlarm(stub);
      expect(await addressOf(stub)).toMatchObject({ email: EVIL, claimed: null });
    }, WAIT);
  });
});

describe("[B8] what travels with a mail", () => {
  const earlierOf = () => ports.seen.delivered.at(-1)?.earlier.map(({ text }) => text);

  /** A chat, a mail for Carla, a mail of somebody else, and a note. */
  async function beginMixed() {
    ports.conversation = { deliver: takeMail };
    const begun = await begin({ text: "the chat", open: chatOpenRequest() });
    const { id, stub } = begun;
    const mailed = await send(stub, agentMail({ text: "to Carla", cc: [LEO] }));
    await untilDelivery(stub, mailed.seq, { state: "sent" });
    const from = (address: string) => ({ mail: { from: { address } }, text: `of ${address}`, messageId: `${newId()}@x.test` });
    await stub.receiveMail(aMail({ open: chatOpenRequest({ id }), ...from(CARLA) }));
    await stub.receiveMail(aMail({ open: chatOpenRequest({ id }), ...from(EVIL) }));
    await send(stub, { author: AUTHOR_ANA, channel: "note", text: "a note" });
    return begun;
  }

  test.each([
    ["what is for it, and the chat of who gave it", {}, ["the chat", "to Carla", `of ${CARLA}`]],
    ["with somebody in copy only what both have", { cc: [LEO] }, ["to Carla"]],
    ["with a stranger in copy nothing", { bcc: [EVIL] }, []],
  ])("%s", async (_, copies, expected) => {
    const { stub } = await beginMixed();
    const { seq } = await send(stub, agentMail({ text: "the mail", ...copies }));
    await untilDelivery(stub, seq, { state: "sent" });
    expect(earlierOf()).toEqual(expected);
  });

  test("no mail that its agent has taken back", async () => {
    const { stub } = await beginMixed();
    const { seq: wrong } = await send(stub, agentMail({ text: "the wrong price", undoMs: 60_000 }));
    expect(await stub.undo(wrong)).toBeNull();
    const { seq } = await send(stub, agentMail({ text: "the right price" }));
    await untilDelivery(stub, seq, { state: "sent" });
    expect(earlierOf()).toEqual(["the chat", "to Carla", `of ${CARLA}`]);
  });

  test("to an address that an agent has put in its place: nothing that was for the other one", async () => {
    const { stub } = await beginMixed();
    await stub.setAddress({ email: EVIL }, AUTHOR_ANA);
    const { seq } = await send(stub, agentMail({ text: "to another" }));
    await untilDelivery(stub, seq, { state: "sent" });
    expect(earlierOf()).toEqual(["the chat"]);
  });

  test("[B3] [B5] to an address that its session has shown: all of its chat, and whoever composes it is told so", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await begin({ text: "the chat", open: openRequest() });
    await stub.setAddress({ email: CARLA }, AUTHOR_ANA);
    await join(stub, await confirmAddress(stub, CARLA));
    await send(stub, { text: "more of the chat" });
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, { state: "sent" });
    expect([earlierOf(), ports.seen.delivered.at(-1)?.level]).toEqual([["the chat", "more of the chat"], "confirmed"]);
  });
});
