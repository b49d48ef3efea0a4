import { describe, expect, test } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import {
  conversationForAgents,
  conversationForVisitor,
  frameFor,
  messageFor,
} from "../../../durable-objects/conversation/views.ts";
import { NOW, aMessage, aState, ana, uuid } from "../../support/conversation-builders.ts";

const mailed: Message = aMessage({
  author: { kind: "contact", id: uuid(5), name: "Carla Secret" },
  channel: "email",
  html: "<p>secret</p>",
  quoted: "secret",
  subject: "Secret",
  mail: { ledgerId: "secret", from: { address: "secret@customer.test" } },
  delivery: { state: "sent", to: ["secret@customer.test"] },
});

describe("[P6] messages", () => {
  test("agents see them whole", () => {
    expect(messageFor("agent", mailed)).toBe(mailed);
  });

  test("visitors see the words and who they are of, nothing else", () => {
    expect(messageFor("visitor", mailed)).toEqual({
      seq: 1,
      id: uuid(1),
      at: NOW,
      author: { kind: "contact" },
      channel: "email",
      text: "Hello",
      attachments: [],
    });
    expect(messageFor("visitor", aMessage({ author: ana }))?.author).toEqual({ kind: "agent", name: "Ana" });
  });

  test.each([
    ["a note", aMessage({ author: ana, channel: "note" })],
    ["a new person's mail", aMessage({ channel: "email", mail: { isNewPerson: true } })],
    ["another participant's mail", aMessage({ channel: "email", mail: { isParticipant: true } })],
  ])("[T2] %s is not shown to visitors, live or as an answer", (_, message) => {
    expect(messageFor("visitor", message)).toBeNull();
    expect(frameFor("visitor", { type: "message", message })).toBeNull();
  });
});

describe("[P6] other frames", () => {
  test("visitors learn neither deliveries nor events, and see no ids in typing and presence", () => {
    expect(frameFor("visitor", { type: "delivery", seq: 1, delivery: { state: "sent" } })).toBeNull();
    const event = { id: 1, at: NOW, afterSeq: 1, kind: "assigned", actor: ana } as const;
    expect(frameFor("visitor", { type: "event", event })).toBeNull();
    expect(frameFor("visitor", { type: "typing", author: ana })).toEqual({
      type: "typing",
      author: { kind: "agent", name: "Ana" },
    });
    expect(frameFor("visitor", { type: "typing", author: { kind: "agent", id: "ana" } })).toEqual({
      type: "typing",
      author: { kind: "agent" },
    });
    expect(frameFor("visitor", { type: "presence", isVisitorOnline: true, agents: [{ id: "ana", name: "Ana" }] })).toEqual({
      type: "presence",
      isVisitorOnline: true,
      agents: [{ name: "Ana" }],
    });
  });
});

describe("[P7] the conversation", () => {
  const state = aState({
    contact: { id: uuid(2), name: "Carla", email: "carla@customer.test" },
    assignee: { id: "ana", name: "Ana" },
    lastSeq: 4,
    lastInboundSeq: 4,
    readSeq: 3,
    visitorSeenSeq: 2,
    revision: 9,
  });

  test("agents get the list item", () => {
    expect(conversationForAgents(state, true)).toEqual({
      id: state.id,
      contact: state.contact,
      address: { email: "carla@customer.test", level: "typed" },
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
      visitor: null,
    });
  });

  test("visitors get what is theirs", () => {
    expect(conversationForVisitor(state)).toEqual({
      id: state.id,
      status: "open",
      hasEmail: true,
      readSeq: 3,
      visitorSeenSeq: 2,
      assignee: { name: "Ana" },
    });
    expect(conversationForVisitor(aState({ capture: { email: "typed@customer.test" } }))).toMatchObject({ hasEmail: true });
    expect(conversationForVisitor(aState())).toMatchObject({ hasEmail: false, assignee: null });
  });
});
