/** [C10] [T4] [B3] Where replies go, who may change it, and what is known of it. */
import { describe, expect, test } from "vitest";
import {
  CORRESPONDENTS_MAX,
  addressForAgents,
  decideAddress,
  decideClaimed,
  decideClaimsNoted,
  decideSomebodyElse,
  decideTyped,
  isAddressDead,
  isAddressAsRead,
  isAddressHeld,
  levelOf,
  maskAddress,
  withCorrespondent,
} from "../../../durable-objects/conversation/addresses.ts";
import { decideAddressKnown } from "../../../durable-objects/conversation/commands.ts";
import type { Effect } from "../../../durable-objects/conversation/effects.ts";
import { CONFIRMED_UNUSED_MS } from "../../../durable-objects/conversation/sessions.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import { NOW, aBeginner, aMailState, aState, aTurn, ana, anAddress, uuid } from "../../support/conversation-builders.ts";

const [VERA, EVIL] = ["vera@customer.test", "evil@customer.test"];
const stateOf = (effects: Effect[]) => effects.findLast((effect) => effect.kind === "state")?.state;
const eventsOf = (effects: Effect[]) => effects.flatMap((effect) => (effect.kind === "event" ? [effect.event] : []));
const STRANGER = { mails: 0, bounces: 0, isHeard: false, isReachable: false };
const known = (over: Partial<typeof STRANGER> = {}) => [{ email: VERA, ...STRANGER, ...over }];
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `${n}@customer.test`, ...STRANGER }));

/** A chat whose visitor typed Vera's address. */
const typed = (over: Partial<ConversationState> = {}) =>
  aState({ address: anAddress(VERA), beginner: aBeginner({ given: [VERA] }), ...over });
const mailed = typed({ correspondents: known({ mails: 1 }) });
const heard = typed({ correspondents: known({ isHeard: true }) });
const dead = typed({ correspondents: known({ mails: 2, bounces: 2 }) });

