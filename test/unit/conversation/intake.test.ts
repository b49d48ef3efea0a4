import { describe, expect, test } from "vitest";
import { decideReceiveMail, mailFactsOf, openedState, type ReceivedMail } from "../../../durable-objects/conversation/intake.ts";
import { REFERENCES_MAX, type ConversationState } from "../../../durable-objects/conversation/state.ts";
import { ID, NOW, aMail, aMessage, aState, aTurn, ana, uuid } from "../../support/conversation-builders.ts";

const carla = { id: uuid(2), name: "Carla", email: "carla@customer.test" };

function receive(state: ConversationState, over: Partial<ReceivedMail> = {}) {
  const { message, effects } = decideReceiveMail(aTurn(state), aMail(over));
  const after = effects.findLast((effect) => effect.kind === "state")?.state;
  if (after === undefined) throw new Error("no state");
  return { message, effects, state: after };
}

describe("[C11] a mail as a message", () => {
  test("[A2] [A9] a Message-ID that is known changes nothing", () => {
    const known = aMessage({ seq: 3, channel: "email" });
    const turn = aTurn(aState({ lastSeq: 3 }), [["mail:one@customer.test", known]]);
    expect(decideReceiveMail(turn, aMail())).toEqual({ message: known, effects: [] });
    expect(decideReceiveMail(turn, aMail({ channel: "note", author: ana })).message.seq).toBe(4);
    expect(decideReceiveMail(turn, aMail({ variant: "ff" })).message.seq).toBe(4);
  });

  test("the thread learns its ids, its mailbox and its subject; a note of it teaches nothing", () => {
    const before = aState({ subject: "Old" });
    const { state } = receive(before, { references: ["zero@customer.test"] });
    expect(state).toMatchObject({
      subject: "Printer",
      mail: {
        mailboxId: "mailbox",
        mailbox: "hello@acme.test",
        references: ["zero@customer.test", "one@customer.test"],
        lastInboundId: "one@customer.test",
      },
    });
    expect(receive(before, { subject: "" }).state.subject).toBe("Old");
    expect(receive(before, { channel: "note", author: ana }).state).toMatchObject({ mail: null, subject: "Old" });
  });

  test("[C8] an automatic mail does not choose what the conversation is called, nor what the next reply answers", () => {
    const { state: thread } = receive(aState());
    const automatic = {
      messageId: "away@customer.test",
      subject: "Out of office",
      mail: { isAutomatic: true },
      shouldReopen: false,
    };
    const { state, message } = receive(thread, automatic);
    expect(message).toMatchObject({ subject: "Out of office", mail: { isAutomatic: true } });
    expect(state).toMatchObject({ subject: "Printer", mail: { lastInboundId: "one@customer.test" } });
    // One that begins a conversation (it was let in by hand) has nothing else to be called by.
    expect(receive(aState(), automatic).state).toMatchObject({ subject: "Out of office" });
  });

  test("of a long thread the first id and the newest are kept", () => {
    const ids = Array.from({ length: 100 }, (_, index) => `${index}@customer.test`);
    const { references } = receive(aState(), { references: ids }).state.mail ?? { references: [] };
    expect(references).toEqual(["0@customer.test", ...ids.slice(-(REFERENCES_MAX - 2)), "one@customer.test"]);
  });

  test("a contact is taken where there is none, and the address counts as proven only where the mail proves it", () => {
    const fresh = receive(aState({ capture: { email: "carla@customer.test" } }), { contact: carla });
    expect(fresh.state).toMatchObject({ contact: carla, capture: null, isAddressProven: false, lastSeq: 1 });
    expect(fresh.effects.map(({ kind }) => kind)).toEqual(["event", "insert", "state", "message", "conversation"]);
    const other = { ...carla, id: uuid(3) };
    const proof = { contact: other, provesAddress: true, mail: { from: { address: carla.email } } };
    expect(receive(aState({ contact: carla }), proof).state).toMatchObject({ contact: carla, isAddressProven: true });
    expect(receive(aState({ capture: { email: carla.email } }), proof).state).toMatchObject({ isAddressProven: true });
  });

  test("[T2] a mail on its way proves no address that was typed meanwhile", () => {
    const proof = { provesAddress: true, mail: { from: { address: carla.email } } };
    const typed = { email: "victim@customer.test" };
    for (const change of [{ contact: carla, capture: typed }, { capture: typed }, { contact: { ...carla, ...typed } }])
      expect(receive(aState(change), proof).state).toMatchObject({ ...change, isAddressProven: false });
  });
});

describe("[C1] beginning", () => {
  test("by mail the address is proven and the channel is email; in the widget neither", () => {
    const request = { id: ID, visitor: null, contact: null, capture: null, subject: null, mail: null };
    expect(openedState({ ...request, hasVisitor: false }, NOW)).toMatchObject({
      isAddressProven: true,
      channel: "email",
      status: "open",
    });
    expect(openedState({ ...request, hasVisitor: true }, NOW)).toMatchObject({
      isAddressProven: false,
      channel: "chat",
      lastSeq: 0,
    });
  });
});

test("[O6] bounces that carry only our token mean the newest message that went out", () => {
  const messages = [
    aMessage({ seq: 1, author: ana, delivery: { state: "sent", to: ["a@customer.test"] } }),
    aMessage({ seq: 2, author: ana, delivery: { state: "sent", to: ["a@customer.test"] } }),
    aMessage({ seq: 3 }),
    // These wait: in their undo time, or for another try.
    aMessage({ seq: 4, author: ana, delivery: { state: "queued", to: ["a@customer.test"] } }),
    aMessage({ seq: 5, author: ana, delivery: { state: "sending", to: ["a@customer.test"] } }),
  ];
  const state = aState({ contact: carla, subject: "Printer" });
  expect(mailFactsOf(state, { before: () => messages })).toEqual({
    contactId: carla.id,
    email: carla.email,
    isAddressProven: false,
    form: null,
    subject: "Printer",
    lastMailedSeq: 2,
  });
  expect(mailFactsOf(state, { before: () => [] }).lastMailedSeq).toBeNull();
});
