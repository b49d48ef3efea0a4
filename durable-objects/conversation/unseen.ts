/**
 * A reply reaches the person: chat replies that the visitor has not had on screen some time after they left are mailed
 * once, several in one mail. The same messages, not copies; cancelled when they come back and see them. Pure.
 */
import { assertNever } from "../../worker/domain/assert-never.ts";
import { levelFor, unseenAddressOf } from "./addresses.ts";
import { delivered } from "./delivery.ts";
import type { Effect, Turn } from "./effects.ts";
import type { AddressLevel, Message } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

/** Mails to an address that was only typed: nobody can be flooded by somebody else's chat (T1). */
export const TYPED_MAILS_MAX = 1;
/** Mails in a day to one from which a mail of ours was answered: it exists, and nobody has shown in the chat whose it is. */
export const REACHABLE_MAILS_PER_DAY_MAX = 3;
const DAY_MS = 24 * 60 * 60_000;
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
  const cancelled = cancelUnneeded({ ...turn, state: { ...state, unseen } }, seq);
  const next = { ...(cancelled.state ?? { ...state, unseen }), visitorSeenSeq: seq, revision: state.revision + 1 };
  return [{ kind: "state", state: next }, { kind: "conversation" }, ...cancelled.effects];
}

interface Cancelled {
  /** Null where nothing was cancelled. A mail that did not leave counts for no limit. */
  state: ConversationState | null;
  effects: Effect[];
}

export const NOTHING_CANCELLED: Cancelled = { state: null, effects: [] };

/** Takes back mails of replies up to `seq` that have not left: whoever has seen them, or answers them, needs no mail. */
export function cancelUnneeded(turn: Turn, seq: number): Cancelled {
  const rows = turn.queuedReplies().filter((row) => row.seq <= seq);
  if (rows.length === 0) return NOTHING_CANCELLED;
  const { unseen } = turn.state;
  const effects = rows.flatMap((row) => [
    { kind: "cancel-mail" as const, seq: row.seq },
    ...[...row.also, row.seq].flatMap((mailed) => {
      const message = turn.findBySeq(mailed);
      return message === null ? [] : delivered(message, { state: "seen" });
    }),
  ]);
  return { state: { ...turn.state, unseen: { ...unseen, mails: Math.max(0, unseen.mails - rows.length) } }, effects };
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
  const to = unseenAddressOf(state);
  const unmailed = replies.filter(isUnmailedReply).slice(-REPLIES_PER_MAIL_MAX);
  const last = unmailed.at(-1);
  const counted = to === null ? null : countMail(state, levelFor(state, to, now), now);
  if (last === undefined || to === null || counted === null) return [withUnseen(state, { ...state.unseen, dueAt: null })];
  // Somebody who has the page open may be reading: asked again later, and at once when they leave.
  if (turn.isVisitorOnline()) return [withUnseen(state, { ...state.unseen, dueAt: now + state.unseen.afterMs })];
  const delivery = { state: "queued" as const, to: [to] };
  return [
    {
      kind: "mail",
      job: { seq: last.seq, to, dueAt: now, also: unmailed.slice(0, -1).map(({ seq }) => seq), isCancelledBySeen: true },
    },
    ...unmailed.flatMap((message) => delivered(message, delivery)),
    withUnseen(state, { ...state.unseen, ...counted, dueAt: null }),
  ];
}

/** One mail more, by what is known of whom it goes to; null where that is one too many. */
function countMail(
  state: ConversationState,
  level: AddressLevel,
  now: number,
): Pick<ConversationState["unseen"], "mails" | "day"> | null {
  const { mails, day } = state.unseen;
  const today = Math.floor(now / DAY_MS);
  switch (level) {
    case "typed":
      return mails < TYPED_MAILS_MAX ? { mails: mails + 1, day: today } : null;
    case "reachable": {
      const before = day === today ? mails : 0;
      return before < REACHABLE_MAILS_PER_DAY_MAX ? { mails: before + 1, day: today } : null;
    }
    case "confirmed":
    case "mail":
      return { mails: mails + 1, day: today };
    default:
      return assertNever(level);
  }
}

function withUnseen(state: ConversationState, unseen: ConversationState["unseen"]): Effect {
  return { kind: "state", state: { ...state, unseen } };
}
