import type { Conversation, ConversationEvent, Message } from "../../../durable-objects/conversation/protocol.ts";

/** A UUIDv7 that ends in `n`. */
export const idOf = (n: number): string => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;

export const ME = { id: idOf(900), name: "Marta Vidal" };
export const COLLEAGUE = { id: idOf(901), name: "Ben Okafor" };

export function aMessage(part: Partial<Message> = {}): Message {
  const seq = part.seq ?? 1;
  return {
    seq,
    id: idOf(seq),
    at: 1_790_000_000_000 + seq * 60_000,
    author: { kind: "visitor" },
    channel: "chat",
    text: `message ${seq}`,
    attachments: [],
    ...part,
  };
}

export function anEvent(part: Partial<ConversationEvent> = {}): ConversationEvent {
  return { id: 1, at: 1_790_000_000_000, afterSeq: 0, kind: "completed", actor: { kind: "agent", ...ME }, ...part };
}

/** `n` names it and sets its place: a larger one is newer. */
export function aConversation(n: number, part: Partial<Conversation> = {}): Conversation {
  const at = 1_790_000_000_000 + n * 60_000;
  return {
    id: idOf(n),
    contact: null,
    status: "open",
    unread: false,
    assigneeId: null,
    lastMessage: { seq: 1, at, author: { kind: "visitor" }, channel: "chat", preview: `preview ${n}` },
    isVisitorOnline: false,
    revision: 1,
    subject: null,
    createdAt: at,
    readSeq: 0,
    visitorSeenSeq: 0,
    hasVisitor: true,
    visitor: null,
    address: part.contact?.email
      ? { email: part.contact.email, level: part.hasVisitor === false ? "mail" : "confirmed", claimed: null }
      : null,
    unconfirmedMail: null,
    ...part,
  };
}

/** What a server answers who picks a saved reply: one that names the contact. */
export const savedReplies = () => ({
  "GET /api/saved-replies": {
    items: [{ id: idOf(1), categoryId: idOf(2), title: "Greeting", text: "Hi {{contact.name}}!" }],
    nextCursor: null,
  },
  "GET /api/saved-reply-categories": { items: [{ id: idOf(2), name: "Hellos" }], nextCursor: null },
  "GET /api/settings": { company: "Acme" },
});
