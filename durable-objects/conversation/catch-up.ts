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

/** What is read of the log. */
export interface ReadableLog {
  after(seq: number, limit: number): Message[];
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
  let { messages, more } = nextPage(log, view.lastSeq);
  yield welcome(log, view, { messages, more });
  while (more) {
    const last = messages.at(-1)?.seq ?? view.state.lastSeq;
    ({ messages, more } = nextPage(log, last));
    yield { type: "messages", messages: messagesFor(view.viewer, messages), more };
  }
}

function nextPage(log: ReadableLog, lastSeq: number): { messages: Message[]; more: boolean } {
  const found = log.after(lastSeq, MESSAGES_PER_FRAME + 1);
  return { messages: found.slice(0, MESSAGES_PER_FRAME), more: found.length > MESSAGES_PER_FRAME };
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

function welcome(log: ReadableLog, view: CatchUpView, page: { messages: Message[]; more: boolean }): ServerFrame {
  const { state, presence, viewer, agentId, now } = view;
  const frame = {
    type: "welcome" as const,
    presence: presenceFor(viewer, presence),
    messages: messagesFor(viewer, [...movedPage(log, view), ...page.messages]),
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
