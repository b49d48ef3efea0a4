import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  ANA,
  AUTHOR_ANA,
  VISITOR,
  agentMail,
  begin,
  chatOpenRequest,
  freshStorage,
  join,
  send,
  storedMessages,
  type ConversationStub,
} from "../support/conversation.ts";
import { ports } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);
afterEach(() => {
  vi.useRealTimers();
});

const mailIds = () => ports.seen.delivered.map(({ mailId }) => mailId);

const handedOver = async (stub: ConversationStub, seq: number, state: string) =>
  vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery).toMatchObject({ state }), WAIT);

test("[O6] a mail's id is random and told to nobody; at every try it is the same, also after an eviction and by hand", async () => {
  ports.conversation = { deliver: async () => ({ kind: "deferred", reason: "greylisted" }) };
  const { stub } = await begin({ open: chatOpenRequest() });
  const sockets = [await join(stub, ANA), await join(stub, VISITOR)];
  const { seq } = await send(stub, agentMail());
  await vi.waitFor(() => expect(mailIds()).toHaveLength(1), WAIT);
  await evictDurableObject(stub);
  ports.conversation = { deliver: async () => ({ kind: "refused", reason: "nobody" }) };
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  await runDurableObjectAlarm(stub);
  await handedOver(stub, seq, "failed");
  expect(await stub.mailMessage(seq)).toBeNull();
  await vi.waitFor(() => expect(mailIds()).toHaveLength(3), WAIT);
  const [id = ""] = mailIds();
  // Version 4: nothing in it but randomness.
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(mailIds()).toEqual([id, id, id]);
  expect(JSON.stringify([await storedMessages(stub), sockets.map(({ frames }) => frames)])).not.toContain(id);
});

test("[O6] [T4] a reply that is sent to another address after all has another id there: who had the first does not know it", async () => {
  ports.conversation = { deliver: async () => ({ kind: "refused", reason: "nobody" }) };
  const { stub } = await begin({ open: chatOpenRequest() });
  const { seq } = await send(stub, agentMail());
  await handedOver(stub, seq, "failed");
  await stub.setAddress({ email: "leo@customer.test" }, AUTHOR_ANA);
  expect(await stub.mailMessage(seq, "leo@customer.test")).toBeNull();
  await vi.waitFor(() => expect(mailIds()).toHaveLength(2), WAIT);
  expect(new Set(mailIds()).size).toBe(2);
});
