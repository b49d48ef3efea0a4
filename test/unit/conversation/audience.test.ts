/** [B1] Whom a message is for, and who may be sent what: every door asks the same field. */
import { describe, expect, test } from "vitest";
import {
  AGENTS_ONLY,
  AGENT_VIEWER,
  audienceOfChat,
  audienceOfMail,
  audienceOfReply,
  beginnerViewer,
  isFor,
  mayTravelTo,
  widened,
  type Viewer,
} from "../../../durable-objects/conversation/audience.ts";
import type { Audience } from "../../../durable-objects/conversation/protocol.ts";
import { CONFIRMED_UNUSED_MS } from "../../../durable-objects/conversation/sessions.ts";
import {
  NOW,
  SESSION,
  aBeginner,
  aMailState,
  aMessage,
  aState,
  aViewer,
  ana,
  anAddress,
  uuid,
} from "../../support/conversation-builders.ts";

const [VERA, LEO] = ["vera@customer.test", "leo@customer.test"];
const of = (sessions: string[], addresses: string[]): Audience => ({ sessions, addresses });
const confirmed = (email: string, usedAt = NOW) => aBeginner({ given: [email], confirmed: { email, usedAt } });
const another: Viewer = { kind: "session", id: uuid(9), confirmedFor: null };

describe("[B1] [A16] who is sent a message", () => {
  test.each<[string, Audience | undefined, Viewer, boolean]>([
    ["an agent: everything", AGENTS_ONLY, AGENT_VIEWER, true],
    ["the session that it names", of([SESSION], []), aViewer(), true],
    ["not another session", of([SESSION], []), another, false],
    ["who is confirmed for the address that it names", of([], [VERA]), aViewer(VERA), true],
    ["not who has only typed that address", of([], [VERA]), aViewer(), false],
    ["not who is confirmed for another one", of([], [VERA]), aViewer(LEO), false],
    ["another session that is confirmed for the address", of([SESSION], [VERA]), { ...another, confirmedFor: VERA }, true],
    ["nobody where it is for agents", AGENTS_ONLY, aViewer(VERA), false],
    ["nobody where nothing is said", undefined, aViewer(VERA), false],
    ["not by an address that looks alike", of([], [VERA]), aViewer(`x${VERA}`), false],
  ])("%s", (_, audience, viewer, isTheirs) => {
    expect(isFor({ for: audience }, viewer)).toBe(isTheirs);
  });

  test("[B2] the browser in the chat looks as its session may now", () => {
    const state = (over: Parameters<typeof aBeginner>[0]) => aState({ beginner: aBeginner(over) });
    const held = { email: VERA, usedAt: NOW - CONFIRMED_UNUSED_MS };
    expect(beginnerViewer(state({}), NOW)).toEqual(aViewer());
    expect(beginnerViewer(state({ confirmed: held }), NOW)).toEqual(aViewer(VERA));
    expect(beginnerViewer(state({ confirmed: held }), NOW + 1)).toEqual(aViewer());
    expect(beginnerViewer(state({ confirmed: held, isBlocked: true }), NOW)).toEqual(aViewer());
    expect(beginnerViewer(state({ confirmed: held, isEnded: true }), NOW)).toEqual(aViewer());
    // Confirmed, but the token that says so has not been used.
    expect(beginnerViewer(state({ pending: { email: VERA, generation: 2 } }), NOW)).toEqual(aViewer());
    expect(beginnerViewer(aMailState(), NOW)).toBeNull();
  });
});

describe("[B1] whom it is for is decided when it is stored", () => {
  test("chat: for who began it, by name, and for the address that they are confirmed for then", () => {
    expect(audienceOfChat(aState({ address: anAddress(VERA) }), NOW)).toEqual(of([SESSION], []));
    expect(audienceOfChat(aState({ beginner: confirmed(VERA) }), NOW)).toEqual(of([SESSION], [VERA]));
    // Replies by mail go to another one: that changes nothing in the chat.
    expect(audienceOfChat(aState({ address: anAddress(LEO), beginner: confirmed(VERA) }), NOW)).toEqual(of([SESSION], [VERA]));
    expect(audienceOfChat(aState({ beginner: confirmed(VERA, NOW - CONFIRMED_UNUSED_MS - 1) }), NOW)).toEqual(of([SESSION], []));
  });

  test("chat where nobody began one: for the conversation's address", () => {
    expect(audienceOfChat(aMailState({ address: anAddress(VERA, { by: "mail" }) }), NOW)).toEqual(of([], [VERA]));
    expect(audienceOfChat(aMailState(), NOW)).toEqual(AGENTS_ONLY);
  });

  test("a mail that came in: for its author where replies go to them, else for agents", () => {
    expect(audienceOfMail({ address: anAddress(VERA) }, VERA)).toEqual(of([], [VERA]));
    expect(audienceOfMail({ address: anAddress(VERA) }, LEO)).toEqual(AGENTS_ONLY);
    expect(audienceOfMail({ address: anAddress(VERA) }, undefined)).toEqual(AGENTS_ONLY);
    expect(audienceOfMail({ address: null }, VERA)).toEqual(AGENTS_ONLY);
  });

  test("a reply by mail: for all whom it goes to, and for no session", () => {
    expect(audienceOfReply([VERA, LEO])).toEqual(of([], [VERA, LEO]));
  });
});