describe("what a visitor says", () => {
  test("is where replies go while nobody was mailed there, and their own word: no contact", () => {
    const effects = decideTyped(aTurn(aState()), { email: VERA, name: "Vera" });
    expect(stateOf(effects)).toMatchObject({
      address: { email: VERA, by: "visitor", hasOthers: null },
      beginner: { given: [VERA] },
      visitor: { name: "Vera" },
      contact: null,
      unresolved: null,
      revision: 1,
    });
    expect(eventsOf(effects)).toMatchObject([{ kind: "contact", actor: { kind: "visitor" }, subject: { name: VERA } }]);
    const slip = decideTyped(aTurn(typed()), { email: EVIL });
    expect(stateOf(slip)).toMatchObject({ address: { email: EVIL }, claimed: null, beginner: { given: [VERA, EVIL] } });
  });

  test("[T4] in the place of another one is not where replies went for who answers an older message, or nobody knows which", () => {
    const first = stateOf(decideTyped(aTurn(aState({ lastSeq: 1 })), { email: VERA }));
    const asRead = (state: ConversationState | undefined, seq: number | null) =>
      state === undefined ? "no state" : isAddressAsRead(state, seq);
    expect([asRead(first, null), asRead(first, 1)]).toEqual([true, true]);
    const again = stateOf(decideTyped(aTurn({ ...typed(), lastSeq: 3 }), { email: EVIL }));
    expect([null, 1, 3, 4].map((seq) => asRead(again, seq))).toEqual([false, false, false, true]);
    // Neither an agent's click, nor *this is somebody else*, makes it the first.
    const clicked = stateOf(decideAddress(aTurn({ ...mailed, lastSeq: 3 }), { email: EVIL }, ana));
    expect([3, 4].map((seq) => asRead(clicked, seq))).toEqual([false, true]);
    const nobody = stateOf(decideSomebodyElse(aTurn({ ...mailed, lastSeq: 3 }), VERA));
    expect(asRead(stateOf(decideTyped(aTurn(nobody ?? aState()), { email: EVIL })), 3)).toBe(false);
  });

  test.each([
    ["we have mailed it", mailed],
    ["it has mailed us", heard],
    ["so many were mailed that nobody counts any more", typed({ correspondents: many(CORRESPONDENTS_MAX) })],
  ])("[T4] is a claim where the address is held: %s", (_, state) => {
    expect(isAddressHeld(state)).toBe(true);
    const effects = decideTyped(aTurn(state), { email: EVIL });
    expect(stateOf(effects)).toMatchObject({ address: anAddress(VERA), claimed: EVIL, beginner: { given: [VERA, EVIL] } });
    expect(eventsOf(effects)).toMatchObject([{ kind: "claimed", subject: { name: EVIL } }]);
    // Said again it is no news.
    const again = stateOf(effects) ?? state;
    expect(decideTyped(aTurn(again), { email: EVIL })).toEqual([]);
  });

  test("[M16] what is only claimed is told to the address book, too, until it knows", () => {
    const once = stateOf(decideTyped(aTurn(mailed), { email: EVIL })) ?? mailed;
    const twice = stateOf(decideTyped(aTurn(once), { email: "x@x.test" })) ?? once;
    expect([once.claimsToNote, twice.claimsToNote]).toEqual([[EVIL], [EVIL, "x@x.test"]]);
    expect(stateOf(decideClaimsNoted(aTurn(twice), once.claimsToNote))?.claimsToNote).toEqual(["x@x.test"]);
  });

  test("that it is the address after all takes the claim away", () => {
    const effects = decideTyped(aTurn({ ...mailed, claimed: EVIL }), { email: VERA });
    expect(stateOf(effects)).toMatchObject({ address: anAddress(VERA), claimed: null });
    expect(eventsOf(effects)).toEqual([]);
    expect(decideTyped(aTurn(mailed), { email: VERA })).toEqual([]);
  });

  test("[T4] another claim stands in the place of the first, and confirming replaces nothing", () => {
    expect(stateOf(decideTyped(aTurn({ ...mailed, claimed: EVIL }), { email: "x@x.test" }))).toMatchObject({
      claimed: "x@x.test",
    });
    const confirmed = { ...mailed, beginner: aBeginner({ given: [VERA, EVIL], confirmed: { email: EVIL, usedAt: NOW } }) };
    expect(stateOf(decideTyped(aTurn(confirmed), { email: EVIL }))).toMatchObject({ address: anAddress(VERA), claimed: EVIL });
  });

  test("a name alone is told, and nothing where nobody began a chat", () => {
    expect(stateOf(decideTyped(aTurn(mailed), { email: VERA, name: "V." }))).toMatchObject({ visitor: { name: "V." } });
    expect(decideTyped(aTurn(aMailState({ address: anAddress(VERA, { by: "mail" }) })), { email: EVIL })).toEqual([]);
  });
});

