import { describe, expect, test } from "vitest";
import { decideMailMessage } from "../../../durable-objects/conversation/commands.ts";
import { decideDeliveryReport, type DeliveryReport } from "../../../durable-objects/conversation/delivery.ts";
import { MAIL_TRIES_MAX, settleMail, type DeliveryResult, type OutboxRow } from "../../../durable-objects/conversation/outbox.ts";
import type { Delivery } from "../../../durable-objects/conversation/protocol.ts";
import { NOW, aMessage, aState, aTurn, ana, anAddress } from "../../support/conversation-builders.ts";

const [A, B, C] = ["a@x.test", "b@x.test", "c@x.test"];
const BOTH: Delivery = { state: "sent", to: [A, B] };

function report(before: Delivery | undefined, over: Partial<DeliveryReport>): Delivery | undefined {
  const message = aMessage({ seq: 3, author: ana, channel: "email", ...(before && { delivery: before }) });
  const [update] = decideDeliveryReport(aTurn(aState(), [["k", message]]), 3, {
    kind: "refused",
    recipient: null,
    reason: "no such user",
    ...over,
  });
  return update?.kind === "update" ? update.message.delivery : undefined;
}

describe("[O6] what is said of a mail that had left", () => {
  test("of one recipient: it failed, and so is a report that names nobody or somebody it was forwarded to", () => {
    const failed = { state: "failed", reason: "no such user", to: [A] };
    for (const recipient of [A, null, "elsewhere@x.test"])
      expect(report({ state: "sent", to: [A] }, { recipient })).toEqual(failed);
  });

  test("of one of several: it is named, the mail stays sent; when all have bounced it failed", () => {
    const one = report(BOTH, { recipient: B });
    expect(one).toEqual({ state: "sent", to: [A], refused: [{ address: B, reason: "no such user" }] });
    expect(report(one, { recipient: A, reason: "full" })).toEqual({
      state: "failed",
      reason: "full",
      to: [A],
      refused: [
        { address: B, reason: "no such user" },
        { address: A, reason: "full" },
      ],
    });
  });

  test("where nobody can tell whose copy it was, it is said and nobody is blamed", () => {
    expect(report(BOTH, {})).toEqual({ ...BOTH, reason: "no such user" });
  });

  test("[T20] what anyone could have said is noted where nothing is known, counts no bounce, and gives way to what is", () => {
    const claim = { kind: "claimed", recipient: A, reason: "a claim" } as const;
    const one: Delivery = { state: "sent", to: [A] };
    expect(report(one, claim)).toEqual({ ...one, reason: "a claim" });
    const message = aMessage({ seq: 3, author: ana, channel: "email", delivery: one });
    const effects = decideDeliveryReport(aTurn(aState(), [["k", message]]), 3, claim);
    expect(effects.map(({ kind }) => kind)).toEqual(["update", "broadcast"]);
    expect(report({ ...one, reason: "a claim" }, { kind: "delivered", recipient: A })).toEqual({ ...one, deliveredTo: [A] });
    expect(report({ ...one, reason: "a claim" }, { recipient: A })).toMatchObject({ state: "failed", reason: "no such user" });
  });

  test.each<[string, Delivery | undefined, Partial<DeliveryReport>]>([
    ["a bounce again", { state: "failed", reason: "no such user", to: [A] }, {}],
    ["a bounce of one again", { state: "sent", to: [A], refused: [{ address: B, reason: "no such user" }] }, { recipient: B }],
    ["a delivery again", { ...BOTH, deliveredTo: [A] }, { kind: "delivered", recipient: A }],
    ["a delay after the delivery", { ...BOTH, deliveredTo: [A] }, { kind: "delayed", recipient: A }],
    ["a delay after the bounce", { state: "failed", reason: "no such user", to: [A] }, { kind: "delayed", reason: "later" }],
    [
      "a delay after the bounce of one",
      { state: "sent", to: [A], refused: [{ address: B, reason: "no such user" }] },
      { kind: "delayed", recipient: B, reason: "later" },
    ],
    ["a claim after a delay", { ...BOTH, reason: "later" }, { kind: "claimed", recipient: A }],
    ["a claim after the delivery", { ...BOTH, deliveredTo: [A] }, { kind: "claimed", recipient: A }],
    ["a claim while it waits", { state: "queued", to: [A] }, { kind: "claimed", recipient: A }],
    ["a delivery after the bounce", { state: "failed", reason: "no such user", to: [A] }, { kind: "delivered", recipient: A }],
    ["what was never mailed", undefined, {}],
  ])("%s changes nothing", (_, before, over) => {
    expect(report(before, over)).toBeUndefined();
  });

  test("delivered: noted for each, and a delay is over", () => {
    expect(report({ ...BOTH, reason: "greylisted" }, { kind: "delivered", recipient: B })).toEqual({ ...BOTH, deliveredTo: [B] });
  });

  test("[A5] a mail of which nobody knew is sent when its delivery is reported", () => {
    expect(report({ state: "unknown", reason: "cut", to: [A] }, { kind: "delivered", recipient: A })).toEqual({
      state: "sent",
      to: [A],
      deliveredTo: [A],
    });
  });

  test("a complaint is said, and the mail stays sent", () => {
    expect(report(BOTH, { kind: "complained", recipient: A, reason: "spam" })).toEqual({ ...BOTH, reason: "spam" });
  });
});

