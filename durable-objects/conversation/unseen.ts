/**
 * A reply reaches the person: chat replies that the visitor has not had on screen some time after they left are mailed
 * once, several in one mail. The same messages, not copies; cancelled when they come back and see them. Pure.
 */
import { delivered } from "./delivery.ts";
import type { Effect, Turn } from "./effects.ts";
import type { Message } from "./protocol.ts";
import { replyAddressOf, type ConversationState } from "./state.ts";

/** Mails to an address that was only typed, until it is proven: nobody can be flooded by somebody else's chat (T1). */
export const UNPROVEN_MAILS_MAX = 1;
/** Replies that one mail carries; older ones are in its transcript. */
export const REPLIES_PER_MAIL_MAX = 10;

/** A chat reply that no mail has carried and that may have to be mailed. */
export function isUnmailedReply(message: Message): boolean {
  return message.author.kind === "agent" && message.channel === "chat" && message.delivery === undefined;
}

/**
 * The visitor has had everything up to `seq` on screen. A mail of these replies that has not left is not needed; one
 * that is on its way goes, and is shown as both.
 */
export function decideSeenByVisitor(turn: Turn, seq: number): Effect[] {
  const { state } = turn;
  const isAllSeen = seq >= (state.lastReply?.seq ?? 0);
  const unseen = isAllSeen ? { ...state.unseen, dueAt: null } : state.unseen;
  const cancelled = cancelUnneeded(turn, seq);
  const mails = state.unseen.mails - (cancelled.length > 0 ? 1 : 0);
  const next = { ...state, visitorSeenSeq: seq, unseen: { ...unseen, mails }, revision: state.revision + 1 };
  return [{ kind: "state", state: next }, { kind: "conversation" }, ...cancelled];
}

/** Takes back mails of replies up to `seq` that have not left: whoever has seen them, or answers them, needs no mail. */
export function cancelUnneeded(turn: Turn, seq: number): Effect[] {
  return turn
    .queuedReplies()
    .filter((row) => row.seq <= seq)
    .flatMap((row) => [
      { kind: "cancel-mail" as const, seq: row.seq },
      ...[...row.also, row.seq].flatMap((mailed) => {
        const message = turn.findBySeq(mailed);
        return message === null ? [] : delivered(message, { state: "seen" });
      }),
    ]);
}

/** Messages looked through for the last one that had reached the visitor: what came between a last ping and its limit. */
const DELIVERED_LOOKS_MAX = 60;

/**
 * The visitor has left: what they have not seen is looked at when their time is up, counted from now. What had been
 * written before the last sign of life of their device counts as delivered to it.
 *
 * @param heardAt epoch ms
 */
export function decideVisitorLeft(turn: Turn, heardAt: number): Effect[] {
  const { state, now } = turn;
  const unseen = state.unseen.dueAt === null ? state.unseen : { ...state.unseen, dueAt: now + state.unseen.afterMs };
  const visitorDeliveredSeq = deliveredSeq(turn, heardAt);
  // Worth a write only where it changes what is said below a reply.
  const said = Math.max(state.visitorSeenSeq, state.visitorDeliveredSeq);
  if (visitorDeliveredSeq > said && (state.lastReply?.seq ?? 0) > said)
    return [
      { kind: "state", state: { ...state, unseen, visitorDeliveredSeq, revision: state.revision + 1 } },
      { kind: "conversation" },
    ];
  return unseen === state.unseen ? [] : [{ kind: "state", state: { ...state, unseen } }];
}

function deliveredSeq(turn: Turn, heardAt: number): number {
  const { lastSeq } = turn.state;
  for (let seq = lastSeq; seq > Math.max(0, lastSeq - DELIVERED_LOOKS_MAX); seq -= 1)
    if ((turn.findBySeq(seq)?.at ?? 0) <= heardAt) return seq;
  return 0;
}

/**
 * The time is up. Decided in the same turn as *seen* is (T16): either the visitor has seen them, or they are mailed.
 *
 * @param replies the messages after `visitorSeenSeq`, ascending
 */
export function decideUnseen(turn: Turn, replies: Message[]): Effect[] {
  const { state, now } = turn;
  if (state.unseen.dueAt === null || state.unseen.dueAt > now) return [];
  const unmailed = replies.filter(isUnmailedReply).slice(-REPLIES_PER_MAIL_MAX);
  const last = unmailed.at(-1);
  if (last === undefined || !mayMail(state)) return [withUnseen(state, { ...state.unseen, dueAt: null })];
  // Somebody who has the page open may be reading: asked again later, and at once when they leave.
  if (turn.isVisitorOnline()) return [withUnseen(state, { ...state.unseen, dueAt: now + state.unseen.afterMs })];
  const to = replyAddressOf(state);
  const delivery = { state: "queued" as const, ...(to === null ? {} : { to: [to] }) };
  return [
    {
      kind: "mail",
      job: { seq: last.seq, dueAt: now, also: unmailed.slice(0, -1).map(({ seq }) => seq), isCancelledBySeen: true },
    },
    ...unmailed.flatMap((message) => delivered(message, delivery)),
    withUnseen(state, { ...state.unseen, dueAt: null, mails: state.unseen.mails + 1 }),
  ];
}

function mayMail(state: ConversationState): boolean {
  return replyAddressOf(state) !== null && (state.isAddressProven || state.unseen.mails < UNPROVEN_MAILS_MAX);
}

function withUnseen(state: ConversationState, unseen: ConversationState["unseen"]): Effect {
  return { kind: "state", state: { ...state, unseen } };
}
