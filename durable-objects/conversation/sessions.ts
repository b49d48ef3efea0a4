/**
 * The browser that began a chat, and what it has shown: a session with an id, tokens of one generation, and the one
 * address that it is confirmed for. A level belongs to this pair of session and address, never to a conversation. Pure.
 */
import * as v from "valibot";
import { assertNever } from "../../worker/domain/assert-never.ts";
import { withoutDetails } from "../../worker/email/subaddress.ts";
import type { Effect, Turn } from "./effects.ts";
import type { ConversationState } from "./state.ts";

/** Of the first token that a visitor is given; raised when the session is confirmed. */
export const FIRST_TOKEN_GENERATION = 1;
/** Ms without use after which a session is confirmed for nothing; what is for it by its id stays. */
export const CONFIRMED_UNUSED_MS = 90 * 24 * 60 * 60_000;
/** Ms between two notes of a use. */
const USE_NOTED_MS = 24 * 60 * 60_000;
/** Ms for which a code can be typed. */
export const CODE_MS = 15 * 60_000;
/** Wrong codes that end one. */
export const CODE_TRIES_MAX = 5;
/** Addresses that one browser has given and that are remembered, newest last. */
export const GIVEN_MAX = 20;
/** Addresses whose owner may say that it was not them; from then on no code leaves from here at all. */
const STOPPED_MAX = 50;

const codeSchema = v.object({
  email: v.string(),
  /** Keyed, of the digits. */
  hash: v.string(),
  /** Epoch ms. */
  expiresAt: v.number(),
  /** Counted before a code is compared. */
  tries: v.number(),
});

export const beginnerSchema = v.object({
  id: v.string(),
  /** Tokens of another generation are refused (T5). */
  generation: v.number(),
  /** The site that it wrote from; null for a client that says none. */
  origin: v.nullable(v.string()),
  /** The addresses that it typed, or that an agent wrote down for it; the newest last. */
  given: v.array(v.string()),
  /** The address that it is confirmed for, and when it was last used. */
  confirmed: v.nullable(v.object({ email: v.string(), usedAt: v.number() })),
  /** All that it was ever confirmed for. */
  everConfirmed: v.array(v.string()),
  /** Confirmed, and the token that says so has not been used yet: nothing of it counts before. */
  pending: v.nullable(v.object({ email: v.string(), generation: v.number() })),
  /** Of the newest token that confirming has made, used or not: no other one is ever given it. */
  newestGeneration: v.optional(v.number(), FIRST_TOKEN_GENERATION),
  code: v.nullable(codeSchema),
  /** Addresses whose owner has said that it was not them: no code goes there from here any more. */
  stopped: v.array(v.string()),
  /** Refused until the contact is unblocked. */
  isBlocked: v.boolean(),
  /** Refused until the agents who shut it out by hand let it in again; absent where nobody told the two apart yet. */
  isShutOut: v.optional(v.boolean()),
  /** Signed out: refused from now on. */
  isEnded: v.boolean(),
});

export type Beginner = v.InferOutput<typeof beginnerSchema>;

/** What a token says, checked by the Worker; `sessionId` is null in tokens from before sessions had ids. */
export interface SessionClaim {
  sessionId: string | null;
  generation: number;
}

export function newBeginner({ id, origin }: { id: string; origin: string | null }): Beginner {
  return {
    id,
    generation: FIRST_TOKEN_GENERATION,
    origin,
    given: [],
    confirmed: null,
    everConfirmed: [],
    pending: null,
    newestGeneration: FIRST_TOKEN_GENERATION,
    code: null,
    stopped: [],
    isBlocked: false,
    isShutOut: false,
    isEnded: false,
  };
}

/** Blocked with its contact, or shut out by hand. */
export function isSentAway({ isBlocked, isShutOut }: Beginner): boolean {
  return isBlocked || isShutOut === true;
}

/** Sent away, or ended. */
export function isRefused(beginner: Beginner): boolean {
  return isSentAway(beginner) || beginner.isEnded;
}

/** Shut out by hand; a state of before does not say who did it, and by hand it can be undone then. */
export function isShutOut({ isBlocked, isShutOut: isByHand }: Beginner): boolean {
  return isByHand ?? isBlocked;
}

/** Whether no code and no confirming link goes to this mailbox, with whatever `+detail`, from here. Whoever has been told so often has lost all of them. */
export function isStopped({ stopped }: Pick<Beginner, "stopped">, email: string): boolean {
  return stopped.length >= STOPPED_MAX || stopped.some((one) => withoutDetails(one) === withoutDetails(email));
}

/** The address that a session is confirmed for now, or null: what is for it is shown there. */
export function confirmedAddressOf(beginner: Beginner, now: number): string | null {
  return isRefused(beginner) ? null : shownAddressOf(beginner, now);
}

