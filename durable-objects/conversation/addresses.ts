/**
 * Where a conversation's replies by mail go, and who may change it. A visitor's word is enough only while nobody has been
 * mailed; after that an agent decides, for whoever reads the thread could otherwise be sent it by typing an address (T4). Pure.
 */
import * as v from "valibot";
import type { Effect, Turn } from "./effects.ts";
import type { AddressLevel, Author, Conversation } from "./protocol.ts";
import {
  confirmedAddressOf,
  GIVEN_MAX,
  isConfirmedFor,
  isSentAway,
  shownAddressOf,
  withBeginner,
  withGiven,
} from "./sessions.ts";
import type { ConversationState } from "./state.ts";

/** People of one conversation whose mails are counted; beyond it every address counts as one that was mailed. */
export const CORRESPONDENTS_MAX = 200;
/** UTF-16 code units of an address that is shown in part. */
const MASK = "•••";

export const addressSchema = v.object({
  email: v.string(),
  /** How it came here: typed by a visitor, written down by an agent, named by a contact form, or by a mail. */
  by: v.picklist(["visitor", "agent", "form", "mail"]),
  /** Whether another conversation has or had it; null until the address book has said so. */
  hasOthers: v.nullable(v.boolean()),
  /** Where it took the place of another one: the last message before that. */
  replacedAfter: v.optional(v.number()),
});

/** Somebody whom mails of this conversation went to or came from. */
export const correspondentSchema = v.object({
  email: v.string(),
  /** Mails of ours that left for it. */
  mails: v.number(),
  /** Those that came back for good. */
  bounces: v.number(),
  /** A mail came from it. */
  isHeard: v.boolean(),
  /** One that answered a mail of ours, and that somebody wrote: the mailbox exists. */
  isReachable: v.boolean(),
});

export type ConversationAddress = v.InferOutput<typeof addressSchema>;
type Correspondent = v.InferOutput<typeof correspondentSchema>;

const STRANGER = { mails: 0, bounces: 0, isHeard: false, isReachable: false };

export function correspondentOf(state: Pick<ConversationState, "correspondents">, email: string): Correspondent | null {
  return state.correspondents.find((known) => known.email === email) ?? null;
}

/** @returns the state with what is now known of a correspondent */
export function withCorrespondent(
  state: ConversationState,
  email: string,
  change: (before: Correspondent) => Partial<Correspondent>,
): ConversationState {
  const before = correspondentOf(state, email) ?? { email, ...STRANGER };
  const after = { ...before, ...change(before) };
  const others = state.correspondents.filter((known) => known.email !== email);
  if (others.length >= CORRESPONDENTS_MAX) return state;
  return { ...state, correspondents: [...others, after] };
}

/** What the browser that began the chat has shown of an address; where none did, how the conversation came to it. */
export function levelFor(state: ConversationState, email: string, now: number): AddressLevel {
  const { beginner } = state;
  if (beginner === null && state.address?.by !== "form") return "mail";
  if (beginner !== null && confirmedAddressOf(beginner, now) === email) return "confirmed";
  // Through a form it was typed, too: an answer to our mail shows that the mailbox exists, and no more.
  return correspondentOf(state, email)?.isReachable === true ? "reachable" : "typed";
}

/** Of the address that replies go to; null where there is none. */
export function levelOf(state: ConversationState, now: number): AddressLevel | null {
  return state.address === null ? null : levelFor(state, state.address.email, now);
}

/** As agents are told it. */
export function addressForAgents(state: ConversationState, now: number): Conversation["address"] {
  const level = levelOf(state, now);
  if (state.address === null || level === null) return null;
  const { email } = state.address;
  const wasShown = level !== "confirmed" && state.beginner !== null && shownAddressOf(state.beginner, now) === email;
  return { email, level, claimed: state.claimed === email ? null : state.claimed, ...(wasShown && { wasShown }) };
}

/** Whether only an agent's click may replace the address: it was mailed, or has mailed us. */
export function isAddressHeld(state: ConversationState): boolean {
  const { address, correspondents } = state;
  if (address === null) return false;
  const known = correspondentOf(state, address.email);
  return known === null ? correspondents.length >= CORRESPONDENTS_MAX : known.isHeard || known.mails > 0;
}

/**
 * Whether replies still go where they went when somebody read a message. Who answers by mail has seen nothing newer.
 *
 * @param seq null where nobody knows which message they had before them: then the address must be the first
 */
export function isAddressAsRead({ address }: ConversationState, seq: number | null): boolean {
  if (address?.replacedAfter === undefined) return true;
  return seq !== null && address.replacedAfter < seq;
}

/** Whose mails are here and may be somebody else than the visitor: the newest mail of each, newest first; none where no browser began it. */
export function unconfirmedAuthors({ beginner, heardMails }: ConversationState): { email: string; seq: number }[] {
  return beginner === null ? [] : heardMails.filter(({ email }) => !isConfirmedFor(beginner, email)).reverse();
}

/** Every mail to it came back for good, and none came from it: maybe a slip of the pen. */
export function isAddressDead(state: ConversationState): boolean {
  const known = state.address === null ? null : correspondentOf(state, state.address.email);
  return known !== null && !known.isHeard && known.mails > 0 && known.bounces >= known.mails;
}

