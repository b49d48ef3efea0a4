/** What agents and the Worker ask of a conversation besides messages. Pure. */
import type { Effect, Turn } from "./effects.ts";
import { appendMessage, queuedDelivery } from "./append.ts";
import { decideClaimed, unseenAddressOf, type ConversationAddress } from "./addresses.ts";
import { audienceOfReply } from "./audience.ts";
import { recipientsOf, writtenTo } from "./copies.ts";
import { delivered } from "./delivery.ts";
import { UNDONE_REASON, type Author, type ContactSummary, type Message, type RejectionReason } from "./protocol.ts";
import { isRefused, isShutOut, isStopped, withBeginner, type Beginner } from "./sessions.ts";
import { replyAddressOf, type ConversationState } from "./state.ts";
import { isTakenBack } from "./views.ts";

/** Marks everything up to `seq` as read for all agents (S2); never goes back, never past what exists (T16). */
export function decideRead(turn: Turn, seq: number): Effect[] {
  const read = Math.min(seq, turn.state.lastSeq);
  const { shown } = turn.state;
  if (read <= turn.state.readSeq) return [];
  return changed(turn, { readSeq: read, shown: { ...shown, readSeq: Math.max(shown.readSeq, read) } });
}

export function decideStatus(turn: Turn, status: ConversationState["status"], actor: Author): Effect[] {
  if (turn.state.status === status) return [];
  const kind = status === "complete" ? "completed" : "reopened";
  // Completing is having dealt with it: it does not stay unread.
  const readSeq = status === "complete" ? turn.state.lastSeq : turn.state.readSeq;
  return [
    { kind: "event", event: { at: turn.now, afterSeq: turn.state.lastSeq, kind, actor } },
    ...changed(turn, { status, readSeq, shown: { ...turn.state.shown, status, readSeq } }),
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
  return [event, ...changed(turn, { assignee, shown: { ...turn.state.shown, assignee } })];
}

/** What the address book knows of an address that was given in a conversation. */
export interface AddressFacts {
  email: string;
  /** Another conversation has, or had, it. */
  hasOthers: boolean;
  isBlocked: boolean;
}

/** Of the address that replies go to. A blocked person is none who may chat (T5), and neither is who says that they are one. */
export function decideAddressKnown(turn: Turn, { email, hasOthers, isBlocked }: AddressFacts): Effect[] {
  const { address } = turn.state;
  if (address?.email !== email) return [];
  const state = { ...turn.state, address: { ...address, hasOthers } };
  const known: Effect = { kind: "state", state };
  return [known, ...(isBlocked ? decideBlocked({ ...turn, state }, true) : decideClaimed({ ...turn, state }))];
}

/**
 * Who it is, from the address book. Where the contact's address was put right, replies go to the new one; else the
 * conversation keeps the one of their addresses that it has.
 *
 * @param correctedFrom the address in whose place an agent has put the contact's present one
 */
export function decideContact(turn: Turn, known: ContactSummary, correctedFrom: string | null = null): Effect[] {
  const { state } = turn;
  const present = state.contact?.id === known.id ? state.contact.email : null;
  const isReplied = present !== null && present === state.address?.email;
  const isCorrected = isReplied && present === correctedFrom;
  const contact = isReplied && !isCorrected ? { ...known, email: present } : known;
  if (isSameContact(state.contact, contact) && state.unresolved === null) return [];
  const email = isCorrected || state.address === null ? contact.email : state.address.email;
  const isOther = email !== (state.address?.email ?? null);
  const address = email === null || !isOther ? state.address : replacing(state, email);
  return [
    {
      kind: "event",
      event: { at: turn.now, afterSeq: state.lastSeq, kind: "contact", actor: { kind: "system" }, subject: nameOf(contact) },
    },
    ...changed(turn, { contact, unresolved: null, address, ...(isOther && { claimed: null }) }),
  ];
}

function replacing({ address, lastSeq }: ConversationState, email: string): ConversationAddress {
  return { email, by: "agent", hasOthers: null, ...(address !== null && { replacedAfter: lastSeq }) };
}

function nameOf(contact: ContactSummary): { id?: string; name?: string } {
  const name = contact.email ?? contact.name;
  return name === null ? {} : { name };
}

function isSameContact(a: ContactSummary | null, b: ContactSummary): boolean {
  return a !== null && a.id === b.id && a.email === b.email && a.name === b.name;
}

/** Refuses the browser that began the chat, and sends away who is there; until the contact is unblocked (T5). */
export function decideBlocked(turn: Turn, isBlocked: boolean): Effect[] {
  const { beginner } = turn.state;
  return beginner === null || beginner.isBlocked === isBlocked ? [] : refuse(turn, beginner, { isBlocked });
}

/** The same by an agent's hand, of this browser alone; what is done to a contact has no say in it, nor the other way round. */
export function decideShutOut(turn: Turn, shouldShutOut: boolean): Effect[] {
  const { beginner } = turn.state;
  if (beginner === null || isShutOut(beginner) === shouldShutOut) return [];
  const isOfBefore = beginner.isShutOut === undefined;
  return refuse(turn, beginner, { isShutOut: shouldShutOut, ...(isOfBefore && { isBlocked: false }) });
}

function refuse(turn: Turn, beginner: Beginner, change: Pick<Partial<Beginner>, "isBlocked" | "isShutOut">): Effect[] {
  // From now on the two are told apart; what stood there before may be lifted by either.
  const known = beginner.isShutOut === undefined && !beginner.isBlocked ? { isShutOut: false } : {};
  const state = withBeginner(turn.state, { code: null, pending: null, ...known, ...change });
  const effects = changed({ ...turn, state }, {});
  if (isRefused(beginner) || state.beginner === null || !isRefused(state.beginner)) return effects;
  return [...effects, { kind: "close-sessions", exceptGeneration: null }, { kind: "presence" }];
}

/** An agent asks the visitor to show that the address is theirs: the widget shows its line; no mail leaves for it. */
export function decideAskToConfirm(turn: Turn): MailOutcome {
  const { state } = turn;
  if (state.beginner === null || state.address === null) return refused("no_address");
  return { effects: state.isAskedToConfirm ? [] : changed(turn, { isAskedToConfirm: true }), refusal: null };
}

/** Somebody whose address was typed says that it was not them: no code goes there from here any more. */
export function decideStopCodes(turn: Turn, email: string): Effect[] {
  const { beginner } = turn.state;
  if (beginner === null || isStopped(beginner, email)) return [];
  const stopped = [...beginner.stopped, email];
  const code = beginner.code !== null && isStopped({ stopped }, beginner.code.email) ? null : beginner.code;
  return [{ kind: "state", state: withBeginner(turn.state, { stopped, code }) }];
}

export type MailOutcome = { effects: Effect[]; refusal: RejectionReason | null };

/**
 * Mails an agent's chat message with its transcript (S20), or tries a failed mail again: one that some have had goes to
 * the others alone. Asked for by hand, it also goes to addresses that are known to be undeliverable.
 *
 * @param seen the address that the agent saw; without it a mail goes where it was written to, if replies still go there (T4)
 */
export function decideMailMessage(turn: Turn, seq: number, seen: string | null = null): MailOutcome {
  const message = turn.findBySeq(seq);
  if (message === null || message.author.kind !== "agent" || message.channel === "note") return refused("not_allowed");
  const to = addressOfMail(turn.state, message);
  if (to === null) return refused("no_address");
  const state = message.delivery?.state;
  // Somebody is still being tried: a second try beside it could be a second mail (A5).
  if (message.delivery?.refused?.some(({ isPending }) => isPending === true) === true) return { effects: [], refusal: null };
  if (state === "queued" || state === "sending") return { effects: [], refusal: null };
  // A chat reply was written to nobody's address: it goes where its reader reads mail now.
  const asked = seen ?? (message.channel === "chat" ? to : (writtenTo(message) ?? to));
  if (asked !== to) return refused("address_changed");
  const again = message.channel === "email" ? { ...message, to, for: audienceOfReply(recipientsOf(to, message)) } : message;
  if (state === "sent") return { effects: mailTheRest(turn, again, to), refusal: null };
  const delivery = queuedDelivery(turn, to, { ...message, undoMs: 0 });
  const isInsisted = state === "failed" || state === "unknown";
  const shown = { ...again, delivery };
  return {
    effects: [
      { kind: "mail", job: { seq, to, dueAt: turn.now, isInsisted } },
      ...delivered(again, delivery),
      // Visitors have been told that it is gone; and it may be for somebody else now.
      ...(isTakenBack(message) || again.to !== message.to ? [{ kind: "message" as const, message: shown }] : []),
    ],
    refusal: null,
  };
}

/** A reply by mail goes where replies go; a chat reply to the address that its reader gave. */
function addressOfMail(state: ConversationState, { channel }: Message): string | null {
  return channel === "chat" ? (unseenAddressOf(state) ?? replyAddressOf(state)) : replyAddressOf(state);
}

/** To those of its recipients whom the mail has not reached. */
function mailTheRest(turn: Turn, message: Message, to: string): Effect[] {
  const { delivery, seq } = message;
  if (delivery?.refused === undefined) return [];
  const reached = new Set(delivery.to);
  const only = recipientsOf(to, message).filter((address) => !reached.has(address));
  if (only.length === 0) return [];
  const pending = only.map((address) => {
    const known = delivery.refused?.find((refusal) => refusal.address === address);
    return { address, reason: known?.reason ?? "", isPending: true };
  });
  return [
    { kind: "mail", job: { seq, to, dueAt: turn.now, only, isInsisted: true } },
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
      // Who it was for may have it on screen.
      { kind: "withdraw", message },
      { kind: "state", state: { ...turn.state, takenBackSeqs } },
    ],
    refusal: null,
  };
}

/** A mail that nobody wrote: kept and shown like any other, and sent once however often it is asked for. */
export function decideAutomatic(turn: Turn, mail: { key: string; subject: string; text: string }): Effect[] {
  const to = replyAddressOf(turn.state);
  if (turn.findByKey(mail.key) !== null || to === null) return [];
  const { message, effects } = appendMessage(turn, {
    key: mail.key,
    author: { kind: "system" },
    channel: "email",
    subject: mail.subject,
    text: mail.text,
    attachments: [],
    for: audienceOfReply([to]),
    to,
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