/** The address that it has shown to be theirs: who is blocked sees nothing any more, and is who they were. */
export function shownAddressOf({ confirmed, isEnded }: Beginner, now: number): string | null {
  return confirmed === null || isEnded || now - confirmed.usedAt > CONFIRMED_UNUSED_MS ? null : confirmed.email;
}

/** Whether it is, or was when its level or its session ended, confirmed for this address. */
export function isConfirmedFor({ confirmed }: Beginner, email: string): boolean {
  return confirmed?.email === email;
}

/** What the token of the session that began a conversation says. */
export interface SessionToken {
  id: string;
  generation: number;
  /** Blocked or ended: it is given none. */
  isRefused: boolean;
}

export function tokenOf({ beginner }: Pick<ConversationState, "beginner">): SessionToken | null {
  if (beginner === null) return null;
  return { id: beginner.id, generation: beginner.generation, isRefused: isRefused(beginner) };
}

/** Whether a token of this session opens the conversation now. */
export function isAdmitted(state: Pick<ConversationState, "beginner">, claim: SessionClaim): boolean {
  const { beginner } = state;
  if (beginner === null || isRefused(beginner)) return false;
  if (claim.sessionId !== null && claim.sessionId !== beginner.id) return false;
  return claim.generation === beginner.generation || claim.generation === beginner.pending?.generation;
}

/** @returns the state with a change of the session that began it; nothing where none did */
export function withBeginner(state: ConversationState, change: Partial<Beginner>): ConversationState {
  return state.beginner === null ? state : { ...state, beginner: { ...state.beginner, ...change } };
}

/** It gave an address, or an agent wrote one down for it. */
export function withGiven(state: ConversationState, email: string): ConversationState {
  const { beginner } = state;
  if (beginner === null || beginner.given.at(-1) === email) return state;
  return withBeginner(state, { given: [...beginner.given.filter((known) => known !== email), email].slice(-GIVEN_MAX) });
}

/**
 * A token is used. The first use of the one that confirming has made is what makes the level count, and ends the older
 * token; what was for the session is then also for the address, where it has never been confirmed for another one.
 */
export function decideUse(turn: Turn, claim: SessionClaim): Effect[] {
  const { state, now } = turn;
  const { beginner } = state;
  if (beginner === null || !isAdmitted(state, claim)) return [];
  const { pending, confirmed } = beginner;
  if (pending !== null && claim.generation === pending.generation) return confirm(turn, beginner, pending);
  if (confirmed === null || now - confirmed.usedAt < USE_NOTED_MS || now - confirmed.usedAt > CONFIRMED_UNUSED_MS) return [];
  return [{ kind: "state", state: withBeginner(state, { confirmed: { ...confirmed, usedAt: now } }) }];
}

function confirm(turn: Turn, beginner: Beginner, pending: NonNullable<Beginner["pending"]>): Effect[] {
  const { state, now } = turn;
  const { email, generation } = pending;
  const isOnlyOne = beginner.everConfirmed.every((known) => known === email);
  const next = withBeginner(state, {
    generation,
    pending: null,
    confirmed: { email, usedAt: now },
    everConfirmed: [...beginner.everConfirmed.filter((known) => known !== email), email].slice(-GIVEN_MAX),
  });
  return [
    ...(isOnlyOne ? [{ kind: "widen" as const, sessionId: beginner.id, email }] : []),
    {
      kind: "event",
      event: { at: now, afterSeq: state.lastSeq, kind: "confirmed", actor: { kind: "visitor" }, subject: { name: email } },
    },
    { kind: "state", state: { ...next, isAskedToConfirm: false, placeToNote: email, revision: state.revision + 1 } },
    // Whoever else holds the older token is out.
    { kind: "close-sessions", exceptGeneration: generation },
    { kind: "conversation" },
  ];
}

/** Both were in one request: this session's own token, and a secret that was mailed to this address for this session. */
function makePending(turn: Turn, beginner: Beginner, email: string): { effects: Effect[]; generation: number } {
  const { pending } = beginner;
  // Who repeats a request is given the same token. One that was made for another address, or before the session was blocked,
  // opens nothing any more: whoever copied the session's token may have asked for it.
  const isRepeat = pending?.email === email;
  const newest = Math.max(beginner.generation, beginner.newestGeneration, pending?.generation ?? 0);
  const generation = isRepeat ? pending.generation : newest + 1;
  const state = withBeginner(turn.state, { pending: { email, generation }, newestGeneration: generation, code: null });
  return { effects: [{ kind: "state", state }], generation };
}

