import { describe, expect, test } from "vitest";
import { decideReceiveMail, mailFactsOf, openedState, type ReceivedMail } from "../../../durable-objects/conversation/intake.ts";
import { REFERENCES_MAX, type ConversationState } from "../../../durable-objects/conversation/state.ts";
import {
  ID,
  NOW,
  SESSION,
  aBeginner,
  aMail,
  aMailState,
  aMessage,
  aState,
  aTurn,
  ana,
  anAddress,
  uuid,
} from "../../support/conversation-builders.ts";

const CARLA = "carla@customer.test";
const carla = { id: uuid(2), name: "Carla", email: CARLA };
const fromCarla = { mail: { from: { address: CARLA } } };

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
    expect(receive(aState({ beginner: null }), automatic).state).toMatchObject({ subject: "Out of office" });
    // A chat is called by nobody's absence.
    expect(receive(aState(), automatic).state).toMatchObject({ subject: null });
  });

  test("of a long thread the first id and the newest are kept", () => {
    const ids = Array.from({ length: 100 }, (_, index) => `${index}@customer.test`);
    const { references } = receive(aState(), { references: ids }).state.mail ?? { references: [] };
    expect(references).toEqual(["0@customer.test", ...ids.slice(-(REFERENCES_MAX - 2)), "one@customer.test"]);
  });

  test("[C10] a contact is taken where there is none, and the address stays the one that was typed", () => {
    const fresh = receive(aState({ address: anAddress(CARLA) }), { contact: carla, ...fromCarla });
    expect(fresh.state).toMatchObject({ contact: carla, address: anAddress(CARLA), lastSeq: 1 });
    expect(fresh.effects.map(({ kind }) => kind)).toEqual(["event", "insert", "state", "message", "conversation"]);
    const other = { contact: { ...carla, id: uuid(3) } };
    expect(receive(aState({ contact: carla }), other).state).toMatchObject({ contact: carla });
  });
});

describe("[C10] whom mails came from", () => {
  const chat = aState({ address: anAddress(CARLA), beginner: aBeginner({ given: [CARLA] }) });

  test.each([
    ["an answer to a mail of ours, by a person: the mailbox exists", { isAnswer: true }, true],
    ["an id and a From line: it says nothing of the mailbox", {}, false],
  ])("%s", (_, over, isReachable) => {
    const { state } = receive(chat, { ...fromCarla, ...over });
    expect(state.correspondents).toEqual([{ email: CARLA, mails: 0, bounces: 0, isHeard: true, isReachable }]);
    // It stays so, whatever comes after it.
    expect(receive(state, { ...fromCarla, messageId: "two" }).state.correspondents).toMatchObject([{ isReachable }]);
  });

  test("[T2] [A16] no mail says anything of the browser in the chat", () => {
    expect(receive(chat, { ...fromCarla, isAnswer: true }).state.beginner).toEqual(chat.beginner);
  });

  test("the newest mail of each is remembered, for the composer", () => {
    const { state } = receive(receive(chat, fromCarla).state, { messageId: "two", mail: { from: { address: "leo@x.test" } } });
    const again = receive(state, { ...fromCarla, messageId: "three" }).state;
    expect(again.heardMails).toEqual([
      { email: "leo@x.test", seq: 2 },
      { email: CARLA, seq: 3 },
    ]);
  });

  test("what an agent says above a forwarded mail is nobody's mail", () => {
    const { state, message } = receive(chat, { ...fromCarla, channel: "note", author: ana });
    expect([state.correspondents, state.heardMails, message.for]).toEqual([[], [], { sessions: [], addresses: [] }]);
  });
});

