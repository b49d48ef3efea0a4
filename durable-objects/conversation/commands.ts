/** What agents and the Worker ask of a conversation besides messages. Pure. */
import type { Effect, Turn } from "./effects.ts";
import { appendMessage, queuedDelivery } from "./append.ts";
import { recipientsOf } from "./copies.ts";
import { delivered } from "./delivery.ts";
import { UNDONE_REASON, type Author, type ContactSummary, type Message, type RejectionReason } from "./protocol.ts";
import { replyAddressOf, type ConversationState } from "./state.ts";
import { isTakenBack } from "./views.ts";

/** Marks everything up to `seq` as read for all agents (S2); never goes back, never past what exists (T16). */
export function decideRead(turn: Turn, seq: number): Effect[] {
  const read = Math.min(seq, turn.state.lastSeq);
  if (read <= turn.state.readSeq) return [];
  return changed(turn, { readSeq: read });
}

export function decideStatus(turn: Turn, status: ConversationState["status"], actor: Author): Effect[] {
  if (turn.state.status === status) return [];
  const kind = status === "complete" ? "completed" : "reopened";
  // Completing is having dealt with it: it does not stay unread.
  const readSeq = status === "complete" ? turn.state.lastSeq : turn.state.readSeq;
  return [
    { kind: "event", event: { at: turn.now, afterSeq: turn.state.lastSeq, kind, actor } },
    ...changed(turn, { status, readSeq }),
  ];
}

export function decideAssign(turn: Turn, assignee: { id: string; name: string } | null, actor: Author): Effect[] {
  if (turn.state.assignee?.id === assignee?.id) return [];
  const event: Effect = {
    kind: "event",
    event: {
      at: turn.now,
      afterSeq: turn.state.lastSeq,
      kind: assignee === null ? "unassigned" : "assigned",
      actor,
      ...(assignee === null ? {} : { subject: assignee }),
    },
  };
  return [event, ...changed(turn, { assignee })];
}

/**
 * A typed address: usable at once, in the address book when D1 has taken it. A visitor cannot turn the replies to a
 * proven contact somewhere else (T4); an agent can, and sees it in the thread.
 */
export function decideCapture(turn: Turn, capture: NonNullable<ConversationState["capture"]>, by: Author["kind"]): Effect[] {
  const { contact, isAddressProven } = turn.state;
  if (contact?.email === capture.email) return [];
  if (by === "visitor" && contact !== null && isAddressProven) return [];
  return changed(turn, { capture, isAddressProven: false });
}

/** Who it is, from the address book. Another address than before is not proven by this visitor (T2). */
export function decideContact(turn: Turn, contact: ContactSummary): Effect[] {
  const { state } = turn;
  if (isSameContact(state.contact, contact) && state.capture === null) return [];
  const isProven = state.isAddressProven && (!state.hasVisitor || replyAddressOf(state) === contact.email);
  return [
    {
      kind: "event",
      event: { at: turn.now, afterSeq: turn.state.lastSeq, kind: "contact", actor: { kind: "system" }, subject: nameOf(contact) },
    },
    ...changed(turn, { contact, capture: null, isAddressProven: isProven }),
  ];
}

function nameOf(contact: ContactSummary): { id?: string; name?: string } {
  const name = contact.email ?? contact.name;
  return name === null ? {} : { name };
}

function isSameContact(a: ContactSummary | null, b: ContactSummary): boolean {
  return a !== null && a.id === b.id && a.email === b.email && a.name === b.name;
}

/** Ends the visitor's way in: their token is refused from now on, and who is there is sent away (T5). */
export function decideRevoke(turn: Turn): Effect[] {
  if (!turn.state.hasVisitor) return [];
  const tokenGeneration = turn.state.tokenGeneration + 1;
  return [...changed(turn, { tokenGeneration }), { kind: "close-visitor" }, { kind: "presence" }];
}

export type MailOutcome = { effects: Effect[]; refusal: RejectionReason | null };

