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

export function* catchUpFrames(log: ReadableLog, view: CatchUpView): Generator<ServerFrame> {
  let isFirst = true;
  for (const part of partsOf(log, view)) {
    yield isFirst
      ? welcome(log, view, part)
      : { type: "messages", messages: messagesFor(view.viewer, part.messages), more: part.more };
    isFirst = false;
  }
}

interface Part {
  messages: Message[];
  more: boolean;
}

/** What was moved comes first; where that is long, in parts of its own. There is always one part, for the `welcome`. */
function* partsOf(log: ReadableLog, view: CatchUpView): Generator<Part> {
  const moved = cutByLength(movedPage(log, view));
  const rest = moved.pop() ?? [];
  for (const messages of moved) yield { messages, more: true };
  let page = nextPage(log, view, { lastSeq: view.lastSeq, lengthMax: FRAME_CONTENT_MAX - lengthOf(rest) });
  yield { messages: [...rest, ...page.messages], more: page.more };
  while (page.more) {
    page = nextPage(log, view, { lastSeq: page.messages.at(-1)?.seq ?? view.state.lastSeq, lengthMax: FRAME_CONTENT_MAX });
    yield page;
  }
}

function nextPage(log: ReadableLog, { state }: CatchUpView, from: { lastSeq: number; lengthMax: number }): Part {
  const messages = log.after(from.lastSeq, MESSAGES_PER_FRAME, from.lengthMax);
  return { messages, more: (messages.at(-1)?.seq ?? state.lastSeq) < state.lastSeq };
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

function welcome(log: ReadableLog, view: CatchUpView, page: Part): ServerFrame {
  const { state, presence, viewer, agentId, now } = view;
  const frame = {
    type: "welcome" as const,
    presence: presenceFor(viewer, presence),
    messages: messagesFor(viewer, page.messages),
    more: page.more,
  };
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
