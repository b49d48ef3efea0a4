/** [A15] A conversation that slept through the release in which sessions got ids, and messages say whom they are for. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { aMessage, ana, uuid } from "../../support/conversation-builders.ts";
import { OLD_TABLES, anOldState } from "../../support/old-conversations.ts";
import {
  ANA,
  AUTHOR_ANA,
  VISITOR,
  confirmAddress,
  connect,
  freshStorage,
  join,
  storedMessages,
  type ConversationStub,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";
import { ports, takeMail } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);

const VERA = "vera@customer.test";
const vera = { id: uuid(2), name: "Vera", email: VERA };
const thread = { mailboxId: uuid(3), mailbox: "hello@acme.test", references: ["one"], lastInboundId: "one" };
const nobody = { sessions: [], addresses: [] };
const veras = { sessions: [], addresses: [VERA] };

/** As it was stored: no word of whom it is for. */
function old(seq: number, over: Partial<Message>): Message {
  const { for: _for, ...message } = aMessage({ seq, id: uuid(100 + seq), text: `text ${seq}`, ...over });
  return message;
}

const fromVera = { author: { kind: "contact" as const, name: "Vera" }, channel: "email" as const };
const CHAT_MESSAGES = [
  old(1, {}),
  old(2, { author: ana }),
  old(3, {
    author: ana,
    channel: "email",
    delivery: { state: "sent", to: [VERA, "leo@customer.test"] },
    cc: ["leo@customer.test"],
  }),
  old(4, { ...fromVera, mail: { from: { address: VERA } } }),
  old(5, { ...fromVera, mail: { from: { address: "eve@evil.test" }, isNewPerson: true } }),
  old(6, { author: ana, channel: "note" }),
  old(7, { ...fromVera, mail: { from: { address: VERA }, movedFrom: { conversationId: uuid(9) } } }),
  old(8, { author: ana, channel: "email", delivery: { state: "failed", reason: "taken back before it was sent" } }),
  old(9, { author: ana, delivery: { state: "sent", to: [VERA] } }),
];
const CHAT = {
  contact: vera,
  isAddressProven: true,
  mail: thread,
  lastSeq: 9,
  lastInboundSeq: 7,
  lastReply: { seq: 9, agentId: "ana" },
  revision: 9,
  projectedRevision: 9,
};

interface Stored {
  state?: Record<string, unknown>;
  messages?: Message[];
  outbox?: string;
}

/** Written by the former version; the object wakes with it. */
async function stored({
  state = CHAT,
  messages = CHAT_MESSAGES,
  outbox,
}: Stored): Promise<{ id: string; stub: ConversationStub }> {
  const id = newId();
  const stub = conversationStub(env, id);
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec(OLD_TABLES);
    sql.exec("INSERT INTO state (id, value) VALUES (1, ?)", JSON.stringify(anOldState({ id, ...state })));
    for (const message of messages)
      sql.exec(
        "INSERT INTO messages (seq, key, value) VALUES (?, ?, ?)",
        message.seq,
        `key:${message.seq}`,
        JSON.stringify(message),
      );
    if (outbox !== undefined) sql.exec(outbox);
  });
  await evictDurableObject(stub);
  return { id, stub };
}

