/** Mails leave at most once (A5), in order, can be taken back until they leave, and say what became of them. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { MailToDeliver } from "../../../durable-objects/conversation/ports.ts";
import {
  ANA,
  AUTHOR_ANA,
  agentMail,
  alarmOf,
  begin,
  crash,
  freshStorage,
  join,
  lookAgain,
  mailOpenRequest,
  outboxRows,
  send,
  settle,
  type ConversationStub,
} from "../support/conversation.ts";
import { Gate, hang, ports, takeMail } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);
afterEach(() => vi.useRealTimers());

/** A conversation by mail whose first message is the customer's. */
async function beginMail() {
  return begin({ author: { kind: "contact" }, channel: "note", open: mailOpenRequest() });
}

/** The alarm rings until nothing but what is under way is left: then it is set for when that must have ended. */
async function untilOnlyWaiting(stub: ConversationStub): Promise<void> {
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(stub);
    expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now() + 10_000);
  }, WAIT);
}

async function deliveryOf(stub: ConversationStub, seq: number) {
  return (await stub.findMessage(seq))?.delivery;
}

async function untilDelivery(stub: ConversationStub, seq: number, state: string): Promise<void> {
  await vi.waitFor(async () => expect((await deliveryOf(stub, seq))?.state).toBe(state), WAIT);
}

const TO = ["carla@customer.test"];

describe("handing over", () => {
  test("[O1] queued, sending, sent: each is stored and shown; the row is gone at the end", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginMail();
    const ana = await join(stub, ANA);
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, "sent");
    expect(await deliveryOf(stub, seq)).toEqual({ state: "sent", to: TO });
    expect((await ana.next("message")).message.delivery).toEqual({ state: "queued", to: TO });
    await vi.waitFor(() => {
      const states = ana.frames.flatMap((frame) => (frame.type === "delivery" ? [frame.delivery.state] : []));
      expect(states).toEqual(["sending", "sent"]);
    }, WAIT);
    expect(await outboxRows(stub)).toEqual([]);
    expect(ports.seen.delivered.map(({ message }) => message.delivery?.state)).toEqual(["queued"]);
  });

  test("[E31] [A5] a crash while a mail is handed over: unknown, and never sent again by itself", async () => {
    ports.conversation = { deliver: hang };
    const { id, stub } = await beginMail();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, "sending");
    const after = await crash(id);
    ports.conversation = { deliver: takeMail };
    expect(await runDurableObjectAlarm(after)).toBe(true);
    await untilDelivery(after, seq, "unknown");
    await evictDurableObject(after);
    await send(after);
    await runDurableObjectAlarm(after);
    expect(await outboxRows(after)).toEqual([]);
    expect(ports.seen.delivered).toHaveLength(1);
    expect(await after.mailMessage(seq)).toBeNull();
    await untilDelivery(after, seq, "sent");
    expect(ports.seen.delivered).toHaveLength(2);
  });

  test("[A5] the same where the alarm had rung before the crash", async () => {
    ports.conversation = { deliver: hang };
    const { id, stub } = await beginMail();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, "sending");
    await untilOnlyWaiting(stub);
    const after = await crash(id);
    expect(await runDurableObjectAlarm(after)).toBe(true);
    await untilDelivery(after, seq, "unknown");
    expect(ports.seen.delivered).toHaveLength(1);
  });

  test("[O4] a second mail waits for the first, without spinning, and they leave in order", async () => {
    const gate = new Gate();
    ports.conversation = {
      deliver: async (mail: MailToDeliver) => {
        if (mail.message.text === "One") await gate.pass();
        return takeMail(mail);
      },
    };
    const { stub } = await beginMail();
    const one = await send(stub, agentMail({ text: "One" }));
    await untilDelivery(stub, one.seq, "sending");
    const two = await send(stub, agentMail({ text: "Two" }));
    await untilOnlyWaiting(stub);
    expect(await deliveryOf(stub, two.seq)).toEqual({ state: "queued", to: TO });
    gate.isOpen = true;
    await untilDelivery(stub, two.seq, "sent");
    expect(ports.seen.delivered.map(({ message }) => message.text)).toEqual(["One", "Two"]);
  });

  test("[C6] [T7] a mail server that hangs keeps nobody in whose session has ended", async () => {
    ports.conversation = { deliver: hang };
    const { stub } = await beginMail();
    const ana = await join(stub, ANA);
    ports.roles = { loadRoles: async () => new Map() };
    // By the alarm, which does not end while the mail server hangs.
    const { seq } = await send(stub, agentMail({ undoMs: 10_000 }));
    void lookAgain(stub);
    await untilDelivery(stub, seq, "sending");
    expect((await ana.end()).code).toBe(4001);
  });

  test("[O3] put off by the other server: queued with the reason, tried again by alarm", async () => {
    ports.conversation = { deliver: async () => ({ kind: "deferred", reason: "greylisted" }) };
    const { stub } = await beginMail();
    const { seq } = await send(stub, agentMail());
    await vi.waitFor(async () => expect(await outboxRows(stub)).toEqual([{ seq, state: "queued", attempts: 1 }]), WAIT);
    expect(await deliveryOf(stub, seq)).toEqual({ state: "queued", reason: "greylisted", to: TO });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(ports.seen.delivered).toHaveLength(1);
    expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now() + 1_000);
  });

  test("[O3] the port broken before anything was handed over: the mail is put off", async () => {
    ports.conversation = { deliver: async () => Promise.reject(new Error("no key")) };
    const { stub } = await beginMail();
    const { seq } = await send(stub, agentMail());
    await vi.waitFor(async () => expect(await outboxRows(stub)).toEqual([{ seq, state: "queued", attempts: 1 }]), WAIT);
  });

  test("[O2] refused: failed with its reason, and an agent can try again by hand", async () => {
    ports.conversation = { deliver: async () => ({ kind: "refused", reason: "no such person" }) };
    const { stub } = await beginMail();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, "failed");
    expect(await deliveryOf(stub, seq)).toEqual({ state: "failed", reason: "no such person", to: TO });
    ports.conversation = { deliver: takeMail };
    expect(await stub.mailMessage(seq)).toBeNull();
    await untilDelivery(stub, seq, "sent");
  });

  test("[O5] notes are never handed to composition, nor what comes after", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginMail();
    await send(stub, { author: AUTHOR_ANA, channel: "note", text: "Between us" });
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    await send(stub, { author: AUTHOR_ANA, text: "Later" });
    expect(await stub.undo(seq)).toBeNull();
    expect(await stub.mailMessage(seq)).toBeNull();
    await untilDelivery(stub, seq, "sent");
    expect(ports.seen.delivered[0]?.earlier).toEqual([]);
  });
});