describe("[B5] the one widening", () => {
  test("what names the session is for the address too; what does not stays as it is", () => {
    expect(widened(of([SESSION], []), SESSION, VERA)).toEqual(of([SESSION], [VERA]));
    expect(widened(of([SESSION], [VERA]), SESSION, VERA)).toEqual(of([SESSION], [VERA]));
    expect(widened(of([], [LEO]), SESSION, VERA)).toEqual(of([], [LEO]));
    expect(widened(of([uuid(9)], []), SESSION, VERA)).toEqual(of([uuid(9)], []));
    expect(widened(undefined, SESSION, VERA)).toEqual(AGENTS_ONLY);
  });
});

describe("[B8] what a transcript may carry", () => {
  const typed = { beginner: aBeginner({ given: [VERA] }), address: anAddress(VERA) };
  const chat = aMessage({ for: of([SESSION], []) });
  const toVera = aMessage({ author: ana, channel: "email", for: of([], [VERA]) });
  const toBoth = aMessage({ author: ana, channel: "email", for: of([], [VERA, LEO]) });
  const agents = aMessage({ channel: "email", for: AGENTS_ONLY });

  test.each<[string, typeof chat, string[], boolean]>([
    ["to who gave the address: their chat", chat, [VERA], true],
    ["to an address that they did not give: no chat", chat, [LEO], false],
    ["to an address: what is for it", toVera, [VERA], true],
    ["to another one: not that", toVera, [LEO], false],
    ["with somebody in copy: no chat", chat, [VERA, LEO], false],
    ["with somebody in copy: not what only one has", toVera, [VERA, LEO], false],
    ["with somebody in copy: what all have", toBoth, [VERA, LEO], true],
    ["with a third in copy: not what two have", toBoth, [VERA, LEO, "third@x.test"], false],
    ["what is for agents: never", agents, [VERA], false],
    ["what says nothing: never", aMessage({ for: undefined }), [VERA], false],
    ["to nobody: nothing", toVera, [], false],
  ])("%s", (_, message, recipients, isIn) => {
    expect(mayTravelTo(message, recipients, typed)).toBe(isIn);
  });

  test("chat that was widened travels to the address, also with nobody there any more who began it", () => {
    const wide = aMessage({ for: of([SESSION], [VERA]) });
    expect(mayTravelTo(wide, [VERA], { beginner: null, address: null })).toBe(true);
    expect(mayTravelTo(chat, [VERA], { beginner: null, address: null })).toBe(false);
    expect(mayTravelTo(aMessage({ for: of([uuid(9)], []) }), [VERA], typed)).toBe(false);
  });

  test("chat travels only to the address that its session gave last: an earlier one may be a slip of the pen", () => {
    const corrected = { beginner: aBeginner({ given: [VERA, LEO] }), address: anAddress(VERA) };
    expect(mayTravelTo(chat, [LEO], corrected)).toBe(true);
    expect(mayTravelTo(chat, [VERA], corrected)).toBe(false);
  });

  test("what a contact form said travels to the address that it named, and no other", () => {
    const form = aMessage({ channel: "email", mail: { form: { address: "form@shop.test" } }, for: AGENTS_ONLY });
    const named = { beginner: null, address: anAddress(VERA, { by: "form" }) };
    expect(mayTravelTo(form, [VERA], named)).toBe(true);
    expect(mayTravelTo(form, [LEO], named)).toBe(false);
    expect(mayTravelTo(form, [VERA, LEO], named)).toBe(false);
    expect(mayTravelTo(form, [VERA], { ...named, address: anAddress(VERA, { by: "agent" }) })).toBe(false);
  });
});
