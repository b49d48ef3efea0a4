import { describe, expect, test } from "vitest";
import { isAddressDead, isAddressHeld } from "../../../durable-objects/conversation/addresses.ts";
import { decideDeliveryReport } from "../../../durable-objects/conversation/delivery.ts";
import type { Effect } from "../../../durable-objects/conversation/effects.ts";
import { addressOfRow, decideLeaving, decideLeft } from "../../../durable-objects/conversation/leaving.ts";
import { settleMail, type DeliveryResult, type OutboxRow } from "../../../durable-objects/conversation/outbox.ts";
import { ADDRESS_CHANGED_REASON, type Message } from "../../../durable-objects/conversation/protocol.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import { NOW, aBeginner, aMailState, aMessage, aState, aTurn, ana, anAddress } from "../../support/conversation-builders.ts";

const [VERA, LEO, EVIL] = ["vera@customer.test", "leo@customer.test", "evil@customer.test"];
const mail = aMessage({
  seq: 3,
  author: ana,
  channel: "email",
  to: VERA,
  cc: [LEO],
  delivery: { state: "queued", to: [VERA, LEO] },
});
const chatReply = aMessage({ seq: 3, author: ana });
const toVera = aState({ address: anAddress(VERA), beginner: aBeginner({ given: [VERA] }) });

function aRow(over: Partial<OutboxRow> = {}): OutboxRow {
  const flags = { isCancelledBySeen: false, isInsisted: false };
  return { seq: 3, to: VERA, state: "queued", dueAt: NOW, attempts: 0, also: [], only: null, ...flags, ...over };
}

const stateAfter = (before: ConversationState, effects: Effect[]) =>
  effects.findLast((effect) => effect.kind === "state")?.state ?? before;

/** As the drain does it: noted before, settled after. */
function sendOnce(before: ConversationState, result: DeliveryResult, over: { row?: Partial<OutboxRow>; message?: Message } = {}) {
  const { message = mail } = over;
  const row = aRow(over.row);
  const leaving = stateAfter(before, decideLeaving(aTurn(before), { row, message, to: VERA }));
  const settled = settleMail({ row, result, before: message.delivery, now: NOW, random: 0 });
  const effects = decideLeft(aTurn(leaving), settled, { row, message, result });
  return { state: stateAfter(leaving, effects), effects };
}

const countsOf = (state: ConversationState, email: string) => {
  const known = state.correspondents.find((one) => one.email === email);
  return known === undefined ? null : [known.mails, known.bounces];
};
const sent = (over: Partial<Extract<DeliveryResult, { kind: "sent" }>> = {}): DeliveryResult => ({
  kind: "sent",
  to: [VERA, LEO],
  messageId: "one@hilo.test",
  ...over,
});
const refusal = (address: string, isTemporary: boolean) => ({ address, reason: "why", isTemporary });

describe("[B6] [T4] where a mail goes", () => {
  const changed = aState({ address: anAddress(EVIL), beginner: aBeginner({ given: [VERA, EVIL] }) });

  test("a reply by mail: where it was written to, while replies go there; else nowhere", () => {
    expect(addressOfRow(aRow(), toVera, mail)).toBe(VERA);
    expect(addressOfRow(aRow(), changed, mail)).toBeNull();
    expect(addressOfRow(aRow(), { ...toVera, address: null }, mail)).toBeNull();
  });

  test("also the second try of one that was put off, and to those alone whom it did not reach", () => {
    expect(addressOfRow(aRow({ attempts: 3 }), changed, mail)).toBeNull();
    expect(addressOfRow(aRow({ only: [LEO] }), changed, mail)).toBeNull();
  });

  test("a chat reply that nobody has seen: the address that its reader gave, and not the one that an agent's replies go to", () => {
    const claimed = aState({ address: anAddress(VERA), claimed: EVIL, beginner: aBeginner({ given: [VERA, EVIL] }) });
    expect(addressOfRow(aRow({ to: EVIL }), claimed, chatReply)).toBe(EVIL);
    expect(addressOfRow(aRow({ to: VERA }), claimed, chatReply)).toBeNull();
    expect(addressOfRow(aRow(), toVera, chatReply)).toBe(VERA);
  });

  test("one from before its address was stored goes where its message went, or nowhere", () => {
    const { to: _to, ...old } = mail;
    expect(addressOfRow(aRow({ to: null }), toVera, old)).toBe(VERA);
    expect(addressOfRow(aRow({ to: null }), changed, old)).toBeNull();
    expect(addressOfRow(aRow({ to: null }), toVera, { ...old, delivery: { state: "queued" } })).toBe(VERA);
  });

  test("one that did not leave for this has not come back from anywhere", () => {
    const refused: DeliveryResult = { kind: "refused", reason: ADDRESS_CHANGED_REASON };
    const settled = settleMail({ row: aRow(), result: refused, before: mail.delivery, now: NOW, random: 0 });
    expect(settled.delivery).toMatchObject({ state: "failed", reason: "the address was changed before it was sent" });
    expect(decideLeft(aTurn(changed), settled, { row: aRow(), message: mail, result: refused })).toEqual([]);
  });
});

