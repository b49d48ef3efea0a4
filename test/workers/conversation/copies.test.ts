import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { DeliveryResult } from "../../../durable-objects/conversation/outbox.ts";
import type { Delivery } from "../../../durable-objects/conversation/protocol.ts";
import {
  ANA,
  VISITOR,
  agentMail,
  begin,
  chatOpenRequest,
  confirmAddress,
  crash,
  freshStorage,
  join,
  mailOpenRequest,
  outboxRows,
  send,
  sendAnswer,
  settle,
  storedMessages,
  type ConversationStub,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";
import { fail, hang, ports, takeMail } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

const [CARLA, LEO, BOSS] = ["carla@customer.test", "leo@customer.test", "boss@acme.example"];

beforeEach(freshStorage);

const beginMail = () => begin({ text: "It is on fire", open: mailOpenRequest() });

async function untilDelivery(stub: ConversationStub, seq: number, expected: Delivery): Promise<void> {
  await vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery).toEqual(expected), WAIT);
}

const deliver = (result: DeliveryResult) => {
  ports.conversation = { deliver: async () => result };
};

describe("[C13] a `send` frame with Cc and Bcc", () => {
  const frame = (over: object) => ({
    type: "send" as const,
    clientId: newId(),
    text: "Off and on.",
    channel: "email" as const,
    ...over,
  });

  test("is acknowledged with them, and told to agents and to no visitor", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await begin({ open: chatOpenRequest() });
    const [ana, visitor] = [await join(stub, ANA), await join(stub, VISITOR)];
    ana.send(frame({ cc: [LEO], bcc: [BOSS] }));
    expect(await ana.next("message")).toMatchObject({ message: { to: CARLA, cc: [LEO], bcc: [BOSS] } });
    await untilDelivery(stub, 2, { state: "sent", to: [CARLA, LEO, BOSS] });
    await settle(visitor);
    expect(JSON.stringify(visitor.frames)).not.toContain("Off and on.");
    // Who has shown that they are one of those whom it went to has it, and is told of none of the others.
    const shown = await join(stub, await confirmAddress(stub, LEO));
    await settle(shown);
    expect(JSON.stringify(shown.frames)).toContain("Off and on.");
    for (const address of [LEO, BOSS, CARLA]) expect(JSON.stringify(shown.frames)).not.toContain(address);
  });

  test("that are wrong is refused with what is wrong, and the socket stays", async () => {
    ports.conversation = { findOwnAddresses: async (addresses) => addresses.filter((address) => address === "hello@acme.test") };
    const { stub } = await beginMail();
    const ana = await join(stub, ANA);
    const bad = frame({ cc: ["nonsense"] });
    ana.send(bad);
    expect(await ana.next("rejected")).toEqual({
      type: "rejected",
      reason: "bad_copies",
      clientId: bad.clientId,
      detail: "“nonsense” is not an address that mail can be sent to.",
    });
    const from = ana.frames.length;
    ana.send(frame({ bcc: ["Hello@acme.test"] }));
    expect(await ana.next("rejected", from)).toMatchObject({
      reason: "bad_copies",
      detail: expect.stringContaining("hello@acme.test"),
    });
    expect(await storedMessages(stub)).toHaveLength(1);
  });

  test("of a visitor names nobody, whatever it says", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    visitor.send(frame({ cc: [LEO] }));
    expect((await visitor.next("message")).message.channel).toBe("chat");
    expect((await stub.findMessage(2))?.cc).toBeUndefined();
  });

  test("[A12] with D1 away is tried again later; one without copies does not wait, nor does a repeat", async () => {
    const { stub } = await beginMail();
    ports.conversation = { deliver: takeMail };
    const first = agentMail({ cc: [LEO] });
    await send(stub, first);
    ports.conversation = { deliver: takeMail, findOwnAddresses: fail };
    expect(await sendAnswer(stub, agentMail({ cc: [LEO] }))).toEqual({ kind: "rejected", reason: "try_again" });
    expect((await sendAnswer(stub, agentMail())).kind).toBe("stored");
    expect((await sendAnswer(stub, first)).kind).toBe("repeated");
  });
});

describe("[O2] [O3] several recipients", () => {
  test("one is put off: tried again alone, also after an eviction; who has it is never written to again", async () => {
    const { stub } = await beginMail();
    const refused = [{ address: LEO, reason: "greylisted", isTemporary: true }];
    deliver({ kind: "sent", to: [CARLA], messageId: "one@acme.test", refused });
    const { seq } = await send(stub, agentMail({ cc: [LEO] }));
    await untilDelivery(stub, seq, {
      state: "sent",
      to: [CARLA],
      refused: [{ address: LEO, reason: "greylisted", isPending: true }],
    });
    expect(await outboxRows(stub)).toEqual([{ seq, state: "queued", attempts: 1 }]);
    expect(await stub.undo(seq)).toBe("too_late");
    await evictDurableObject(stub);
    deliver({ kind: "sent", to: [LEO], messageId: "one@acme.test" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * 60_000 });
    await runDurableObjectAlarm(stub);
    await untilDelivery(stub, seq, { state: "sent", to: [CARLA, LEO] });
    vi.useRealTimers();
    expect(ports.seen.delivered.map(({ only, isInsisted }) => [only, isInsisted])).toEqual([
      [null, false],
      [[LEO], false],
    ]);
    expect(await outboxRows(stub)).toEqual([]);
  });

  test("[A5] the process ends while one is tried again: nobody knows about that one, and the others have it", async () => {
    const { id, stub } = await beginMail();
    deliver({ kind: "sent", to: [CARLA], messageId: null, refused: [{ address: LEO, reason: "nobody", isTemporary: false }] });
    const { seq } = await send(stub, agentMail({ cc: [LEO] }));
    await untilDelivery(stub, seq, { state: "sent", to: [CARLA], refused: [{ address: LEO, reason: "nobody" }] });
    ports.conversation = { deliver: hang };
    expect(await stub.mailMessage(seq)).toBeNull();
    await vi.waitFor(async () => expect(await outboxRows(stub)).toEqual([{ seq, state: "sending", attempts: 0 }]), WAIT);
    const again = await crash(id);
    await runDurableObjectAlarm(again);
    const reason = "Hilo was stopped while this mail was being handed over; it may or may not have been sent";
    await untilDelivery(again, seq, { state: "sent", to: [CARLA], refused: [{ address: LEO, reason }] });
    expect(await outboxRows(again)).toEqual([]);
  });
});