describe("[A16] [T2] whom a mail is for", () => {
  const nobody = { sessions: [], addresses: [] };
  const only = { sessions: [], addresses: [CARLA] };
  const leo = { mail: { from: { address: "leo@customer.test" } } };
  const typed = aState({ address: anAddress(CARLA) });

  test.each([
    ["its author, where replies go to them", typed, fromCarla, only],
    [
      "its author, where the conversation began by mail",
      aMailState({ address: anAddress(CARLA, { by: "mail" }) }),
      fromCarla,
      only,
    ],
    ["agents, where it is somebody else's", typed, leo, nobody],
    ["agents, where it names nobody", typed, { mail: {} }, nobody],
    ["agents, where no address is known", aState(), fromCarla, nobody],
    [
      "agents, where the visitor says that address now and nobody has agreed",
      aState({ ...typed, claimed: "leo@customer.test" }),
      leo,
      nobody,
    ],
    [
      "not the browser, even where it is confirmed for another address",
      aState({ ...typed, beginner: aBeginner({ confirmed: { email: "leo@customer.test", usedAt: NOW } }) }),
      leo,
      nobody,
    ],
  ] as const)("%s", (_, state, over, audience) => {
    expect(receive(state, over as Partial<ReceivedMail>).message.for).toEqual(audience);
  });

  test("agents, where a contact form sent it, and it is no mail of whom it names: nothing has come from there", () => {
    const state = aMailState({ address: anAddress(CARLA, { by: "form" }), form: "form@shop.test" });
    const filledIn = receive(state, { mail: { from: { address: CARLA }, form: { address: "form@shop.test" } } });
    expect([filledIn.message.for, filledIn.state.correspondents, filledIn.state.heardMails]).toEqual([nobody, [], []]);
  });

  test("a mail that brings the address of a conversation without one is for it", () => {
    expect(receive(aMailState(), { ...fromCarla, contact: carla }).message.for).toEqual(only);
  });
});

describe("[C1] beginning", () => {
  const request = { id: ID, visitor: null, contact: null, capture: null, subject: null, mail: null };

  test("by mail nobody is in a chat and the channel is email; the address is the mail's", () => {
    const begun = openedState({ ...request, hasVisitor: false, contact: carla }, NOW);
    expect(begun).toMatchObject({
      beginner: null,
      address: { email: CARLA, by: "mail", hasOthers: null },
      contact: carla,
      channel: "email",
      status: "open",
    });
  });

  test("in the widget a session begins it, and what it types is its own word: no contact", () => {
    const session = { id: SESSION, origin: "https://shop.example" };
    const capture = { email: CARLA, name: "Carla" };
    const begun = openedState(
      { ...request, hasVisitor: true, session, capture, visitor: { page: "https://shop.example/" } },
      NOW,
    );
    expect(begun).toMatchObject({
      beginner: { id: SESSION, origin: "https://shop.example", generation: 1, given: [CARLA], confirmed: null },
      address: { email: CARLA, by: "visitor", hasOthers: null },
      contact: null,
      unresolved: null,
      visitor: { page: "https://shop.example/", name: "Carla" },
      channel: "chat",
      lastSeq: 0,
    });
    expect(openedState({ ...request, hasVisitor: true }, NOW)).toMatchObject({ beginner: { id: ID }, address: null });
  });
});

test("[M16] what matching is told of a conversation", () => {
  expect(mailFactsOf(aState({ contact: carla, address: anAddress(CARLA), subject: "Printer" }))).toEqual({
    contactId: carla.id,
    email: carla.email,
    beginner: { given: [], confirmed: null },
    form: null,
    subject: "Printer",
  });
});

test("[M16] what matching is told of the browser outlives its level: what it is, or was, confirmed for", () => {
  const old = { email: CARLA, usedAt: 0 };
  const beginner = aBeginner({ given: [CARLA], confirmed: old, isEnded: true });
  const facts = mailFactsOf(aState({ form: "form@shop.test", address: anAddress(CARLA, { by: "form" }), beginner }));
  expect(facts).toMatchObject({ beginner: { given: [CARLA], confirmed: CARLA }, form: "form@shop.test" });
  expect(mailFactsOf(aMailState())).toMatchObject({ beginner: null, form: null, email: null });
});
