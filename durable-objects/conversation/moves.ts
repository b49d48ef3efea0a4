/**
 * A mail that an agent moves to another conversation. A message never goes away and keeps its `seq`: where it was it stays,
 * marked with where it went; the other conversation has it as a message of its own, under the same key. Moving it back
 * takes the mark away. The moves of a mail are numbered: a repeat, or one that comes late, changes nothing. Pure.
 */
import { appendMessage } from "./append.ts";
import { AGENTS_ONLY } from "./audience.ts";
import type { Effect, Turn } from "./effects.ts";
import { hearFrom, learnThread, type OpenRequest, type ReceivedMail } from "./intake.ts";
import type { Author, ConversationEvent, Message } from "./protocol.ts";
import { lastMessageOf, type ConversationState } from "./state.ts";

/** Messages looked through for the newest that is shown. */
const LOOKS_MAX = 200;

type MailInfo = NonNullable<Message["mail"]>;

/** A message that a mail is, or the note above it, as one conversation hands it to another. */
export interface MailPart {
  key: string;
  message: Message;
}

interface Move {
  /** Grows with every move of this mail. */
  move: number;
  actor: Author;
}

export interface MoveIn extends Move {
  /** Used where the conversation has not begun. */
  open: OpenRequest;
  parts: MailPart[];
  from: NonNullable<MailInfo["movedFrom"]>;
  mailbox: ReceivedMail["mailbox"];
  /** Whose address the mail came from, if anybody's in the address book. */
  contactId: string | null;
}

export interface MoveOut extends Move {
  keys: string[];
  to: NonNullable<MailInfo["movedTo"]>;
}

interface Step {
  state: ConversationState;
  message: Message;
  effects: Effect[];
}

/** The key of the note that an agent wrote above a forwarded mail, by the key of the mail. */
export function noteKeyOf(key: string): string {
  return key.replace(/^mail(?!-note)/, "mail-note");
}

/** The mail is here from now on: appended, or shown again. @returns its message, the first of its parts */
export function decideMoveIn(turn: Turn, input: MoveIn): { message: Message; effects: Effect[] } {
  let { state } = turn;
  const steps = input.parts.map((part) => {
    const step = placePart({ ...turn, state }, input, part);
    ({ state } = step);
    return step;
  });
  const [first] = steps;
  if (first === undefined) throw new Error("a mail that is moved has no message");
  return { message: first.message, effects: steps.flatMap(({ effects }) => effects) };
}

/** The mail is elsewhere from now on: what is here says where, and counts for nothing. */
export function decideMoveOut(turn: Turn, input: MoveOut): Effect[] {
  let { state } = turn;
  return input.keys.flatMap((key) => {
    const known = turn.findByKey(key);
    if (known === null || hasHeard(known, input)) return [];
    const message = { ...known, mail: { ...known.mail, movedTo: input.to, move: input.move } };
    const without = recount(turn, awayOf(state, known.seq), known.seq);
    state = unlearnPart({ ...turn, state: without }, { key, message: known });
    const effects: Effect[] = [{ kind: "update", message }];
    if (hasOnlyNotes(turn, state) && state.status === "open") {
      // Nothing is left to be answered here.
      state = { ...state, status: "complete" };
      effects.push(eventOf(turn, "completed", input.actor));
    }
    effects.push({ kind: "withdraw", message: known });
    return [...effects, { kind: "state", state }, { kind: "message", message }, { kind: "conversation" }];
  });
}

function hasHeard({ mail }: Message, { move }: Move): boolean {
  return (mail?.move ?? 0) >= move;
}

function placePart(turn: Turn, input: MoveIn, part: MailPart): Step {
  const known = turn.findByKey(part.key);
  if (known === null) return appendPart(turn, input, part);
  if (hasHeard(known, input)) return { state: turn.state, message: known, effects: [] };
  return showAgain(turn, input, { key: part.key, message: known });
}

function appendPart(turn: Turn, input: MoveIn, { key, message }: MailPart): Step {
  const { author, channel, text, html, quoted, subject, attachments } = message;
  const isContacts = isOfContact(turn.state, message, input.contactId);
  const { movedTo: _movedTo, isNewPerson: _isNewPerson, isParticipant: _isParticipant, ...mail } = message.mail ?? {};
  const isLearnt = channel === "email" && isContacts && message.mail?.isAutomatic !== true;
  const learnt = isLearnt ? learnPart(turn.state, { key, message }, input) : turn.state;
  const from = channel === "email" ? message.mail?.from?.address : undefined;
  const state = from === undefined ? learnt : hearFrom(learnt, { email: from, isAnswer: false });
  const appended = appendMessage(
    { ...turn, state },
    {
      key,
      author,
      channel,
      text,
      html,
      quoted,
      subject,
      attachments,
      // What was for its author there is for agents here: an agent's hand has no say in whose it is (A16).
      for: AGENTS_ONLY,
      mail: { ...mail, movedFrom: input.from, move: input.move, ...(isContacts ? {} : { isParticipant: true }) },
      shouldReopen: message.mail?.isAutomatic !== true,
      undoMs: 0,
    },
  );
  const stored = appended.effects.findLast((effect) => effect.kind === "state");
  return {
    state: stored?.state ?? state,
    message: appended.message,
    effects: [...appended.effects, { kind: "message", message: appended.message }, { kind: "conversation" }],
  };
}

