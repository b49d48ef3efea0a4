import { describe, expect, test } from "vitest";
import { decideFrame, decideSend, sendKey } from "../../../durable-objects/conversation/core.ts";
import type { Effect } from "../../../durable-objects/conversation/effects.ts";
import type { ClientFrame } from "../../../durable-objects/conversation/protocol.ts";
import {
  FOR_BEGINNER,
  NOW,
  SESSION,
  aBeginner,
  aMailState,
  aMessage,
  aSend,
  aState,
  aTurn,
  agentConnection,
  ana,
  anAddress,
  ben,
  uuid,
  visitor,
  visitorConnection,
} from "../../support/conversation-builders.ts";

const kinds = (effects: Effect[]) => effects.map(({ kind }) => kind);
const rejected = (reason: string, clientId?: string) => [
  { kind: "answer", frame: { type: "rejected", reason, ...(clientId === undefined ? {} : { clientId }) } },
];
const frame = (input: ClientFrame) => ({ frame: input, attachments: [] });
const withOwnBelow = aState({ lastSeq: 6, lastReply: { seq: 6, agentId: "ana" }, otherReply: { seq: 5, agentId: "ben" } });
const withReply = aState({ lastSeq: 5, lastReply: { seq: 5, agentId: "ben" } });
const C = "c@customer.test";
const withAddress = aState({ address: anAddress(C) });
const aMailTo = (email: string) => aSend({ author: ana, channel: "email", to: [email] });