export type SessionCommand =
  /** @param email where a code is wanted; without it where replies go */
  | { kind: "use"; email?: string }
  | { kind: "end" }
  /** A code has been made for an address; it ends the one before. */
  | { kind: "new-code"; email: string; hash: string }
  /** What was typed, hashed as the code was. */
  | { kind: "try-code"; hash: string }
  | { kind: "confirm"; sessionId: string; email: string };

/** What the Worker must know before a code leaves, or is tried. */
export interface SessionFacts {
  kind: "ok";
  sessionId: string;
  /** The site that it wrote from. */
  origin: string | null;
  /** Where a code would go. */
  email: string | null;
  /** Its owner has said that it was not them. */
  isStopped: boolean;
  /** A mail of theirs came in here by our token. */
  isAnswered: boolean;
  /** Where the present code went, and whether a mail of theirs came in here by our token; null where none is waited for. */
  code: { email: string; isAnswered: boolean } | null;
}

export type SessionAnswer =
  | { kind: "refused" }
  | SessionFacts
  | { kind: "expired" }
  | { kind: "wrong"; triesLeft: number }
  | { kind: "confirmed"; sessionId: string; generation: number };

/** What a browser asks with its token. */
export function decideSession(
  turn: Turn,
  claim: SessionClaim,
  command: SessionCommand,
): { effects: Effect[]; answer: SessionAnswer } {
  const { beginner } = turn.state;
  if (beginner === null || !isAdmitted(turn.state, claim)) return { effects: [], answer: { kind: "refused" } };
  const used = decideUse(turn, claim);
  const state = used.findLast((effect) => effect.kind === "state")?.state ?? turn.state;
  const step = carryOut({ ...turn, state }, state.beginner ?? beginner, command);
  return { effects: [...used, ...step.effects], answer: step.answer };
}

function carryOut(turn: Turn, beginner: Beginner, command: SessionCommand): { effects: Effect[]; answer: SessionAnswer } {
  switch (command.kind) {
    case "use":
      return { effects: [], answer: factsOf(turn, beginner, command.email) };
    case "end":
      return {
        effects: [
          { kind: "state", state: { ...withBeginner(turn.state, { isEnded: true, code: null, pending: null }) } },
          { kind: "close-sessions", exceptGeneration: null },
          { kind: "presence" },
        ],
        answer: factsOf(turn, beginner),
      };
    case "new-code": {
      const { email, hash } = command;
      const code = { email, hash, expiresAt: turn.now + CODE_MS, tries: 0 };
      return { effects: [{ kind: "state", state: withBeginner(turn.state, { code }) }], answer: factsOf(turn, beginner, email) };
    }
    case "try-code":
      return tryCode(turn, beginner, command);
    case "confirm": {
      // Another session's secret confirms nothing and changes nothing.
      if (command.sessionId !== beginner.id) return { effects: [], answer: { kind: "expired" } };
      const { effects, generation } = makePending(turn, beginner, command.email);
      return { effects, answer: { kind: "confirmed", sessionId: beginner.id, generation } };
    }
    default:
      return assertNever(command);
  }
}

function hasAnswered({ correspondents }: ConversationState, email: string): boolean {
  return correspondents.some((known) => known.email === email && known.isReachable);
}

function factsOf({ state, now }: Turn, beginner: Beginner, wanted?: string): SessionFacts {
  const email = wanted ?? beginner.given.at(-1) ?? state.address?.email ?? null;
  const { id: sessionId, origin, code } = beginner;
  const isAnswered = email !== null && hasAnswered(state, email);
  const isWaited = code !== null && code.expiresAt >= now && code.tries < CODE_TRIES_MAX;
  const waited = isWaited ? { email: code.email, isAnswered: hasAnswered(state, code.email) } : null;
  return {
    kind: "ok",
    sessionId,
    origin,
    email,
    isStopped: email !== null && isStopped(beginner, email),
    isAnswered,
    code: waited,
  };
}

function tryCode(
  turn: Turn,
  beginner: Beginner,
  { hash }: Extract<SessionCommand, { kind: "try-code" }>,
): { effects: Effect[]; answer: SessionAnswer } {
  const { code } = beginner;
  if (code === null || code.expiresAt < turn.now || code.tries >= CODE_TRIES_MAX)
    return { effects: [], answer: { kind: "expired" } };
  if (code.hash === hash) {
    const { effects, generation } = makePending(turn, beginner, code.email);
    return { effects, answer: { kind: "confirmed", sessionId: beginner.id, generation } };
  }
  const tries = code.tries + 1;
  const state = withBeginner(turn.state, { code: tries >= CODE_TRIES_MAX ? null : { ...code, tries } });
  return { effects: [{ kind: "state", state }], answer: { kind: "wrong", triesLeft: CODE_TRIES_MAX - tries } };
}