describe("taking back", () => {
  test("[T16] until it leaves: it never does, and the row is gone", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginMail();
    const ana = await join(stub, ANA);
    const { seq } = await send(stub, agentMail({ undoMs: 60_000 }));
    expect(await deliveryOf(stub, seq)).toEqual({ state: "queued", to: TO, undoUntil: expect.any(Number) });
    await runDurableObjectAlarm(stub);
    expect(ports.seen.delivered).toEqual([]);
    ana.send({ type: "undo", seq });
    expect(await ana.next("delivery")).toMatchObject({
      seq,
      delivery: { state: "failed", reason: "taken back before it was sent" },
    });
    expect(await outboxRows(stub)).toEqual([]);
    await runDurableObjectAlarm(stub);
    expect(ports.seen.delivered).toEqual([]);
  });

  test("[T16] once it is being handed over it is too late, by socket and by HTTP", async () => {
    ports.conversation = { deliver: hang };
    const { stub } = await beginMail();
    const ana = await join(stub, ANA);
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, "sending");
    expect(await stub.undo(seq)).toBe("too_late");
    ana.send({ type: "undo", seq });
    expect(await ana.next("rejected")).toEqual({ type: "rejected", reason: "too_late" });
    await settle(ana);
    expect((await deliveryOf(stub, seq))?.state).toBe("sending");
  });

  test("[O6] a hard bounce fails a sent mail, a delay only says so", async () => {
    ports.conversation = { deliver: takeMail };
    const { stub } = await beginMail();
    const { seq } = await send(stub, agentMail());
    await untilDelivery(stub, seq, "sent");
    await stub.reportDelivery(seq, { kind: "delayed", recipient: null, reason: "delayed by 4 hours" });
    expect(await deliveryOf(stub, seq)).toEqual({ state: "sent", reason: "delayed by 4 hours", to: TO });
    await stub.reportDelivery(seq, { kind: "refused", recipient: null, reason: "mailbox full" });
    expect(await deliveryOf(stub, seq)).toEqual({ state: "failed", reason: "mailbox full", to: TO });
  });
});

test("[O11] a chat reply is mailed however much is in the thread that nobody had on a screen of the widget", async () => {
  ports.conversation = { deliver: takeMail };
  const { stub } = await beginMail();
  for (let n = 0; n < 70; n += 1) await send(stub, { author: AUTHOR_ANA, channel: "note", text: `note ${n}` });
  const { seq } = await send(stub, { author: AUTHOR_ANA, text: "Have you seen this?", unseenMs: 1 });
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(stub);
    expect(await deliveryOf(stub, seq)).toMatchObject({ state: "sent", to: TO });
  }, WAIT);
});