describe("sending", () => {
  test("[C3] a message is stored with the state it leads to, and told after that", () => {
    const outcome = decideSend(aTurn(aState({ lastSeq: 3, revision: 9, status: "complete" })), aSend());
    if (outcome.kind !== "stored") throw new Error(outcome.kind);
    expect(kinds(outcome.effects)).toEqual(["insert", "event", "state", "message", "conversation"]);
    expect(outcome.message).toEqual({ ...aMessage({ seq: 4, id: uuid(1_001) }), at: NOW });
    expect(outcome.effects[0]).toEqual({ kind: "insert", key: `visitor:${uuid(7)}`, message: outcome.message });
    expect(outcome.effects[3]).toEqual({ kind: "message", message: outcome.message, clientId: uuid(7) });
  });

  test("[A2] a repeat is answered with what is stored, whatever else has changed, and does nothing", () => {
    const known = aMessage({ seq: 2, text: "First words" });
    const turn = aTurn(withReply, [[sendKey(visitor, uuid(7)), known]]);
    const request = aSend({ text: "", attachments: "try_again", ifLastSeq: 0, channel: "email" });
    expect(decideSend(turn, request)).toEqual({
      kind: "repeated",
      message: known,
      effects: [{ kind: "answer", frame: { type: "message", message: known, clientId: uuid(7) } }],
    });
  });

  test("[A10] keys of visitors, agents and mails are apart, whatever the ids hold", () => {
    const keys = [
      sendKey(visitor, uuid(7)),
      sendKey(ana, uuid(7)),
      sendKey(ben, uuid(7)),
      sendKey({ kind: "agent", id: `visitor:${uuid(7)}` }, uuid(7)),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    ["nothing in it", aState(), aSend({ text: " \n\t" }), "empty"],
    ["unknown files", aState(), aSend({ attachments: "unknown_attachment" }), "unknown_attachment"],
    ["files that cannot be looked up", aState(), aSend({ attachments: "try_again" }), "try_again"],
    ["mail without an address", aState(), aSend({ author: ana, channel: "email" }), "no_address"],
    ["another agent's newer reply below one's own", withOwnBelow, aSend({ author: ana, ifLastSeq: 4 }), "newer_reply"],
    ["another agent's newer reply", withReply, aSend({ author: ana, ifLastSeq: 4 }), "newer_reply"],
    ["a mail to another address than its agent saw", withAddress, aMailTo("old@customer.test"), "address_changed"],
  ] as const)("[C2] %s is refused and changes nothing", (_, state, request, reason) => {
    expect(decideSend(aTurn(state), request)).toEqual({ kind: "rejected", reason });
  });

  test.each([
    ["one's own newer reply", withReply, aSend({ author: ben, ifLastSeq: 1 })],
    ["a reply that was known", withReply, aSend({ author: ana, ifLastSeq: 5 })],
    ["no guard asked for", withReply, aSend({ author: ana })],
    ["only a file", aState(), aSend({ text: "", attachments: [{ id: uuid(1), name: "a", type: "b", size: 1 }] })],
    ["a mail to a typed address", withAddress, aSend({ author: ana, channel: "email" })],
    ["the address that its agent saw, however it is written", withAddress, aMailTo(" C@Customer.test ")],
    ["an address that a chat message says", withAddress, aSend({ author: ana, to: ["old@customer.test"] })],
  ])("[C4] %s is no hindrance", (_, state, request) => {
    expect(decideSend(aTurn(state), request).kind).toBe("stored");
  });
});

function sent(...input: Parameters<typeof decideSend>) {
  const outcome = decideSend(...input);
  if (outcome.kind !== "stored") throw new Error(outcome.kind);
  return outcome.message;
}

describe("[A16] whom a message is for is stored with it", () => {
  const confirmed = aBeginner({ confirmed: { email: C, usedAt: NOW } });

  test("chat, whoever writes it: the browser that began it, by name, and the address that it is confirmed for then", () => {
    for (const author of [visitor, ana]) {
      expect(sent(aTurn(withAddress), aSend({ author })).for).toEqual(FOR_BEGINNER);
      const message = sent(aTurn({ ...withAddress, beginner: confirmed }), aSend({ author }));
      expect(message.for).toEqual({ sessions: [SESSION], addresses: [C] });
    }
  });

  test("chat where nobody began one: the address that replies go to", () => {
    const state = aMailState({ address: anAddress(C, { by: "mail" }) });
    expect(sent(aTurn(state), aSend({ author: ana })).for).toEqual({ sessions: [], addresses: [C] });
    expect(sent(aTurn(aMailState()), aSend({ author: ana })).for).toEqual({ sessions: [], addresses: [] });
  });

  test("a reply by mail: those whom it goes to, and not the browser, even where it is confirmed for another address", () => {
    const state = { ...withAddress, beginner: aBeginner({ confirmed: { email: "other@customer.test", usedAt: NOW } }) };
    const message = sent(aTurn(state), { ...aMailTo(C), cc: ["leo@customer.test"], bcc: ["boss@acme.example"] });
    expect(message.for).toEqual({ sessions: [], addresses: [C, "leo@customer.test", "boss@acme.example"] });
    expect(message.to).toBe(C);
  });

  test("a note: agents", () => {
    expect(sent(aTurn(withAddress), aSend({ author: ana, channel: "note" })).for).toEqual({ sessions: [], addresses: [] });
  });
});

test("[O11] [T1] a visitor who answers needs no mail of what they answer, and it counts for no limit", () => {
  const reply = aMessage({ seq: 1, author: ana, delivery: { state: "queued", to: [C] } });
  const turn = {
    ...aTurn(aState({ lastSeq: 1, unseen: { dueAt: null, afterMs: 1, mails: 1, day: 0 } }), [["k", reply]]),
    queuedReplies: () => [{ seq: 1, also: [] }],
  };
  const outcome = decideSend(turn, aSend());
  if (outcome.kind !== "stored") throw new Error(outcome.kind);
  expect(outcome.effects).toContainEqual({ kind: "cancel-mail", seq: 1 });
  expect(outcome.effects.find(({ kind }) => kind === "state")).toMatchObject({ state: { lastSeq: 2, unseen: { mails: 0 } } });
  const agents = decideSend(turn, aSend({ author: ana }));
  expect(agents).toMatchObject({ kind: "stored" });
  if (agents.kind === "stored") expect(kinds(agents.effects)).not.toContain("cancel-mail");
});

function see(seq: number): Effect[] {
  const theirs = { sessions: [SESSION], addresses: [] };
  const turn = aTurn(aState({ lastSeq: 6, visitorSeenSeq: 3 }), [
    ["four", aMessage({ seq: 4, for: theirs })],
    ["five", aMessage({ seq: 5, for: theirs })],
    // A mail that is for agents alone.
    ["six", aMessage({ seq: 6, for: { sessions: [], addresses: [] } })],
  ]);
  return decideFrame(turn, { ...frame({ type: "seen", seq }), connection: visitorConnection() });
}

describe("frames", () => {
  test("[P3] before hello everything else is refused, naming the message", () => {
    const connection = visitorConnection({ isReady: false });
    expect(decideFrame(aTurn(), { ...frame({ type: "send", clientId: uuid(1), text: "x" }), connection })).toEqual(
      rejected("hello_first", uuid(1)),
    );
    expect(decideFrame(aTurn(), { ...frame({ type: "typing" }), connection })).toEqual(rejected("hello_first"));
    expect(kinds(decideFrame(aTurn(), { ...frame({ type: "hello", lastSeq: 4, isHidden: true }), connection }))).toEqual([
      "connection",
      "catch-up",
      "presence",
    ]);
  });

  test("[C5] visitors write chat only, under no name", () => {
    const [insert] = decideFrame(aTurn(), {
      ...frame({ type: "send", clientId: uuid(1), text: "x", channel: "note", subject: "y" }),
      connection: visitorConnection(),
    });
    expect(insert).toMatchObject({ kind: "insert", message: { author: { kind: "visitor" }, channel: "chat" } });
  });

  test.each<ClientFrame>([
    { type: "send", clientId: uuid(1), text: "x" },
    { type: "draft", kind: "reply", text: "x" },
    { type: "undo", seq: 1 },
  ])("[T7] a viewer may not $type", (input) => {
    const connection = agentConnection({ role: "viewer" });
    const clientId = "clientId" in input ? input.clientId : undefined;
    expect(decideFrame(aTurn(), { ...frame(input), connection })).toEqual(rejected("not_allowed", clientId));
  });

  test.each<ClientFrame>([
    { type: "draft", kind: "reply", text: "x" },
    { type: "undo", seq: 1 },
  ])("[C5] a visitor may not $type", (input) => {
    expect(decideFrame(aTurn(), { ...frame(input), connection: visitorConnection() })).toEqual(rejected("not_allowed"));
  });

  test("[P11] typing is told to the others; a viewer's to nobody", () => {
    expect(decideFrame(aTurn(), { ...frame({ type: "typing" }), connection: agentConnection() })).toEqual([
      { kind: "broadcast", frame: { type: "typing", author: ana }, isForSender: false },
    ]);
    expect(decideFrame(aTurn(), { ...frame({ type: "typing" }), connection: agentConnection({ role: "viewer" }) })).toEqual([]);
  });

  test.each([
    ["chat", undefined],
    ["email", true],
    ["note", true],
  ] as const)("[A16] that an agent writes a %s is told to who will be sent it", (channel, isForAgents) => {
    const [effect] = decideFrame(aTurn(), { ...frame({ type: "typing", channel }), connection: agentConnection() });
    expect(effect).toEqual({
      kind: "broadcast",
      frame: { type: "typing", author: ana },
      isForSender: false,
      ...(isForAgents && { isForAgents }),
    });
    // A visitor has no channel to choose.
    const [theirs] = decideFrame(aTurn(), { ...frame({ type: "typing", channel }), connection: visitorConnection() });
    expect(theirs).toEqual({ kind: "broadcast", frame: { type: "typing", author: visitor }, isForSender: false });
  });

  test("[T16] [A16] what a visitor has seen never goes back, nor past what is for them", () => {
    expect(see(3)).toEqual([]);
    expect(see(1)).toEqual([]);
    expect(see(4)[0]).toMatchObject({ kind: "state", state: { visitorSeenSeq: 4, revision: 1 } });
    expect(see(99)[0]).toMatchObject({ kind: "state", state: { visitorSeenSeq: 5 } });
  });

  test("[P10] visibility is remembered with the connection, and once", () => {
    const hide = { ...frame({ type: "visibility", isHidden: true }), connection: visitorConnection() };
    expect(decideFrame(aTurn(), hide)).toEqual([{ kind: "connection", connection: visitorConnection({ isHidden: true }) }]);
    expect(decideFrame(aTurn(), { ...hide, connection: visitorConnection({ isHidden: true }) })).toEqual([]);
  });
});