const aRow = (over: Partial<OutboxRow> = {}): OutboxRow => ({
  seq: 3,
  to: A,
  state: "sending",
  dueAt: NOW,
  attempts: 0,
  also: [],
  isCancelledBySeen: false,
  only: null,
  isInsisted: false,
  ...over,
});
const settle = (row: OutboxRow, result: DeliveryResult, before: Delivery) =>
  settleMail({ row, result, before, now: NOW, random: 0 });
const refusal = (address: string, isTemporary = false) => ({ address, reason: "why", isTemporary });

describe("[O2] several recipients", () => {
  const three: Delivery = { state: "sending", to: [A, B, C] };

  test("one refused address does not stop the others, and is named with its reason", () => {
    const result = { kind: "sent" as const, to: [A, C], messageId: "id", refused: [refusal(B)] };
    expect(settle(aRow(), result, three)).toEqual({
      kind: "done",
      messageId: "id",
      delivery: { state: "sent", to: [A, C], refused: [{ address: B, reason: "why" }] },
    });
  });

  test("all refused: failed, each with its reason", () => {
    const result = { kind: "refused" as const, reason: "why", refused: [refusal(A), refusal(B), refusal(C)] };
    expect(settle(aRow(), result, three).delivery).toEqual({
      state: "failed",
      reason: "why",
      to: [A, B, C],
      refused: [A, B, C].map((address) => ({ address, reason: "why" })),
    });
  });

  test("[O3] who was put off is tried again alone, by itself, until it is given up", () => {
    const first = settle(aRow(), { kind: "sent", to: [A], messageId: "id", refused: [refusal(B, true), refusal(C)] }, three);
    expect(first).toMatchObject({
      kind: "again",
      messageId: "id",
      row: { state: "queued", only: [B], attempts: 1 },
      delivery: {
        state: "sent",
        to: [A],
        refused: [
          { address: B, reason: "why", isPending: true },
          { address: C, reason: "why" },
        ],
      },
    });
    const last = aRow({ only: [B], attempts: MAIL_TRIES_MAX - 1 });
    expect(settle(last, { kind: "deferred", reason: "later" }, { state: "sent", to: [A] })).toEqual({
      kind: "done",
      messageId: null,
      delivery: { state: "sent", to: [A], refused: [{ address: B, reason: "gave up after 12 tries: later" }] },
    });
  });

  test("[A5] what happens to the rest takes nothing from those who have it", () => {
    const row = aRow({ only: [B, C] });
    const before: Delivery = { state: "sent", to: [A], refused: [], deliveredTo: [A] };
    const known = { state: "sent", to: [A], deliveredTo: [A] };
    const rest = [B, C].map((address) => ({ address, reason: "cut" }));
    for (const kind of ["unknown", "refused"] as const)
      expect(settle(row, { kind, reason: "cut" }, before).delivery).toEqual({ ...known, refused: rest });
    expect(settle(row, { kind: "sent", to: [B, C], messageId: "two" }, before).delivery).toEqual({ ...known, to: [A, B, C] });
  });
});

