import { describe, expect, test } from "vitest";
import { appendMessage, type NewMessage } from "../../../durable-objects/conversation/append.ts";
import { PREVIEW_LENGTH_MAX, isUnread, previewOf, type ConversationState } from "../../../durable-objects/conversation/state.ts";
import { FOR_BEGINNER, NOW, aMessage, aState, aTurn, ana, ben, uuid, visitor } from "../../support/conversation-builders.ts";

function append(state: ConversationState, over: Partial<NewMessage>) {
  const { message, effects } = appendMessage(aTurn(state), {
    key: "key",
    author: visitor,
    channel: "chat",
    text: "Hello",
    attachments: [],
    for: FOR_BEGINNER,
    shouldReopen: true,
    undoMs: 0,
    ...over,
  });
  const after = effects.find((effect) => effect.kind === "state")?.state;
  if (after === undefined) throw new Error("no state");
  return { message, effects, state: after, events: effects.flatMap((effect) => (effect.kind === "event" ? [effect.event] : [])) };
}

describe("order", () => {
  test("[A3] the next seq, one revision more, the server's time and id", () => {
    const { message, state } = append(aState({ lastSeq: 41, revision: 7 }), {});
    expect(message).toEqual(aMessage({ seq: 42, id: uuid(1_001), at: NOW }));
    expect(state).toMatchObject({ lastSeq: 42, revision: 8, lastMessage: { seq: 42, at: NOW, preview: "Hello" } });
  });
});

describe("ownership (S21)", () => {
  test("[C7] the first agent to reply owns it and has read it; the next one does not take it", () => {
    const first = append(aState({ lastSeq: 3, lastInboundSeq: 3 }), { author: ana });
    expect(first.state).toMatchObject({
      assignee: { id: "ana", name: "Ana" },
      readSeq: 3,
      lastReply: { seq: 4, agentId: "ana" },
    });
    expect(first.events).toEqual([{ at: NOW, afterSeq: 4, kind: "assigned", actor: ana, subject: { id: "ana", name: "Ana" } }]);
    const second = append(first.state, { author: ben });
    expect(second.state).toMatchObject({ assignee: { id: "ana" }, lastReply: { agentId: "ben" } });
    expect(second.events).toEqual([]);
  });

  test("[C7] a note owns, reads and replies nothing, and does not change the channel", () => {
    const before = aState({ lastSeq: 1, lastInboundSeq: 1, channel: "email" });
    const { state } = append(before, { author: ana, channel: "note" });
    expect(state).toEqual({ ...before, lastSeq: 2, revision: 1, lastMessage: expect.objectContaining({ channel: "note" }) });
  });
});

describe("unread and reopening", () => {
  test("[C8] a visitor's message makes unread, reopens, and says what they have seen", () => {
    const { state, events } = append(aState({ lastSeq: 4, readSeq: 4, status: "complete" }), {});
    expect(state).toMatchObject({ status: "open", lastInboundSeq: 5, visitorSeenSeq: 5 });
    expect(isUnread(state)).toBe(true);
    expect(events).toEqual([{ at: NOW, afterSeq: 4, kind: "reopened", actor: visitor }]);
  });

  test("[C8] an automatic mail wakes nobody", () => {
    const { state, events } = append(aState({ lastSeq: 4, readSeq: 4, status: "complete" }), {
      author: { kind: "contact" },
      channel: "email",
      shouldReopen: false,
    });
    expect([state.status, isUnread(state), events]).toEqual(["complete", false, []]);
  });

  test("[C8] an agent's reply does not reopen", () => {
    expect(append(aState({ status: "complete" }), { author: ana }).state.status).toBe("complete");
  });
});

describe("mails", () => {
  test("[O1] [T4] an agent's email is queued to the address that it is written to, with its undo time, in the same write", () => {
    const mail = { author: ana, channel: "email", to: "c@customer.test", cc: ["leo@customer.test"] } as const;
    const { message, effects } = append(aState(), { ...mail, cc: [...mail.cc], undoMs: 10_000 });
    const to = ["c@customer.test", "leo@customer.test"];
    expect(message).toMatchObject({ to: "c@customer.test", delivery: { state: "queued", to, undoUntil: NOW + 10_000 } });
    expect(effects).toContainEqual({ kind: "mail", job: { seq: 1, to: "c@customer.test", dueAt: NOW + 10_000 } });
    expect(append(aState(), { ...mail, cc: [] }).message.delivery).not.toHaveProperty("undoUntil");
  });

  test.each([
    ["chat", ana],
    ["note", ana],
    ["email", { kind: "contact" }],
  ] as const)("[O1] %s of %o leaves by no mail", (channel, author) => {
    const { message, effects } = append(aState(), { author, channel });
    expect(message).not.toHaveProperty("delivery");
    expect(effects.map(({ kind }) => kind)).not.toContain("mail");
  });
});

describe("[A16] what the browser in the chat is told of the conversation", () => {
  const toAgents = { sessions: [], addresses: ["c@customer.test"] };

  test("changes by what is for it", () => {
    const complete = aState({ lastSeq: 4, readSeq: 4, status: "complete" });
    complete.shown = { status: "complete", readSeq: 4, assignee: null, ownSeq: 4 };
    expect(append(complete, {}).state.shown).toEqual({ ...complete.shown, status: "open", ownSeq: 5 });
    const { shown } = append(aState({ lastSeq: 2, lastInboundSeq: 2 }), { author: ana }).state;
    expect(shown).toMatchObject({ assignee: { id: "ana", name: "Ana" }, readSeq: 2 });
  });

  test.each([
    ["a mail of somebody that reopens", { author: { kind: "contact" }, channel: "email", for: toAgents }],
    ["a reply by mail that owns and reads", { author: ana, channel: "email", for: toAgents, to: "c@customer.test" }],
    ["a note", { author: ana, channel: "note", for: { sessions: [], addresses: [] } }],
    ["a chat of another browser", { author: visitor, for: { sessions: [uuid(9)], addresses: [] } }],
  ] as const)("by nothing else: %s", (_, over) => {
    const complete = aState({ lastSeq: 4, lastInboundSeq: 4, readSeq: 3, status: "complete" });
    complete.shown = { status: "complete", readSeq: 3, assignee: null, ownSeq: 3 };
    expect(append(complete, over as Partial<NewMessage>).state.shown).toEqual(complete.shown);
  });

  test("where a reply in the chat follows, it tells who owns the conversation since then", () => {
    const owned = append(aState({ lastSeq: 1, lastInboundSeq: 1 }), {
      author: ana,
      channel: "email",
      for: toAgents,
      to: "c@customer.test",
    }).state;
    expect([owned.assignee?.id, owned.shown.assignee]).toEqual(["ana", null]);
    expect(append(owned, { author: ben }).state.shown).toMatchObject({ assignee: { id: "ana" }, readSeq: 1 });
  });
});

function file(name: string) {
  return { id: uuid(1), name, type: "image/png", size: 1 };
}

describe("previews", () => {
  test("[C12] one line of bounded length, or the names of the files", () => {
    expect(previewOf(aMessage({ text: " a\n\n b\t" }))).toBe("a b");
    expect(previewOf(aMessage({ text: "x".repeat(500) }))).toHaveLength(PREVIEW_LENGTH_MAX);
    expect(previewOf(aMessage({ text: "", attachments: [file("a.png"), file("b.png")] }))).toBe("a.png, b.png");
  });
});
