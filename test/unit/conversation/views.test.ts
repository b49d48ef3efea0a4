import { describe, expect, test } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import {
  conversationForAgents,
  conversationForVisitor,
  frameFor,
  messageFor,
} from "../../../durable-objects/conversation/views.ts";
import {
  NOW,
  aBeginner,
  aMailState,
  aMessage,
  aState,
  aViewer,
  ana,
  anAddress,
  uuid,
} from "../../support/conversation-builders.ts";

const CARLA = "carla@customer.test";
const agents = { kind: "agent" } as const;

const mailed: Message = aMessage({
  author: { kind: "contact", id: uuid(5), name: "Carla Secret" },
  channel: "email",
  html: "<p>secret</p>",
  quoted: "secret",
  subject: "Secret",
  mail: { ledgerId: "secret", from: { address: "secret@customer.test" } },
  delivery: { state: "sent", to: ["secret@customer.test"] },
  for: { sessions: [], addresses: ["secret@customer.test"] },
});

describe("[P6] messages", () => {
  test("agents see them whole", () => {
    expect(messageFor(agents, mailed)).toBe(mailed);
  });

  test("visitors see the words and who they are of, nothing else", () => {
    expect(messageFor(aViewer("secret@customer.test"), mailed)).toEqual({
      seq: 1,
      id: uuid(1),
      at: NOW,
      author: { kind: "contact" },
      channel: "email",
      text: "Hello",
      attachments: [],
    });
    expect(messageFor(aViewer(), aMessage({ author: ana }))?.author).toEqual({ kind: "agent", name: "Ana" });
  });

  test.each([
    ["a note", aMessage({ author: ana, channel: "note" })],
    ["a mail that is not for them", mailed],
    ["what was moved away", aMessage({ mail: { movedTo: { conversationId: uuid(9) } } })],
    ["what was taken back", aMessage({ delivery: { state: "failed", reason: "taken back before it was sent" } })],
    ["what says of nobody whom it is for", aMessage({ for: undefined })],
    ["the chat of another browser", aMessage({ for: { sessions: [uuid(9)], addresses: [] } })],
  ])("[T2] [A16] %s is not shown to visitors, live or as an answer", (_, message) => {
    expect(messageFor(aViewer(CARLA), message)).toBeNull();
    expect(frameFor(aViewer(CARLA), { type: "message", message })).toBeNull();
  });
});

describe("[P6] other frames", () => {
  test("visitors learn neither deliveries nor events, and see no ids in typing and presence", () => {
    expect(frameFor(aViewer(), { type: "delivery", seq: 1, delivery: { state: "sent" } })).toBeNull();
    const event = { id: 1, at: NOW, afterSeq: 1, kind: "assigned", actor: ana } as const;
    expect(frameFor(aViewer(), { type: "event", event })).toBeNull();
    expect(frameFor(aViewer(), { type: "typing", author: ana })).toEqual({
      type: "typing",
      author: { kind: "agent", name: "Ana" },
    });
    expect(frameFor(aViewer(), { type: "typing", author: { kind: "agent", id: "ana" } })).toEqual({
      type: "typing",
      author: { kind: "agent" },
    });
    expect(frameFor(aViewer(), { type: "presence", isVisitorOnline: true, agents: [{ id: "ana", name: "Ana" }] })).toEqual({
      type: "presence",
      isVisitorOnline: true,
      agents: [{ name: "Ana" }],
    });
  });
});