describe("[C10] an address to which every mail came back", () => {
  test.each([
    ["one that was mailed and came back, and never wrote", dead, true],
    ["not one of which a mail did not come back", typed({ correspondents: known({ mails: 2, bounces: 1 }) }), false],
    ["not one that has written", typed({ correspondents: known({ mails: 1, bounces: 1, isHeard: true }) }), false],
    ["not one that was never mailed", typed({ correspondents: known() }), false],
    ["not one that nobody knows", typed(), false],
  ])("%s", (_, state, isDead) => {
    expect(isAddressDead(state)).toBe(isDead);
  });

  test("gives way without a click, after the book has said anew that nobody else has it", () => {
    const claimed = stateOf(decideTyped(aTurn(dead), { email: EVIL })) ?? dead;
    expect(claimed).toMatchObject({ address: { email: VERA, hasOthers: null }, claimed: EVIL });
    // What the book said before it was claimed is not asked.
    expect(decideClaimed(aTurn(claimed))).toEqual([]);
    const facts = { email: VERA, hasOthers: false, isBlocked: false };
    expect(stateOf(decideAddressKnown(aTurn(claimed), facts))).toMatchObject({
      address: { email: EVIL, by: "visitor", hasOthers: null },
      claimed: null,
    });
    expect(stateOf(decideAddressKnown(aTurn(claimed), { ...facts, hasOthers: true }))).toMatchObject({
      address: { email: VERA, hasOthers: true },
      claimed: EVIL,
    });
  });

  test.each([
    ["with their contact", { isBlocked: true }],
    ["by hand", { isShutOut: true }],
  ])("[T5] stays where who says another one has been sent away %s since: an agent decides", (_, refused) => {
    const claimed = stateOf(decideTyped(aTurn(dead), { email: EVIL })) ?? dead;
    const blocked = { ...claimed, beginner: aBeginner({ given: [VERA, EVIL], ...refused }) };
    const facts = { email: VERA, hasOthers: false, isBlocked: false };
    expect(stateOf(decideAddressKnown(aTurn(blocked), facts))).toMatchObject({ address: { email: VERA }, claimed: EVIL });
  });

  test("not where it has written, or a mail has reached it, in the meantime", () => {
    const facts = { email: VERA, hasOthers: false, isBlocked: false };
    const asked = { address: anAddress(VERA, { hasOthers: null }), claimed: EVIL };
    for (const state of [heard, mailed])
      expect(stateOf(decideAddressKnown(aTurn({ ...state, ...asked }), facts))).toMatchObject({
        address: { email: VERA },
        claimed: EVIL,
      });
  });

  test("an answer of the book about another address is none, and a blocked person's closes the chat", () => {
    const asked = typed({ address: anAddress(VERA, { hasOthers: null }) });
    expect(decideAddressKnown(aTurn(asked), { email: EVIL, hasOthers: false, isBlocked: true })).toEqual([]);
    const blocked = decideAddressKnown(aTurn(asked), { email: VERA, hasOthers: true, isBlocked: true });
    expect(stateOf(blocked)).toMatchObject({ beginner: { isBlocked: true } });
    expect(blocked).toContainEqual({ kind: "close-sessions", exceptGeneration: null });
  });
});

describe("[T4] an agent's click", () => {
  test("replaces any address; the contact is asked of the book, and what the visitor calls themselves stays", () => {
    const before = { ...mailed, claimed: EVIL, visitor: { name: "Me" }, contact: { id: uuid(2), name: "Vera", email: VERA } };
    const effects = decideAddress(aTurn(before), { email: EVIL, name: "Eve" }, ana);
    expect(stateOf(effects)).toMatchObject({
      address: { email: EVIL, by: "agent", hasOthers: null },
      claimed: null,
      contact: null,
      unresolved: { email: EVIL, name: "Eve" },
      visitor: { name: "Me" },
      beginner: { given: [VERA, EVIL], confirmed: null },
    });
    expect(eventsOf(effects)).toMatchObject([{ kind: "contact", actor: ana, subject: { name: EVIL } }]);
  });

  test("on the address that it is refuses the claim; where nothing changes it is nothing", () => {
    expect(stateOf(decideAddress(aTurn({ ...mailed, claimed: EVIL }), { email: VERA }, ana))).toMatchObject({
      address: anAddress(VERA),
      claimed: null,
      unresolved: { email: VERA },
    });
    const settled = { ...mailed, contact: { id: uuid(2), name: null, email: VERA } };
    expect(decideAddress(aTurn(settled), { email: VERA }, ana)).toEqual([]);
  });

  test("[B3] shows nothing of the browser: who was confirmed for the old address is not for the new one", () => {
    const confirmed = { ...mailed, beginner: aBeginner({ given: [VERA], confirmed: { email: VERA, usedAt: NOW } }) };
    const after = stateOf(decideAddress(aTurn(confirmed), { email: EVIL }, ana)) ?? confirmed;
    expect([levelOf(confirmed, NOW), levelOf(after, NOW)]).toEqual(["confirmed", "typed"]);
  });
});

