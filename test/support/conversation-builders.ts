/** Conversations, messages and turns with defaults, for tests that say only what they are about. */
import type { ConversationAddress } from "../../durable-objects/conversation/addresses.ts";
import type { Viewer } from "../../durable-objects/conversation/audience.ts";
import type { Connection } from "../../durable-objects/conversation/connection.ts";
import type { SendRequest } from "../../durable-objects/conversation/core.ts";
import type { Turn } from "../../durable-objects/conversation/effects.ts";
import type { ReceivedMail } from "../../durable-objects/conversation/intake.ts";
import type { Audience, Author, Message } from "../../durable-objects/conversation/protocol.ts";
import { newBeginner, type Beginner } from "../../durable-objects/conversation/sessions.ts";
import { newConversationState, type ConversationState } from "../../durable-objects/conversation/state.ts";

export const NOW = 1_800_000_000_000;
/** The session that begins chats here. */
export const SESSION = "0190f000-0000-7000-8000-0000000000ff";
export const ID = "0190f000-0000-7000-8000-000000000000";
/** As a message of its chat stores it. */
export const FOR_BEGINNER: Audience = { sessions: [SESSION], addresses: [] };

/** The UUIDv7 that ends in this number. */
export function uuid(number: number): string {
  return `0190f000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

export const ana: Author = { kind: "agent", id: "ana", name: "Ana" };
export const ben: Author = { kind: "agent", id: "ben", name: "Ben" };
export const visitor: Author = { kind: "visitor" };

export function aState(over: Partial<ConversationState> = {}): ConversationState {
  return { ...newConversationState({ id: ID, now: NOW, visitor: null, session: { id: SESSION, origin: null } }), ...over };
}

/** One that a mail or an agent began. */
export function aMailState(over: Partial<ConversationState> = {}): ConversationState {
  return { ...newConversationState({ id: ID, now: NOW, visitor: null, session: null }), ...over };
}

/** An address that replies go to. */
export function anAddress(email: string, over: Partial<ConversationAddress> = {}): ConversationAddress {
  return { email, by: "visitor", hasOthers: false, ...over };
}

/** The browser that began a chat. */
export function aBeginner(over: Partial<Beginner> = {}): Beginner {
  return { ...newBeginner({ id: SESSION, origin: null }), ...over };
}

/** Who looks through the browser that began the chat. */
export function aViewer(confirmedFor: string | null = null): Viewer {
  return { kind: "session", id: SESSION, confirmedFor };
}

export function aMessage(over: Partial<Message> = {}): Message {
  const words = { author: visitor, channel: "chat" as const, text: "Hello", attachments: [], for: FOR_BEGINNER };
  return { seq: 1, id: uuid(1), at: NOW, ...words, ...over };
}

/** @param messages what is stored, with the key of each where it matters */
export function aTurn(state: ConversationState = aState(), messages: [key: string, message: Message][] = []): Turn {
  const byKey = new Map(messages);
  let ids = 1_000;
  return {
    state,
    now: NOW,
    newId: () => uuid((ids += 1)),
    findByKey: (key) => byKey.get(key) ?? null,
    findBySeq: (seq) => [...byKey.values()].find((message) => message.seq === seq) ?? null,
    keyOf: (seq) => messages.find(([, message]) => message.seq === seq)?.[0] ?? null,
    isVisitorOnline: () => false,
    queuedReplies: () => [],
  };
}

type VisitorConnection = Extract<Connection, { kind: "visitor" }>;
type AgentConnection = Extract<Connection, { kind: "agent" }>;
const common = { id: "connection", connectedAt: NOW, isReady: true, isHidden: false, hasRateLimits: true };

export function visitorConnection(over: Partial<VisitorConnection> = {}): VisitorConnection {
  return { kind: "visitor", sessionId: SESSION, tokenGeneration: 1, ...common, ...over };
}

export function agentConnection(over: Partial<AgentConnection> = {}): AgentConnection {
  return {
    kind: "agent",
    agentId: "ana",
    name: "Ana",
    role: "agent",
    credential: "session:ana",
    undoMs: 0,
    unseenMs: 0,
    ...common,
    ...over,
  };
}

export function aSend(over: Partial<SendRequest> = {}): SendRequest {
  return { clientId: uuid(7), author: visitor, channel: "chat", text: "Hello", attachments: [], undoMs: 0, ...over };
}

export function aMail(over: Partial<ReceivedMail> = {}): ReceivedMail {
  return {
    open: { id: ID, hasVisitor: false, visitor: null, contact: null, capture: null, subject: null, mail: null },
    messageId: "one@customer.test",
    variant: null,
    mailbox: { id: "mailbox", address: "hello@acme.test" },
    references: [],
    author: { kind: "contact", name: "Carla" },
    channel: "email",
    subject: "Printer",
    text: "It is on fire.",
    html: null,
    quoted: "",
    attachments: [],
    mail: {},
    contact: null,
    shouldReopen: true,
    isAnswer: false,
    ...over,
  };
}