describe("[C10] an address that was mailed is held", () => {
  test("from before the transport is called, and so is everybody's who is in copy", () => {
    const leaving = stateAfter(toVera, decideLeaving(aTurn(toVera), { row: aRow(), message: mail, to: VERA }));
    expect([isAddressHeld(toVera), isAddressHeld(leaving)]).toEqual([false, true]);
    expect([countsOf(leaving, VERA), countsOf(leaving, LEO)]).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(isAddressHeld({ ...leaving, address: anAddress(LEO) })).toBe(true);
  });

  test.each<[string, DeliveryResult, [number, number], [number, number]]>([
    ["that all have", sent(), [1, 0], [1, 0]],
    ["of which nobody knows", { kind: "unknown", reason: "cut" }, [1, 0], [1, 0]],
    ["that came back from all", { kind: "refused", reason: "no" }, [1, 1], [1, 1]],
    ["that was put off has not left", { kind: "deferred", reason: "later" }, [0, 0], [0, 0]],
    ["that came back from one", sent({ to: [VERA], refused: [refusal(LEO, false)] }), [1, 0], [1, 1]],
    ["that was put off for one", sent({ to: [LEO], refused: [refusal(VERA, true)] }), [0, 0], [1, 0]],
    ["that was refused, each for itself", { kind: "refused", reason: "no", refused: [refusal(VERA, false)] }, [1, 1], [1, 0]],
  ])("a mail %s", (_, result, vera, leo) => {
    const { state } = sendOnce(toVera, result);
    expect([countsOf(state, VERA), countsOf(state, LEO)]).toEqual([vera, leo]);
  });

  test("what becomes of a copy says nothing of the other's address", () => {
    const reached = sendOnce(toVera, sent({ to: [VERA], refused: [refusal(LEO, true)] })).state;
    const again = sendOnce(reached, { kind: "refused", reason: "no" }, { row: { only: [LEO] } }).state;
    expect([countsOf(again, VERA), countsOf(again, LEO)]).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(isAddressDead(again)).toBe(false);
  });

  test("however often it was put off, one that comes back in the end is dead, and one that arrives is not", () => {
    let state = toVera;
    for (const attempts of [0, 1, 2]) ({ state } = sendOnce(state, { kind: "deferred", reason: "later" }, { row: { attempts } }));
    expect(isAddressDead(sendOnce(state, { kind: "refused", reason: "no" }, { row: { attempts: 3 } }).state)).toBe(true);
    expect(isAddressDead(sendOnce(state, sent(), { row: { attempts: 3 } }).state)).toBe(false);
  });

  test("a bounce that comes later counts, once however often it is told", () => {
    const { state } = sendOnce(toVera, sent());
    const report = (reason: string) => ({ kind: "refused" as const, recipient: VERA, reason });
    const stored = aMessage({ ...mail, delivery: { state: "sent", to: [VERA, LEO] } });
    const effects = decideDeliveryReport(aTurn(state, [["k", stored]]), 3, report("no such user"));
    const bounced = stateAfter(state, effects);
    expect(countsOf(bounced, VERA)).toEqual([1, 1]);
    const known = effects.find((effect) => effect.kind === "update")?.message ?? stored;
    const again = decideDeliveryReport(aTurn(bounced, [["k", known]]), 3, report("in other words"));
    expect(countsOf(stateAfter(bounced, again), VERA)).toEqual([1, 1]);
  });

  test("a bounce that asks the address book anew does so only where the visitor has said another address", () => {
    const refused: DeliveryResult = { kind: "refused", reason: "no" };
    expect(sendOnce(toVera, refused).state.address).toMatchObject({ hasOthers: false });
    expect(sendOnce({ ...toVera, claimed: EVIL }, refused).state.address).toMatchObject({ hasOthers: null });
    // Somebody has answered from it before.
    const heard = {
      ...toVera,
      claimed: EVIL,
      correspondents: [{ email: VERA, mails: 1, bounces: 0, isHeard: true, isReachable: true }],
    };
    expect(sendOnce(heard, refused).state.address).toMatchObject({ hasOthers: false });
  });
});

describe("what the first mail that leaves changes", () => {
  test("[B9] an agent's mail: the widget is told that the conversation goes on by email, once", () => {
    const { state, effects } = sendOnce(toVera, sent());
    expect(state).toMatchObject({ hasMailed: true, revision: 1 });
    expect(effects).toContainEqual({ kind: "conversation" });
    const again = sendOnce(state, sent());
    expect(again.effects.map(({ kind }) => kind)).not.toContain("conversation");
  });

  test.each<[string, DeliveryResult, Partial<Message>]>([
    ["that did not leave", { kind: "refused", reason: "no" }, {}],
    ["that was put off", { kind: "deferred", reason: "later" }, {}],
    ["of a chat reply that nobody has seen", sent(), { channel: "chat" }],
    ["that nobody wrote", sent(), { author: { kind: "system" } }],
  ])("[B9] not by one %s", (_, result, over) => {
    const { state } = sendOnce(toVera, result, { message: aMessage({ ...mail, ...over }) });
    expect(state.hasMailed).toBe(false);
  });

  test("[T20] its reader is in the address book from then on, by no name that a visitor typed", () => {
    const named = { ...toVera, visitor: { name: "Vera <b>" } };
    expect(sendOnce(named, sent()).state.unresolved).toEqual({ email: VERA });
    expect(sendOnce(named, { kind: "refused", reason: "no" }).state.unresolved).toBeNull();
    expect(sendOnce(named, sent(), { message: aMessage({ ...mail, author: { kind: "system" } }) }).state.unresolved).toBeNull();
    const known = { ...named, contact: { id: "0190f000-0000-7000-8000-000000000002", name: "Vera", email: VERA } };
    expect(sendOnce(known, sent()).state.unresolved).toBeNull();
  });

  test("[C11] its id joins the thread that it answers", () => {
    const thread = { mailboxId: "m", mailbox: "hello@acme.test", references: ["first"], lastInboundId: "first" };
    const { state } = sendOnce(aMailState({ address: anAddress(VERA, { by: "mail" }), mail: thread }), sent());
    expect(state.mail?.references).toEqual(["first", "one@hilo.test"]);
  });
});