describe("a chat from before", () => {
  test("[B1] its messages say whom they are for, once and for all", async () => {
    const { id, stub } = await stored({});
    expect(await stub.item()).toMatchObject({ id, hasVisitor: true, address: { email: VERA, level: "reachable" } });
    const chats = { sessions: [id], addresses: [] };
    const both = { sessions: [], addresses: [VERA, "leo@customer.test"] };
    const expected = [chats, chats, both, veras, nobody, nobody, nobody, nobody, chats];
    expect((await storedMessages(stub)).map((message) => message.for)).toEqual(expected);
    await evictDurableObject(stub);
    await stub.item();
    expect((await storedMessages(stub)).map((message) => message.for)).toEqual(expected);
  });

  test("[T2] its browser, with the token that it has, is shown its chat and no mail; confirmed, its own mails too", async () => {
    const { id, stub } = await stored({});
    const welcome = await (await join(stub, VISITOR)).next("welcome");
    expect(welcome.messages.map(({ seq }) => seq)).toEqual([1, 2, 9]);
    expect(welcome.conversation).toMatchObject({ goesOnAt: "v•••@c•••" });
    const confirmed = await join(stub, await confirmAddress(stub, VERA));
    const after = await confirmed.next("welcome");
    expect(after.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 9]);
    expect((await storedMessages(stub))[0]?.for).toEqual({ sessions: [id], addresses: [VERA] });
  });

  test("goes on as any: both sides write, and its mails are not to be chatted", async () => {
    const { id, stub } = await stored({});
    const [visitor, agent] = [await join(stub, VISITOR, 9), await join(stub, ANA, 9)];
    expect(await agent.next("welcome")).toMatchObject({ conversation: { unconfirmedMail: { seq: 7, email: VERA } } });
    visitor.send({ type: "send", clientId: newId(), text: "Still here" });
    expect((await agent.next("message")).message).toMatchObject({ seq: 10, for: { sessions: [id], addresses: [] } });
    agent.send({ type: "send", clientId: newId(), text: "So am I" });
    const from = visitor.frames.length;
    expect((await visitor.next("message", from)).message).toMatchObject({ seq: 11, text: "So am I" });
  });

  test("[T5] one whose contact was blocked lets nobody in", async () => {
    const { stub } = await stored({ state: { ...CHAT, tokenGeneration: 2 } });
    for (const tokenGeneration of [1, 2]) {
      const socket = await connect(stub, { ...VISITOR, tokenGeneration });
      expect((await socket.end()).code).toBe(4001);
    }
  });

  test("[B6] [T4] a mail that waited to leave goes to whom it was written to, or nowhere", async () => {
    ports.conversation = { deliver: takeMail };
    const waiting = old(1, { author: ana, channel: "email", delivery: { state: "queued", to: [VERA] } });
    const row =
      "INSERT INTO outbox (seq, state, due_at, attempts, also, is_cancelled_by_seen) VALUES (1, 'queued', 1, 0, '[]', 0)";
    const state = { ...CHAT, lastSeq: 1, lastInboundSeq: 0, lastReply: { seq: 1, agentId: "ana" } };
    const same = await stored({ state, messages: [waiting], outbox: row });
    await runDurableObjectAlarm(same.stub);
    await same.stub.read(null);
    await vi.waitFor(async () => {
      expect((await same.stub.findMessage(1))?.delivery).toEqual({ state: "sent", to: [VERA] });
    }, WAIT);
    ports.conversation = {};
    ports.seen.delivered = [];
    const changed = await stored({
      state,
      messages: [waiting],
      outbox: row.replace("'queued', 1,", `'queued', ${Date.now() + 3_600_000},`),
    });
    await changed.stub.setAddress({ email: "evil@customer.test" }, AUTHOR_ANA);
    await runInDurableObject(changed.stub, (_, { storage }) => storage.sql.exec("UPDATE outbox SET due_at = 1").toArray());
    await evictDurableObject(changed.stub);
    await changed.stub.read(null);
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(changed.stub);
      expect((await changed.stub.findMessage(1))?.delivery).toMatchObject({
        state: "failed",
        reason: "the address was changed before it was sent",
      });
    }, WAIT);
    expect(ports.seen.delivered).toEqual([]);
  });
});

describe("a conversation by mail from before", () => {
  const state = { ...CHAT, hasVisitor: false, channel: "email" };

  test("[B1] what an agent chatted there is for its address, and no browser gets in", async () => {
    const { stub } = await stored({
      state,
      messages: [old(1, { ...fromVera, mail: { from: { address: VERA } } }), old(2, { author: ana })],
    });
    expect(await stub.item()).toMatchObject({
      hasVisitor: false,
      address: { email: VERA, level: "mail" },
      unconfirmedMail: null,
    });
    expect((await storedMessages(stub)).map((message) => message.for)).toEqual([veras, veras]);
    expect((await (await connect(stub, VISITOR)).end()).code).toBe(4001);
  });
});

test("[C1] an object that has never begun is given no table by it", async () => {
  const stub = conversationStub(env, newId());
  expect(await stub.item()).toBeNull();
  const tables = await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'messages'").toArray(),
  );
  expect(tables).toEqual([]);
});
