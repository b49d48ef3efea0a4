/** What a client gets that says which `seq` it has: a `welcome`, then as many `messages` frames as it takes (A3). */
import { isFor, type Viewer } from "./audience.ts";
import {
  MESSAGES_PER_FRAME,
  type ConversationEvent,
  type Draft,
  type Message,
  type Presence,
  type ServerFrame,
} from "./protocol.ts";
import type { ConversationState } from "./state.ts";
import { conversationForAgents, conversationForVisitor, isMovedAway, isTakenBack, messagesFor, presenceFor } from "./views.ts";

/** Mails that were moved, told again with a `welcome`. */
const MOVED_PER_WELCOME_MAX = 20;

/** UTF-16 code units of messages, as they are stored, in one frame, but for its last message. */
export const FRAME_CONTENT_MAX = 256_000;

/** What is read of the log. */
export interface ReadableLog {
  /** @param lengthMax UTF-16 code units as stored; the first message is read whatever its length */
  after(seq: number, limit: number, lengthMax?: number): Message[];
  events(): ConversationEvent[];
  drafts(agentId: string): Draft[];
}

export interface CatchUpView {
  state: ConversationState;
  presence: Presence;
  viewer: Viewer;
  /** Whose drafts are named; null for who is no agent. */
  agentId: string | null;
  lastSeq: number;
  /** Epoch ms. */
  now: number;
}

/** What is not for this viewer leaves no trace: no empty frame, and no `more` for what they are not shown. */
export function* catchUpFrames(log: ReadableLog, view: CatchUpView): Generator<ServerFrame> {
  let isFirst = true;
  const frameOf = (messages: Message[], more: boolean): ServerFrame => {
    const frame = isFirst ? welcome(log, view, { messages, more }) : { type: "messages" as const, messages, more };
    isFirst = false;
    return frame;
  };
  // Held back until it is known whether anything follows.
  let held: Message[] = [];
  for (const part of partsOf(log, view)) {
    const messages = messagesFor(view.viewer, part);
    if (messages.length === 0) continue;
    if (held.length > 0) yield frameOf(held, true);
    held = messages;
  }
  yield frameOf(held, false);
}

/** What was moved comes first; where that is long, in parts of its own. */
function* partsOf(log: ReadableLog, view: CatchUpView): Generator<Message[]> {
  const moved = cutByLength(movedPage(log, view).filter((message) => isFor(message, view.viewer)));
  const rest = moved.pop() ?? [];
  yield* moved;
  let page = log.after(view.lastSeq, MESSAGES_PER_FRAME, FRAME_CONTENT_MAX - lengthOf(rest));
  yield [...rest, ...page];
  for (let last = page.at(-1)?.seq; last !== undefined && last < view.state.lastSeq; last = page.at(-1)?.seq) {
    page = log.after(last, MESSAGES_PER_FRAME, FRAME_CONTENT_MAX);
    yield page;
  }
}

function lengthOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
}

/** As few parts as fit into a frame each. */
function cutByLength(messages: readonly Message[]): Message[][] {
  const parts: Message[][] = [];
  for (const message of messages) {
    const part = parts.at(-1);
    if (part !== undefined && lengthOf([...part, message]) <= FRAME_CONTENT_MAX) part.push(message);
    else parts.push([message]);
  }
  return parts;
}

/**
 * Mails below `lastSeq` that were moved or taken back, or are there again: what a client has of them may not be so any
 * more. Newest ones.
 */
function movedPage(log: ReadableLog, { state, lastSeq }: CatchUpView): Message[] {
  const seqs = [...new Set([...state.movedSeqs, ...state.returnedSeqs, ...state.takenBackSeqs])]
    .filter((seq) => seq <= lastSeq)
    .sort((a, b) => a - b);
  return seqs.slice(-MOVED_PER_WELCOME_MAX).flatMap((seq) => log.after(seq - 1, 1));
}

/** Those that this viewer may have had; one that was sent after all is no longer among them. */
function withdrawnFor(log: ReadableLog, { movedSeqs, takenBackSeqs }: ConversationState, viewer: Viewer): number[] {
  const isTheirs = (seq: number, isGone: (message: Message) => boolean) =>
    log.after(seq - 1, 1).some((message) => message.seq === seq && isFor(message, viewer) && isGone(message));
  return [...movedSeqs.filter((seq) => isTheirs(seq, isMovedAway)), ...takenBackSeqs.filter((seq) => isTheirs(seq, isTakenBack))];
}

/** @param page what the viewer may see */
function welcome(log: ReadableLog, view: CatchUpView, page: { messages: Message[]; more: boolean }): ServerFrame {
  const { state, presence, viewer, agentId, now } = view;
  const frame = { type: "welcome" as const, presence: presenceFor(viewer, presence), ...page };
  if (viewer.kind === "session") {
    const withdrawn = withdrawnFor(log, state, viewer);
    return { ...frame, conversation: conversationForVisitor(state, now), ...(withdrawn.length > 0 && { withdrawn }) };
  }
  return {
    ...frame,
    conversation: conversationForAgents(state, { isVisitorOnline: presence.isVisitorOnline, now }),
    events: log.events(),
    drafts: agentId === null ? [] : log.drafts(agentId),
  };
}