/**
 * Mails an agent's chat message with its transcript (S20), or tries a failed mail again: one that some have had goes to
 * the others alone. Asked for by hand, it also goes to addresses that are known to be undeliverable.
 */
export function decideMailMessage(turn: Turn, seq: number): MailOutcome {
  const message = turn.findBySeq(seq);
  if (message === null || message.author.kind !== "agent" || message.channel === "note") return refused("not_allowed");
  if (replyAddressOf(turn.state) === null) return refused("no_address");
  const state = message.delivery?.state;
  // Somebody is still being tried: a second try beside it could be a second mail (A5).
  if (message.delivery?.refused?.some(({ isPending }) => isPending === true) === true) return { effects: [], refusal: null };
  if (state === "sent") return { effects: mailTheRest(turn, message), refusal: null };
  if (state === "queued" || state === "sending") return { effects: [], refusal: null };
  const delivery = queuedDelivery(turn, message, 0);
  const frame = { type: "message" as const, message: { ...message, delivery } };
  return {
    effects: [
      { kind: "mail", job: { seq, dueAt: turn.now, isInsisted: state === "failed" || state === "unknown" } },
      ...delivered(message, delivery),
      // Visitors have been told that it is gone.
      ...(isTakenBack(message) ? [{ kind: "broadcast" as const, frame, isForSender: true }] : []),
    ],
    refusal: null,
  };
}

/** To those of its recipients whom the mail has not reached. */
function mailTheRest(turn: Turn, message: Message): Effect[] {
  const { delivery, seq } = message;
  if (delivery?.refused === undefined) return [];
  const reached = new Set(delivery.to);
  // As things are now: the contact's address may have been put right since.
  const only = recipientsOf(turn.state, message).filter((address) => !reached.has(address));
  if (only.length === 0) return [];
  const pending = only.map((address) => {
    const known = delivery.refused?.find((refusal) => refusal.address === address);
    return { address, reason: known?.reason ?? "", isPending: true };
  });
  return [
    { kind: "mail", job: { seq, dueAt: turn.now, only, isInsisted: true } },
    ...delivered(message, { ...delivery, refused: pending }),
  ];
}

/** Mails that were taken back and are named to a visitor who was away. */
const TAKEN_BACK_MAX = 20;

/** Takes a queued mail back; once `sending` is written it is too late (T16). */
export function decideUndo(turn: Turn, seq: number): MailOutcome {
  const message = turn.findBySeq(seq);
  if (message?.delivery?.state !== "queued" || message.channel !== "email")
    return { effects: [{ kind: "answer", frame: { type: "rejected", reason: "too_late" } }], refusal: "too_late" };
  const takenBackSeqs = [...turn.state.takenBackSeqs, seq].slice(-TAKEN_BACK_MAX);
  return {
    effects: [
      { kind: "cancel-mail", seq },
      ...delivered(message, { state: "failed", reason: UNDONE_REASON }),
      // The visitor may have it on screen.
      { kind: "broadcast", frame: { type: "withdrawn", seqs: [seq] }, isForSender: true },
      { kind: "state", state: { ...turn.state, takenBackSeqs } },
    ],
    refusal: null,
  };
}

/** A mail that nobody wrote: kept and shown like any other, and sent once however often it is asked for. */
export function decideAutomatic(turn: Turn, mail: { key: string; subject: string; text: string }): Effect[] {
  if (turn.findByKey(mail.key) !== null || replyAddressOf(turn.state) === null) return [];
  const { message, effects } = appendMessage(turn, {
    key: mail.key,
    author: { kind: "system" },
    channel: "email",
    subject: mail.subject,
    text: mail.text,
    attachments: [],
    shouldReopen: false,
    undoMs: 0,
  });
  return [...effects, { kind: "message", message }];
}

function refused(refusal: RejectionReason): MailOutcome {
  return { effects: [], refusal };
}

function changed(turn: Turn, change: Partial<ConversationState>): Effect[] {
  return [{ kind: "state", state: { ...turn.state, ...change, revision: turn.state.revision + 1 } }, { kind: "conversation" }];
}
