/** [A15] States that were stored before sessions had ids are read as what they say of today. */
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { isAddressHeld, levelOf } from "../../../durable-objects/conversation/addresses.ts";
import { isAdmitted } from "../../../durable-objects/conversation/sessions.ts";
import { conversationStateSchema } from "../../../durable-objects/conversation/state.ts";
import { upgradeState } from "../../../durable-objects/conversation/upgrade-state.ts";
import { ID, NOW, aBeginner, aMailState, aState, anAddress, uuid } from "../../support/conversation-builders.ts";
import { anOldState } from "../../support/old-conversations.ts";

const VERA = "vera@customer.test";
const vera = { id: uuid(2), name: "Vera", email: VERA };
const thread = { mailboxId: "m", mailbox: "hello@acme.test", references: ["one"], lastInboundId: "one" };
const read = (old: object) => v.parse(conversationStateSchema, old);

describe("a chat", () => {
  test("its tokens, which name no session, are its beginner's; nothing is confirmed by what counted as proven", () => {
    const state = read(anOldState({ contact: vera, isAddressProven: true, mail: thread, lastInboundSeq: 4 }));
    expect(state).toMatchObject({
      contact: vera,
      address: { email: VERA, by: "visitor", hasOthers: true },
      claimed: null,
      beginner: aBeginner({ id: ID, given: [VERA] }),
      correspondents: [{ email: VERA, mails: 1, bounces: 0, isHeard: true, isReachable: true }],
      hasMailed: true,
    });
    expect(levelOf(state, NOW)).toBe("reachable");
    expect(isAdmitted(state, { sessionId: null, generation: 1 })).toBe(true);
    expect(isAdmitted(state, { sessionId: ID, generation: 1 })).toBe(true);
    // What was mailed before is not to be chatted either.
    expect(state.heardMails).toEqual([{ email: VERA, seq: 4 }]);
  });

  test("what its visitor typed stays their own word: an address that can be replied to, and a name", () => {
    const state = read(anOldState({ capture: { email: VERA, name: "V." }, visitor: { locale: "es" } }));
    expect(state).toMatchObject({ contact: null, unresolved: null, visitor: { locale: "es", name: "V." } });
    expect(levelOf(state, NOW)).toBe("typed");
    expect(isAddressHeld(state)).toBe(false);
    expect(read(anOldState({ capture: { email: VERA }, contact: vera })).contact).toBeNull();
  });

  test.each([
    ["an agent has replied", { lastReply: { seq: 2, agentId: "ana" } }],
    ["unseen replies were mailed", { unseen: { dueAt: null, afterMs: 0, mails: 1 } }],
    ["a mail came in", { mail: thread }],
  ])("[T4] its address may have been mailed, and only an agent replaces it then: %s", (_, over) => {
    expect(isAddressHeld(read(anOldState({ contact: vera, ...over })))).toBe(true);
  });

  test("[T5] one whose contact was blocked stays refused, with the generation that its tokens do not have", () => {
    const state = read(anOldState({ contact: vera, tokenGeneration: 2 }));
    expect(state.beginner).toMatchObject({ isBlocked: true, generation: 2 });
    for (const generation of [1, 2]) expect(isAdmitted(state, { sessionId: null, generation })).toBe(false);
  });

  test("without an address it has none", () => {
    expect(read(anOldState())).toMatchObject({ address: null, correspondents: [], heardMails: [], beginner: { given: [] } });
  });

  test("its visitor is told what they were told before", () => {
    const state = read(anOldState({ status: "complete", readSeq: 3, lastSeq: 5, assignee: { id: "ana", name: "Ana" } }));
    expect(state.shown).toEqual({ status: "complete", readSeq: 3, assignee: { id: "ana", name: "Ana" }, ownSeq: 5 });
  });
});

test("a conversation by mail has no session, and its address is its contact's", () => {
  const state = read(anOldState({ hasVisitor: false, contact: vera, isAddressProven: true, mail: thread }));
  expect(state).toMatchObject({ beginner: null, address: { email: VERA, by: "mail" } });
  expect(levelOf(state, NOW)).toBe("mail");
});

test("a state of today is read as it is, again and again", () => {
  for (const state of [aState({ address: anAddress(VERA), hasMailed: true }), aMailState({ lastSeq: 3 })]) {
    expect(upgradeState(state)).toBe(state);
    expect(read(JSON.parse(JSON.stringify(state)))).toEqual(state);
  }
  const upgraded = read(anOldState({ contact: vera }));
  expect(read(JSON.parse(JSON.stringify(upgraded)))).toEqual(upgraded);
});