/** A visitor says their address; theirs to change only while it is not held. */
export function decideTyped(turn: Turn, typed: { email: string; name?: string | undefined }): Effect[] {
  const { state, now } = turn;
  if (state.beginner === null) return [];
  const given = withGiven(withName(state, typed.name), typed.email);
  if (state.address?.email === typed.email)
    return given === state && state.claimed === null ? [] : told({ ...given, claimed: null });
  if (!isAddressHeld(state)) return replaced(turn, given, { email: typed.email, by: "visitor", actor: { kind: "visitor" } });
  if (state.claimed === typed.email) return given === state ? [] : told(given);
  return [
    {
      kind: "event",
      event: { at: now, afterSeq: state.lastSeq, kind: "claimed", actor: { kind: "visitor" }, subject: { name: typed.email } },
    },
    ...told(askAgain({ ...withClaimNoted(given, typed.email), claimed: typed.email })),
  ];
}

/** An address that is only claimed here is had here, too: the book is told of it, for others who ask whose it is. */
function withClaimNoted(state: ConversationState, email: string): ConversationState {
  const others = state.claimsToNote.filter((known) => known !== email);
  return { ...state, claimsToNote: [...others, email].slice(-GIVEN_MAX) };
}

export function decideClaimsNoted({ state }: Turn, noted: readonly string[]): Effect[] {
  return [{ kind: "state", state: { ...state, claimsToNote: state.claimsToNote.filter((email) => !noted.includes(email)) } }];
}

/** Nobody may be robbed of an answer by a new address where every mail to the old one came back: the book is asked who else has it. */
export function askAgain(state: ConversationState): ConversationState {
  if (state.claimed === null || state.address === null || !isAddressDead(state)) return state;
  return { ...state, address: { ...state.address, hasOthers: null } };
}

/** What the visitor says now, where it needs no agent: every mail came back, none came, and no other conversation has the address. */
export function decideClaimed(turn: Turn): Effect[] {
  const { state } = turn;
  if (state.claimed === null || state.address?.hasOthers !== false || !isAddressDead(state)) return [];
  // Who was sent away says nothing any more that is done without an agent's looking at it.
  if (state.beginner !== null && isSentAway(state.beginner)) return [];
  return replaced(turn, state, { email: state.claimed, by: "visitor", actor: { kind: "visitor" } });
}

/** An agent's click: replies go there from now on. What the visitor calls themselves stays their own word. */
export function decideAddress(turn: Turn, given: { email: string; name?: string | undefined }, actor: Author): Effect[] {
  const { state } = turn;
  const { email, name } = given;
  const next = withGiven({ ...state, unresolved: { email, ...(name !== undefined && { name }) } }, email);
  if (state.address?.email === email)
    return state.contact?.email === email && state.claimed === null ? [] : told({ ...next, claimed: null });
  return replaced(turn, next, { email, by: "agent", actor });
}

/** *This is somebody else*: replies of this chat go to that address no more, and nothing of the chat does. */
export function decideSomebodyElse({ state }: Turn, email: string): Effect[] {
  const { beginner, address, claimed } = state;
  if (beginner === null) return [];
  if (address?.email === email)
    // Nor to one that they had replaced before.
    return told({ ...withBeginner(state, { given: [] }), address: null, claimed: null, contact: null });
  if (!beginner.given.includes(email) && claimed !== email) return [];
  const given = beginner.given.at(-1) === email ? [] : beginner.given.filter((known) => known !== email);
  return told({ ...withBeginner(state, { given }), claimed: claimed === email ? null : claimed });
}

function replaced(
  turn: Turn,
  state: ConversationState,
  { email, by, actor }: { email: string; by: ConversationAddress["by"]; actor: Author },
): Effect[] {
  // Where *this is somebody else* left none, mails to the one before it are what is left of it.
  const isFirst = state.address === null && state.correspondents.length === 0;
  return [
    {
      kind: "event",
      event: { at: turn.now, afterSeq: state.lastSeq, kind: "contact", actor, subject: { name: email } },
    },
    ...told({
      ...state,
      address: { email, by, hasOthers: null, ...(!isFirst && { replacedAfter: state.lastSeq }) },
      claimed: null,
      contact: state.contact?.email === email ? state.contact : null,
    }),
  ];
}

function told(state: ConversationState): Effect[] {
  return [{ kind: "state", state: { ...state, revision: state.revision + 1 } }, { kind: "conversation" }];
}

function withName(state: ConversationState, name: string | undefined): ConversationState {
  return name === undefined || state.visitor?.name === name ? state : { ...state, visitor: { ...state.visitor, name } };
}

/** Where unseen replies go: the address that the browser gave whom the reply names; where none began a chat, the one that replies go to. */
export function unseenAddressOf(state: ConversationState): string | null {
  const { beginner } = state;
  return beginner === null ? (state.address?.email ?? null) : (beginner.given.at(-1) ?? null);
}

/** Enough of an address to be known by who owns it: `v•••@e•••`. */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf("@");
  return `${firstOf(email.slice(0, at))}${MASK}@${firstOf(email.slice(at + 1))}${MASK}`;
}

function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x20);
}
