/** Appending a message: the one place that gives out `seq` (A3) and says what else a message changes. Pure. */
import { beginnerViewer, isFor } from "./audience.ts";
import { recipientsOf } from "./copies.ts";
import type { Effect, Turn } from "./effects.ts";
import type { Attachment, Audience, Author, Channel, ConversationEvent, Delivery, Message } from "./protocol.ts";
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
  /** Whom it is for besides the agents: decided by who appends it, stored with it. */
  for: Audience;
  /** Of a mail that is to leave. */
  to?: string | undefined;
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
  if (message.to !== undefined)
    effects.push({ kind: "mail", job: { seq: message.seq, to: message.to, dueAt: turn.now + input.undoMs } });
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
    for: input.for,
  };
  if (input.html !== undefined) message.html = input.html;
  if (input.quoted !== undefined && input.quoted !== "") message.quoted = input.quoted;
  if (input.subject !== undefined && input.subject !== "") message.subject = input.subject;
  if (input.cc !== undefined && input.cc.length > 0) message.cc = input.cc;
  if (input.bcc !== undefined && input.bcc.length > 0) message.bcc = input.bcc;
  if (input.mail !== undefined) message.mail = input.mail;
  if (input.to !== undefined) {
    message.to = input.to;
    message.delivery = queuedDelivery(turn, input.to, { ...message, undoMs: input.undoMs });
  }
  return message;
}

export function queuedDelivery(turn: Turn, to: string, mail: Pick<Message, "cc" | "bcc"> & { undoMs: number }): Delivery {
  return {
    state: "queued",
    to: recipientsOf(to, mail),
    ...(mail.undoMs > 0 ? { undoUntil: turn.now + mail.undoMs } : {}),
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
  return { state: { ...state, shown: shownAfter(turn, state, { message, input }) }, events };
}

/** What the browser that began the chat is told of the conversation changes only by what is for it. */
function shownAfter(
  turn: Turn,
  state: ConversationState,
  { message, input }: { message: Message; input: NewMessage },
): ConversationState["shown"] {
  const viewer = beginnerViewer(state, turn.now);
  const { shown } = state;
  if (viewer === null || !isFor(message, viewer)) return shown;
  const isOwn = message.author.kind === "visitor";
  if (message.author.kind === "agent")
    return { ...shown, assignee: state.assignee, readSeq: Math.max(shown.readSeq, state.readSeq) };
  return { ...shown, ...(input.shouldReopen && { status: "open" as const }), ...(isOwn && { ownSeq: message.seq }) };
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