describe("[O2] [O3] who was refused for good stays named while others are tried again", () => {
  const again = aRow({ only: [B], attempts: 1 });
  const pending = { address: B, reason: "why", isPending: true };
  const refusedC = { address: C, reason: "no such user" };

  test("when the others have it", () => {
    const before: Delivery = { state: "sent", to: [A], refused: [pending, refusedC] };
    expect(settle(again, { kind: "sent", to: [B], messageId: "two" }, before).delivery).toEqual({
      state: "sent",
      to: [A, B],
      refused: [refusedC],
    });
  });

  test.each(["refused", "unknown", "deferred"] as const)("when the others end as %s", (kind) => {
    const before: Delivery = { state: "sent", to: [A], refused: [pending, refusedC] };
    const { delivery } = settle(again, { kind, reason: "why" }, before);
    expect(delivery).toMatchObject({ state: "sent", to: [A] });
    expect(delivery.refused?.map(({ address }) => address).sort()).toEqual([B, C]);
  });

  test("[M5] when the copy of the only one who had it came back meanwhile: it is not said to have reached them", () => {
    const bounced = report({ state: "sent", to: [A], refused: [pending] }, { recipient: A, reason: "came back" });
    if (bounced === undefined) throw new Error("nothing was said");
    expect(settle(again, { kind: "sent", to: [B], messageId: "two" }, bounced).delivery).toEqual({
      state: "sent",
      to: [B],
      refused: [{ address: A, reason: "came back" }],
    });
    expect(settle(again, { kind: "refused", reason: "full" }, bounced).delivery).toEqual({
      state: "failed",
      reason: "full",
      to: [A],
      refused: [
        { address: A, reason: "came back" },
        { address: B, reason: "full" },
      ],
    });
  });
});

describe("[O2] again by hand", () => {
  const mail = { seq: 3, author: ana, channel: "email" as const, to: A, cc: [B], bcc: [C] };
  const retry = (delivery: Delivery, { seen, ...over }: { seen?: string; to?: string } = {}) =>
    decideMailMessage(aTurn(aState({ address: anAddress(A) }), [["k", aMessage({ ...mail, ...over, delivery })]]), 3, seen);

  test("goes only to those whom it has not reached, also where they are known to be undeliverable", () => {
    const { effects } = retry({ state: "sent", to: [A, C], refused: [{ address: B, reason: "why" }] });
    expect(effects[0]).toEqual({ kind: "mail", job: { seq: 3, to: A, dueAt: NOW, only: [B], isInsisted: true } });
    expect(effects[2]).toMatchObject({
      frame: { delivery: { state: "sent", to: [A, C], refused: [{ address: B, reason: "why", isPending: true }] } },
    });
  });

  test("[T4] and to the address that was put right since only where its agent has seen it; then it is for that one, too", () => {
    const to = "typo@x.test";
    const before: Delivery = { state: "sent", to: [B, C], refused: [{ address: to, reason: "why" }] };
    expect(retry(before, { to })).toEqual({ effects: [], refusal: "address_changed" });
    const { effects } = retry(before, { to, seen: A });
    expect(effects[0]).toMatchObject({ job: { to: A, only: [A] } });
    expect(effects[1]).toMatchObject({ kind: "update", message: { to: A, for: { sessions: [], addresses: [A, B, C] } } });
  });

  test("of a mail that failed for all goes to all; one that all have, or that is still tried, goes to nobody", () => {
    expect(retry({ state: "failed", to: [A, B, C], reason: "why" }).effects[0]).toEqual({
      kind: "mail",
      job: { seq: 3, to: A, dueAt: NOW, isInsisted: true },
    });
    expect(retry({ state: "sent", to: [A, B, C] }).effects).toEqual([]);
    const pending = { address: B, reason: "why", isPending: true };
    expect(retry({ state: "sent", to: [A, C], refused: [pending] }).effects).toEqual([]);
    // The copies of all others have come back; this one may be on its way at this instant (A5).
    const bounced = [{ address: A, reason: "came back" }, pending];
    expect(retry({ state: "failed", to: [A], reason: "came back", refused: bounced }).effects).toEqual([]);
  });
});
