import { describe, expect, test } from "vitest";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import {
  decideMoveIn,
  decideMoveOut,
  noteKeyOf,
  type MoveIn,
  type MoveOut,
} from "../../../durable-objects/conversation/moves.ts";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import { messageFor } from "../../../durable-objects/conversation/views.ts";
import { isFor } from "../../../durable-objects/conversation/audience.ts";
import {
  ID,
  NOW,
  aBeginner,
  aMail,
  aMailState,
  aMessage,
  aState,
  aTurn,
  aViewer,
  ana,
  anAddress,
  ben,
  uuid,
} from "../../support/conversation-builders.ts";

const carla = { id: uuid(50), name: "Carla", email: "carla@customer.test" };
const mailbox = { id: "mailbox", address: "hello@acme.test" };

function aMailMessage(over: Partial<Message> = {}): Message {
  return aMessage({
    seq: 2,
    id: uuid(2),
    author: { kind: "contact", name: "Carla" },
    channel: "email",
    subject: "Printer",
    text: "It is on fire.",
    mail: { ledgerId: "ledger", from: { address: carla.email } },
    for: { sessions: [], addresses: [carla.email] },
    ...over,
  });
}

const KEY = "mail:two@customer.test";

function aMoveOut(over: Partial<MoveOut> = {}): MoveOut {
  return { keys: [KEY, "mail-note:two@customer.test"], to: { conversationId: uuid(9), by: "Ana" }, move: 1, actor: ana, ...over };
}

function aMoveIn(over: Partial<MoveIn> = {}): MoveIn {
  return {
    open: aMail().open,
    parts: [{ key: KEY, message: aMailMessage() }],
    from: { conversationId: uuid(8), by: "Ana", at: NOW - 5 },
    mailbox,
    contactId: carla.id,
    move: 1,
    actor: ana,
    ...over,
  };
}

/** Carries effects out on what is stored, as the shell does. */
function carriedOut(turn: Turn, messages: [string, Message][], effects: Effect[]): Turn {
  const stored = new Map(messages);
  let { state } = turn;
  for (const effect of effects) {
    if (effect.kind === "insert") stored.set(effect.key, effect.message);
    if (effect.kind === "state") ({ state } = effect);
    if (effect.kind === "update")
      for (const [key, message] of stored) if (message.seq === effect.message.seq) stored.set(key, effect.message);
  }
  return aTurn(state, [...stored]);
}

const confirmedFor = (email: string): Partial<ConversationState> => ({
  address: anAddress(email),
  beginner: aBeginner({ confirmed: { email, usedAt: NOW } }),
});

const stateOf = (effects: Effect[]): ConversationState => {
  const found = effects.findLast((effect) => effect.kind === "state");
  if (found === undefined) throw new Error("no state");
  return found.state;
};

const first = aMailMessage({ seq: 1, id: uuid(1), subject: "Hello", text: "Do you repair?" });

function aThread(): { turn: Turn; messages: [string, Message][] } {
  const messages: [string, Message][] = [
    ["mail:one@customer.test", first],
    [KEY, aMailMessage()],
  ];
  const state = aMailState({
    address: anAddress(carla.email, { by: "mail" }),
    contact: carla,
    lastSeq: 2,
    readSeq: 1,
    lastInboundSeq: 2,
    subject: "Printer",
    channel: "email",
    mail: {
      mailboxId: "mailbox",
      mailbox: "hello@acme.test",
      references: ["one@customer.test", "two@customer.test"],
      lastInboundId: "two@customer.test",
    },
    lastMessage: { seq: 2, at: NOW, author: { kind: "contact", name: "Carla" }, channel: "email", preview: "It is on fire." },
  });
  return { turn: aTurn(state, messages), messages };
}