describe("[M16] *this is somebody else*", () => {
  test("takes the address, its contact and the claim out of the chat, and it counts as given no more", () => {
    const beginner = aBeginner({ given: [EVIL, VERA] });
    const before = { ...heard, claimed: EVIL, beginner, contact: { id: uuid(2), name: "Vera", email: VERA } };
    expect(stateOf(decideSomebodyElse(aTurn(before), VERA))).toMatchObject({
      address: null,
      claimed: null,
      contact: null,
      beginner: { given: [] },
      correspondents: heard.correspondents,
    });
  });

  test("only where replies go there, and a browser is in the chat", () => {
    expect(decideSomebodyElse(aTurn(heard), EVIL)).toEqual([]);
    // Where replies go to another one by now, that one stays; nothing of the chat goes to the earlier one.
    const given = (emails: string[], claimed: string | null = null) =>
      stateOf(decideSomebodyElse(aTurn({ ...heard, claimed, beginner: aBeginner({ given: emails }) }), EVIL));
    expect(given([EVIL, VERA])).toMatchObject({ address: { email: VERA }, beginner: { given: [VERA] } });
    expect(given([VERA, EVIL], EVIL)).toMatchObject({ address: { email: VERA }, claimed: null, beginner: { given: [] } });
    expect(decideSomebodyElse(aTurn(aMailState({ address: anAddress(VERA, { by: "mail" }) })), VERA)).toEqual([]);
  });
});

describe("[B3] what is known of an address", () => {
  const beginner = aBeginner({ given: [VERA], confirmed: { email: VERA, usedAt: NOW } });
  const reachable = known({ isHeard: true, isReachable: true });

  test.each<[string, ConversationState, string | null]>([
    ["only typed", typed(), "typed"],
    ["heard of by an id and a From line", heard, "typed"],
    ["has answered us", typed({ correspondents: reachable }), "reachable"],
    ["shown to be theirs", typed({ beginner }), "confirmed"],
    ["another one was shown", typed({ beginner, address: anAddress(EVIL) }), "typed"],
    ["shown by somebody who is blocked", typed({ beginner: { ...beginner, isBlocked: true } }), "typed"],
    [
      "shown too long ago",
      typed({ beginner: aBeginner({ confirmed: { email: VERA, usedAt: NOW - CONFIRMED_UNUSED_MS - 1 } }) }),
      "typed",
    ],
    ["by mail", aMailState({ address: anAddress(VERA, { by: "mail" }) }), "mail"],
    ["named by a contact form", aMailState({ address: anAddress(VERA, { by: "form" }) }), "typed"],
    ["none", aState(), null],
  ])("%s", (_, state, level) => {
    expect(levelOf(state, NOW)).toBe(level);
  });

  test("agents see it with the claim", () => {
    expect(addressForAgents({ ...mailed, claimed: EVIL }, NOW)).toEqual({ email: VERA, level: "typed", claimed: EVIL });
    expect(addressForAgents(aState(), NOW)).toBeNull();
  });

  test("people are counted to a limit, and known ones beyond it", () => {
    const full = aState({ correspondents: many(CORRESPONDENTS_MAX) });
    const change = () => ({ isHeard: true });
    expect(withCorrespondent(full, "new@x.test", change)).toBe(full);
    expect(withCorrespondent(full, "5@customer.test", change).correspondents).toHaveLength(CORRESPONDENTS_MAX);
    expect(withCorrespondent(full, "5@customer.test", change).correspondents.at(-1)).toMatchObject({ isHeard: true });
  });
});

test("[B9] an address is masked so that its owner alone knows it", () => {
  expect(["vera@example.test", "v@e", "🦊fox@x.test", `"a@b"@x.test`].map(maskAddress)).toEqual([
    "v•••@e•••",
    "v•••@e•••",
    "🦊•••@x•••",
    `"•••@x•••`,
  ]);
});
