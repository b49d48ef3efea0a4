/** Appending a message: the one place that gives out `seq` (A3) and says what else a message changes. Pure. */
import { recipientsOf } from "./copies.ts";
import type { Effect, Turn } from "./effects.ts";
import type { Attachment, Author, Channel, ConversationEvent, Delivery, Message } from "./protocol.ts";
import { lastMessageOf, type ConversationState } from "./state.ts";

export interface NewMessage {
  /** Makes a repeat known; unique within the conversation. */
  key: string;
  author: Author;
  channel: Channel;
  text: string;
  attachments: Attachment[];
  html?: string | undefined;
  quoted?: string | undefined;
  subject?: string | undefined;
  cc?: string[];
  bcc?: string[];
  mail?: Message["mail"];
  /** False for automatic mail, which joins without waking anyone. */
  shouldReopen: boolean;
  /** Ms for which a mail can be taken back. */
  undoMs: number;
  /** Ms after which a chat reply that was not seen is mailed; 0 is never. */
  unseenMs?: number;
}

export interface Appended {
  message: Message;
  effects: Effect[];
}

/** @returns the message and everything that follows from it; the caller has made sure that it is no repeat. */
export function appendMessage(turn: Turn, input: NewMessage): Appended {
  const message = messageOf(turn, input);
  const { state, events } = stateAfter(turn, message, input);
  const effects: Effect[] = [{ kind: "insert", key: input.key, message }];
  for (const event of events) effects.push({ kind: "event", event });
  if (message.delivery !== undefined) effects.push({ kind: "mail", job: { seq: message.seq, dueAt: turn.now + input.undoMs } });
  effects.push({ kind: "state", state });
  return { message, effects };
}

function messageOf(turn: Turn, input: NewMessage): Message {
  const message: Message = {
    seq: turn.state.lastSeq + 1,
    id: turn.newId(),
    at: turn.now,
    author: input.author,
    channel: input.channel,
    text: input.text,
    attachments: input.attachments,
  };
  if (input.html !== undefined) message.html = input.html;
  if (input.quoted !== undefined && input.quoted !== "") message.quoted = input.quoted;
  if (input.subject !== undefined && input.subject !== "") message.subject = input.subject;
  if (input.cc !== undefined && input.cc.length > 0) message.cc = input.cc;
  if (input.bcc !== undefined && input.bcc.length > 0) message.bcc = input.bcc;
  if (input.mail !== undefined) message.mail = input.mail;
  if (input.channel === "email" && (input.author.kind === "agent" || input.author.kind === "system"))
    message.delivery = queuedDelivery(turn, message, input.undoMs);
  return message;
}

export function queuedDelivery(turn: Turn, copies: Pick<Message, "cc" | "bcc">, undoMs: number): Delivery {
  const to = recipientsOf(turn.state, copies);
  return {
    state: "queued",
    ...(to.length === 0 ? {} : { to }),
    ...(undoMs > 0 ? { undoUntil: turn.now + undoMs } : {}),
  };
}

type NewEvent = Omit<ConversationEvent, "id">;

function stateAfter(turn: Turn, message: Message, input: NewMessage): { state: ConversationState; events: NewEvent[] } {
  const before = turn.state;
  const events: NewEvent[] = [];
  const state: ConversationState = {
    ...before,
    lastSeq: message.seq,
    revision: before.revision + 1,
    lastMessage: lastMessageOf(message),
  };
  if (message.channel !== "note") state.channel = message.channel;
  if (message.author.kind === "agent") {
    if (message.channel !== "note") agentReplied(state, message, events);
    if (message.channel === "chat") waitForSeen(state, input.unseenMs ?? 0, message.at);
  } else if (message.author.kind !== "system" && message.channel !== "note" && input.shouldReopen) {
    state.lastInboundSeq = message.seq;
    if (message.author.kind === "visitor") {
      state.visitorSeenSeq = message.seq;
      state.unseen = { ...state.unseen, dueAt: null };
    }
    if (before.status === "complete") {
      state.status = "open";
      events.push({ at: message.at, afterSeq: message.seq - 1, kind: "reopened", actor: message.author });
    }
  }
  return { state, events };
}

/**
 * Each reply begins the wait anew, so that several written in a row go in one mail. In a conversation that began by mail
 * nobody ever sees a chat message: it is mailed when its time is up.
 */
function waitForSeen(state: ConversationState, unseenMs: number, now: number): void {
  if (unseenMs > 0) state.unseen = { ...state.unseen, dueAt: now + unseenMs, afterMs: unseenMs };
}

/** The first agent to reply owns the conversation (S21), and has read what they answer. */
function agentReplied(state: ConversationState, message: Message, events: NewEvent[]): void {
  const { id, name } = message.author;
  if (id === undefined) return;
  if (state.lastReply !== null && state.lastReply.agentId !== id) state.otherReply = state.lastReply;
  state.lastReply = { seq: message.seq, agentId: id };
  state.readSeq = Math.max(state.readSeq, state.lastInboundSeq);
  if (state.assignee !== null) return;
  state.assignee = { id, name: name ?? "" };
  events.push({
    at: message.at,
    afterSeq: message.seq,
    kind: "assigned",
    actor: message.author,
    subject: { id, ...(name === undefined ? {} : { name }) },
  });
}