describe("[V1] a mail that is moved away", () => {
  test("stays with its seq, marked with where it went, and every agent is told", () => {
    const effects = decideMoveOut(aThread().turn, aMoveOut());
    const message = {
      ...aMailMessage(),
      mail: { ...aMailMessage().mail, movedTo: { conversationId: uuid(9), by: "Ana" }, move: 1 },
    };
    expect(effects.filter(({ kind }) => kind === "update" || kind === "message")).toEqual([
      { kind: "update", message },
      { kind: "message", message },
    ]);
    expect(effects).toContainEqual({ kind: "conversation" });
  });

  test("[V3] counts for nothing: preview, unread, subject and what the next reply answers are those of what is left", () => {
    const state = stateOf(decideMoveOut(aThread().turn, aMoveOut()));
    expect(state).toMatchObject({
      lastSeq: 2,
      movedSeqs: [2],
      returnedSeqs: [],
      lastInboundSeq: 1,
      lastMessage: { seq: 1, preview: "Do you repair?" },
      subject: "Hello",
      status: "open",
      mail: { references: ["one@customer.test"], lastInboundId: "one@customer.test" },
    });
    expect(state.revision).toBe(aThread().turn.state.revision + 1);
  });

  test("[V3] a subject that another mail gave stays", () => {
    const { turn } = aThread();
    const state = stateOf(decideMoveOut({ ...turn, state: { ...turn.state, subject: "Later" } }, aMoveOut()));
    expect(state.subject).toBe("Later");
  });

  test("[V3] and was the only message: the conversation is complete, nothing in it waits for anybody", () => {
    const { turn, messages } = aThread();
    const alone = aTurn({ ...turn.state, lastSeq: 1, lastInboundSeq: 1, readSeq: 0 }, [[KEY, aMailMessage({ seq: 1 })]]);
    const effects = decideMoveOut(alone, aMoveOut());
    expect(stateOf(effects)).toMatchObject({ status: "complete", readSeq: 0, lastInboundSeq: 0, lastMessage: null });
    expect(effects).toContainEqual({ kind: "event", event: { at: NOW, afterSeq: 1, kind: "completed", actor: ana } });
    expect(messages).toHaveLength(2);
  });

  test("[V4] [A16] who was shown it is told that it is withdrawn, and nobody else", () => {
    const told = (message: Message) =>
      decideMoveOut(aTurn(aState({ lastSeq: 3 }), [[KEY, message]]), aMoveOut()).flatMap((effect) =>
        effect.kind === "withdraw" ? [effect.message] : [],
      );
    const mail = aMailMessage();
    expect(told(mail)).toEqual([mail]);
    expect(isFor(mail, aViewer(carla.email))).toBe(true);
    expect(isFor(mail, aViewer())).toBe(false);
    const note = aMailMessage({ author: ana, channel: "note", for: { sessions: [], addresses: [] } });
    expect(told(note).filter((message) => isFor(message, aViewer(carla.email)))).toEqual([]);
  });

  test("[A16] the browser in the chat is not told that a conversation is complete because a mail went away", () => {
    const chat = aState({ lastSeq: 1, lastInboundSeq: 1 });
    expect(stateOf(decideMoveOut(aTurn(chat, [[KEY, aMailMessage({ seq: 1 })]]), aMoveOut()))).toMatchObject({
      status: "complete",
      shown: chat.shown,
    });
  });

  test("a key that is not here is nothing", () => {
    expect(decideMoveOut(aThread().turn, aMoveOut({ keys: ["mail:other"] }))).toEqual([]);
  });
});