describe("[P7] the conversation", () => {
  const shown = { status: "open", readSeq: 3, assignee: { id: "ana", name: "Ana" }, ownSeq: 4 } as const;
  const state = aState({
    contact: { id: uuid(2), name: "Carla", email: CARLA },
    address: anAddress(CARLA),
    beginner: aBeginner({ given: [CARLA] }),
    assignee: { id: "ana", name: "Ana" },
    lastSeq: 4,
    lastInboundSeq: 4,
    readSeq: 3,
    visitorSeenSeq: 2,
    revision: 9,
    shown,
  });
  const asAgent = (over: Parameters<typeof aState>[0]) =>
    conversationForAgents({ ...state, ...over }, { isVisitorOnline: true, now: NOW });
  const asVisitor = (over: Parameters<typeof aState>[0]) => conversationForVisitor({ ...state, ...over }, NOW);

  test("agents get the list item", () => {
    expect(asAgent({})).toEqual({
      id: state.id,
      contact: state.contact,
      status: "open",
      unread: true,
      assigneeId: "ana",
      lastMessage: null,
      channel: "chat",
      isVisitorOnline: true,
      revision: 9,
      subject: null,
      createdAt: NOW,
      readSeq: 3,
      visitorSeenSeq: 2,
      hasVisitor: true,
      address: { email: CARLA, level: "typed", claimed: null },
      unconfirmedMail: null,
      visitor: null,
    });
    expect(conversationForAgents(aMailState(), { isVisitorOnline: false, now: NOW })).toMatchObject({
      hasVisitor: false,
      address: null,
      unconfirmedMail: null,
    });
  });

  test("[T2] agents are told of the newest mail from an address that the browser has not shown to be theirs", () => {
    const heardMails = [
      { email: "leo@customer.test", seq: 2 },
      { email: CARLA, seq: 4 },
    ];
    const confirmed = aBeginner({ confirmed: { email: CARLA, usedAt: NOW } });
    expect(asAgent({ heardMails }).unconfirmedMail).toEqual({ seq: 4, email: CARLA });
    expect(asAgent({ heardMails, beginner: confirmed }).unconfirmedMail).toEqual({ seq: 2, email: "leo@customer.test" });
    expect(asAgent({ heardMails: heardMails.slice(1), beginner: confirmed }).unconfirmedMail).toBeNull();
    // Nobody reads along.
    expect(asAgent({ heardMails, beginner: null }).unconfirmedMail).toBeNull();
  });

  test("[M16] agents are told whose mails may be parted: the newest author's who is not shown to be the visitor, if they are here", () => {
    const leo = "leo@customer.test";
    const heardMails = [
      { email: leo, seq: 2 },
      { email: CARLA, seq: 4 },
    ];
    const confirmed = aBeginner({ confirmed: { email: CARLA, usedAt: 0 } });
    expect(asAgent({ heardMails }).partable).toBe(CARLA);
    expect(asAgent({ heardMails, movedSeqs: [4] }).partable).toBe(leo);
    // It was shown, whenever that was.
    expect(asAgent({ heardMails, beginner: confirmed }).partable).toBe(leo);
    expect(asAgent({ heardMails, beginner: confirmed, movedSeqs: [2] })).not.toHaveProperty("partable");
    expect(asAgent({ heardMails, beginner: null })).not.toHaveProperty("partable");
  });

  test("visitors get what is theirs", () => {
    expect(asVisitor({})).toEqual({
      id: state.id,
      status: "open",
      hasEmail: true,
      readSeq: 3,
      visitorSeenSeq: 2,
      assignee: { name: "Ana" },
    });
    expect(conversationForVisitor(aState(), NOW)).toMatchObject({ hasEmail: false, assignee: null });
  });

  test("[A16] only what a message for them, or an agent, has caused shows in it", () => {
    const after = { status: "open", readSeq: 9, assignee: { id: "ben", name: "Ben" }, lastSeq: 9 } as const;
    const before = asVisitor({ shown: { ...shown, status: "complete" } });
    expect(asVisitor({ ...after, shown: { ...shown, status: "complete" } })).toEqual(before);
    // Nobody learns from a read mark that something follows their own last message.
    expect(asVisitor({ shown: { ...shown, readSeq: 9, ownSeq: 4 } }).readSeq).toBe(4);
  });

  test("the widget's line: from our first reply by mail on, the same whether or not an answer came, until it is shown", () => {
    const goesOnAt = "c•••@c•••";
    const reachable = [{ email: CARLA, mails: 1, bounces: 0, isHeard: true, isReachable: true }];
    expect(asVisitor({})).not.toHaveProperty("goesOnAt");
    expect(asVisitor({ hasMailed: true })).toMatchObject({ goesOnAt });
    expect(asVisitor({ hasMailed: true, correspondents: reachable, lastSeq: 9 })).toEqual(asVisitor({ hasMailed: true }));
    // An address that a mail or an agent's older click has here is never named: they said another one since.
    const other = aBeginner({ given: [CARLA, "leo@customer.test"] });
    expect(asVisitor({ hasMailed: true, beginner: other }).goesOnAt).toBe("l•••@c•••");
    expect(asVisitor({ isAskedToConfirm: true })).toMatchObject({ goesOnAt, isAskedToConfirm: true });
    const confirmed = aBeginner({ given: [CARLA], confirmed: { email: CARLA, usedAt: NOW } });
    for (const over of [{ beginner: confirmed }, { beginner: aBeginner() }]) {
      const told = asVisitor({ hasMailed: true, isAskedToConfirm: true, ...over });
      expect([told.goesOnAt, told.isAskedToConfirm]).toEqual([undefined, undefined]);
    }
  });
});