function isOfContact({ contact }: ConversationState, { mail }: Message, contactId: string | null): boolean {
  // An address that was typed into a form is nobody's by that.
  if (contact === null || mail?.form !== undefined) return false;
  return contact.id === contactId || (contact.email !== null && contact.email === mail?.from?.address);
}

function learnPart(state: ConversationState, { key, message }: MailPart, { mailbox }: MoveIn): ConversationState {
  const messageId = messageIdOf(key);
  return messageId === null ? state : learnThread(state, { messageId, references: [], subject: message.subject ?? "", mailbox });
}

function showAgain(turn: Turn, input: MoveIn, { key, message: known }: MailPart): Step {
  const { movedTo, ...mail } = known.mail ?? {};
  const message = { ...known, mail: { ...mail, move: input.move } };
  if (movedTo === undefined) return { state: turn.state, message, effects: [{ kind: "update", message }] };
  const isFirst = hasOnlyNotes(turn, turn.state);
  let state = recount(turn, backOf(turn.state, known.seq), known.seq);
  if (newestMail(turn, state)?.seq === known.seq && known.mail?.isNewPerson !== true)
    state = learnPart(state, { key, message: known }, input);
  const effects: Effect[] = [{ kind: "update", message }];
  if (isFirst && state.status === "complete") {
    state = { ...state, status: "open" };
    effects.push(eventOf(turn, "reopened", input.actor));
  }
  effects.push({ kind: "state", state }, { kind: "message", message }, { kind: "conversation" });
  return { state, message, effects };
}

function awayOf(state: ConversationState, away: number): ConversationState {
  return { ...state, movedSeqs: [...state.movedSeqs, away], returnedSeqs: state.returnedSeqs.filter((seq) => seq !== away) };
}

function backOf(state: ConversationState, back: number): ConversationState {
  return { ...state, movedSeqs: state.movedSeqs.filter((seq) => seq !== back), returnedSeqs: [...state.returnedSeqs, back] };
}

function eventOf(turn: Turn, kind: ConversationEvent["kind"], actor: Author): Effect {
  return { kind: "event", event: { at: turn.now, afterSeq: turn.state.lastSeq, kind, actor } };
}

function* shownNewestFirst(turn: Turn, { lastSeq, movedSeqs }: ConversationState): Generator<Message> {
  for (let seq = lastSeq; seq > Math.max(0, lastSeq - LOOKS_MAX); seq -= 1) {
    const message = movedSeqs.includes(seq) ? null : turn.findBySeq(seq);
    if (message !== null) yield message;
  }
}

/** Whether nothing is left, or there is nothing yet, that anybody wrote to somebody else. */
function hasOnlyNotes(turn: Turn, state: ConversationState): boolean {
  return state.lastSeq <= LOOKS_MAX && ![...shownNewestFirst(turn, state)].some(({ channel }) => channel !== "note");
}

function isInbound({ author, channel }: Message): boolean {
  return (author.kind === "visitor" || author.kind === "contact") && channel !== "note";
}

/** What the state says of the newest messages, counted again over those that are shown, after one of them has changed. */
function recount(turn: Turn, state: ConversationState, changedSeq: number): ConversationState {
  const shown = [...shownNewestFirst(turn, state)];
  const [last] = shown;
  const inboundSeq = shown.find((message) => isInbound(message) && message.mail?.isAutomatic !== true)?.seq ?? 0;
  const isOther = inboundSeq === changedSeq || state.movedSeqs.includes(state.lastInboundSeq);
  return {
    ...state,
    revision: state.revision + 1,
    lastMessage: last === undefined ? null : lastMessageOf(last),
    // An automatic mail makes nothing unread (C8), so the newest is not simply taken.
    lastInboundSeq: isOther ? inboundSeq : state.lastInboundSeq,
    channel: shown.map(({ channel }) => channel).find((channel) => channel !== "note") ?? state.channel,
  };
}

function newestMail(turn: Turn, state: ConversationState): Message | undefined {
  return [...shownNewestFirst(turn, state)].find(
    (message) => isInbound(message) && message.channel === "email" && message.mail?.isAutomatic !== true,
  );
}

/** The next reply answers the mail before it, under that one's subject. */
function unlearnPart(turn: Turn, { key, message: moved }: MailPart): ConversationState {
  const { state } = turn;
  const messageId = messageIdOf(key);
  if (state.mail === null || moved.channel !== "email") return state;
  const before = newestMail(turn, state);
  const lastInboundId = before === undefined ? null : messageIdOf(turn.keyOf(before.seq));
  const isSubjects = moved.subject !== undefined && moved.subject === state.subject;
  // A chat has no subject until a mail brings one; a conversation by mail is not left without.
  const subject = before?.subject ?? (state.beginner === null ? state.subject : null);
  return {
    ...state,
    subject: isSubjects ? subject : state.subject,
    mail: {
      ...state.mail,
      references: state.mail.references.filter((id) => id !== messageId),
      lastInboundId: state.mail.lastInboundId === messageId ? lastInboundId : state.mail.lastInboundId,
    },
  };
}

function messageIdOf(key: string | null): string | null {
  return key === null ? null : (/^mail(?:-[0-9a-f]+)?:([^]*)$/.exec(key)?.[1] ?? null);
}