describe("[V1] a mail that is moved in", () => {
  const there = aMailState({
    id: ID,
    address: anAddress(carla.email, { by: "mail" }),
    contact: carla,
    status: "complete",
    lastSeq: 4,
    readSeq: 4,
  });

  test("is a message of its own under the same key, unread, and reopens", () => {
    const { message, effects } = decideMoveIn(aTurn(there), aMoveIn());
    expect(message).toMatchObject({
      seq: 5,
      at: NOW,
      text: "It is on fire.",
      subject: "Printer",
      author: { kind: "contact", name: "Carla" },
      mail: {
        ledgerId: "ledger",
        from: { address: carla.email },
        movedFrom: { conversationId: uuid(8), by: "Ana", at: NOW - 5 },
        move: 1,
      },
    });
    expect(effects).toContainEqual({ kind: "insert", key: KEY, message });
    expect(stateOf(effects)).toMatchObject({
      status: "open",
      lastInboundSeq: 5,
      subject: "Printer",
      mail: { references: ["two@customer.test"], lastInboundId: "two@customer.test" },
    });
  });

  test("[C8] an automatic one neither reopens nor makes unread, moved in or left behind", () => {
    const automatic = aMailMessage({ mail: { ...aMailMessage().mail, isAutomatic: true } });
    const { turn, messages } = aThread();
    const done = { ...turn, state: { ...turn.state, status: "complete" as const } };
    const { effects } = decideMoveIn(done, aMoveIn({ parts: [{ key: "mail:auto@customer.test", message: automatic }] }));
    expect(stateOf(effects)).toMatchObject({ status: "complete", lastInboundSeq: turn.state.lastInboundSeq });
    const late = aMailMessage({ seq: 4, id: uuid(4) });
    const thread: [string, Message][] = [...messages, ["auto", { ...automatic, seq: 3, id: uuid(3) }], ["late", late]];
    const before = aTurn({ ...turn.state, lastSeq: 4, lastInboundSeq: 4 }, thread);
    expect(stateOf(decideMoveOut(before, aMoveOut({ keys: ["late"] })))).toMatchObject({ lastInboundSeq: 2 });
  });

  test("of somebody else does not choose what the contact's next mail is called or answers", () => {
    const eve = aMailMessage({ mail: { from: { address: "eve@evil.test" }, isNewPerson: true } });
    const { message, effects } = decideMoveIn(aTurn(there), aMoveIn({ contactId: null, parts: [{ key: KEY, message: eve }] }));
    expect(stateOf(effects)).toMatchObject({ subject: null, mail: null });
    // What was said of it was true of the other conversation.
    expect(message.mail?.isNewPerson).toBeUndefined();
  });

  test("with the note above it: both, and the first is the mail", () => {
    const note = aMailMessage({ seq: 3, author: ben, channel: "note", text: "Please help", mail: { ledgerId: "ledger" } });
    const parts = [
      { key: KEY, message: aMailMessage() },
      { key: noteKeyOf(KEY), message: note },
    ];
    const { message, effects } = decideMoveIn(aTurn(there), aMoveIn({ parts }));
    expect(message.seq).toBe(5);
    expect(effects.flatMap((effect) => (effect.kind === "insert" ? [[effect.key, effect.message.seq]] : []))).toEqual([
      [KEY, 5],
      ["mail-note:two@customer.test", 6],
    ]);
    expect(stateOf(effects)).toMatchObject({ lastSeq: 6, lastInboundSeq: 5, lastReply: null, assignee: null });
  });

  test.each<[string, Partial<ConversationState>, string | null]>([
    ["the contact's", { contact: carla, address: anAddress(carla.email) }, carla.id],
    ["the contact's, and the browser is confirmed for it", { ...confirmedFor(carla.email), contact: carla }, carla.id],
    ["another contact's", { contact: { ...carla, id: uuid(51), email: "nora@customer.test" } }, carla.id],
    ["of nobody who is known, where no address is", { contact: null }, null],
  ])("[V4] [T2] [A16] it is for agents, whoever may read along: %s", (_, over, contactId) => {
    const { message } = decideMoveIn(aTurn(aState({ lastSeq: 4, ...over })), aMoveIn({ contactId }));
    expect(message.for).toEqual({ sessions: [], addresses: [] });
    expect(messageFor(aViewer(carla.email), message)).toBeNull();
  });

  test("[T4] its author has mailed us here, too, which says nothing of whether they get ours", () => {
    const { effects } = decideMoveIn(aTurn(aState({ lastSeq: 4 })), aMoveIn());
    const heard = { email: carla.email, mails: 0, bounces: 0, isHeard: true, isReachable: false };
    expect(stateOf(effects)).toMatchObject({ correspondents: [heard], heardMails: [{ email: carla.email, seq: 5 }] });
  });
});

describe("[V1] [V2] back again, late and repeated", () => {
  test("moving it back is undoing it: the same state, the same message", () => {
    const { turn, messages } = aThread();
    const away = carriedOut(turn, messages, decideMoveOut(turn, aMoveOut()));
    const stored: [string, Message][] = messages.map(([key]) => [key, away.findByKey(key) ?? first]);
    const back = decideMoveIn(away, aMoveIn({ move: 2, parts: [{ key: KEY, message: aMailMessage({ seq: 9 }) }] }));
    const restored = carriedOut(away, stored, back.effects);
    expect(restored.state).toEqual({ ...turn.state, revision: turn.state.revision + 2, returnedSeqs: [2] });
    expect(restored.findBySeq(2)).toEqual({ ...aMailMessage(), mail: { ...aMailMessage().mail, move: 2 } });
    expect(back.effects.filter(({ kind }) => kind === "message" || kind === "insert")).toEqual([
      { kind: "message", message: restored.findBySeq(2) },
    ]);
  });

  test("[V3] what was completed because nothing was left is open again", () => {
    const { turn } = aThread();
    const alone = aTurn({ ...turn.state, lastSeq: 1, lastInboundSeq: 1, readSeq: 0 }, [[KEY, aMailMessage({ seq: 1 })]]);
    const away = carriedOut(alone, [[KEY, aMailMessage({ seq: 1 })]], decideMoveOut(alone, aMoveOut()));
    const { effects } = decideMoveIn(away, aMoveIn({ move: 2 }));
    expect(stateOf(effects)).toMatchObject({ status: "open", movedSeqs: [], lastInboundSeq: 1 });
    expect(effects).toContainEqual({ kind: "event", event: { at: NOW, afterSeq: 1, kind: "reopened", actor: ana } });
  });

  test("[V3] notes do not count: with them alone it is complete, and open again when the mail is back", () => {
    const { turn } = aThread();
    const note = aMessage({ seq: 2, id: uuid(3), author: ana, channel: "note" });
    const messages: [string, Message][] = [
      [KEY, aMailMessage({ seq: 1 })],
      ["note", note],
    ];
    const noted = aTurn({ ...turn.state, lastSeq: 2, lastInboundSeq: 1, readSeq: 0 }, messages);
    const out = decideMoveOut(noted, aMoveOut());
    expect(stateOf(out)).toMatchObject({ status: "complete" });
    const { effects } = decideMoveIn(carriedOut(noted, messages, out), aMoveIn({ move: 2 }));
    expect(stateOf(effects)).toMatchObject({ status: "open", lastInboundSeq: 1 });
  });

  test("a move that was heard of, or an older one, changes nothing on either side", () => {
    const { turn, messages } = aThread();
    const away = carriedOut(turn, messages, decideMoveOut(turn, aMoveOut({ move: 3 })));
    for (const move of [1, 2, 3]) {
      expect(decideMoveOut(away, aMoveOut({ move }))).toEqual([]);
      expect(decideMoveIn(away, aMoveIn({ move }))).toEqual({ message: away.findBySeq(2), effects: [] });
    }
    expect(decideMoveIn(away, aMoveIn({ move: 4 })).effects).not.toEqual([]);
  });

  test("a mail that is here by itself too stays one message", () => {
    const { turn } = aThread();
    const { message, effects } = decideMoveIn(turn, aMoveIn({ move: 1 }));
    expect(message.seq).toBe(2);
    expect(effects).toEqual([{ kind: "update", message }]);
  });
});

test("[V1] the note above a forwarded mail has a key that is told from the mail's", () => {
  expect(["mail:a@b", "mail-0af:a@b", "mail-note:a@b"].map(noteKeyOf)).toEqual([
    "mail-note:a@b",
    "mail-note-0af:a@b",
    "mail-note:a@b",
  ]);
});
