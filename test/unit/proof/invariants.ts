/** What must be true of every world and of every step, in words of truth: who mailed, who proved, who wrote, who clicked. */
import { viewOf, type Token } from "./audience.ts";
import type { SentMail } from "./answers.ts";
import type { Action, Step } from "./model.ts";
import type { Kept } from "./rules.ts";
import { isElsewhere } from "./sessions.ts";
import {
  ADDRESSES,
  aliasOf,
  beginnerOf,
  CONVERSATIONS,
  formOf,
  has,
  isAlive,
  isWithin,
  mailsOf,
  only,
  SESSIONS,
  type Address,
  type ConversationName,
  type Message,
  type SessionName,
  type World,
} from "./world.ts";

export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7";

export interface Violation {
  invariant: Invariant;
  /** A sentence. */
  says: string;
}

export interface Taken extends Step {
  before: World;
  action: Action;
}

/** The first thing that is wrong with a step and the world after it. */
export function violationOf(taken: Taken, kept: Kept): Violation | null {
  return (
    ofScreens(taken, kept) ??
    ofPlaces(taken) ??
    (taken.sent === null ? null : (ofRecipients(taken.before, taken.sent) ?? ofTranscript(taken.before, taken.sent))) ??
    ofAddresses(taken) ??
    ofTheWay(taken)
  );
}

/** I1, and the first of I4. Whoever shows a token, a copy of an old one too, is sent nothing that is another's. */
function ofScreens({ before, world }: Taken, kept: Kept): Violation | null {
  for (const name of SESSIONS) {
    const session = world.sessions[name];
    const { conversation } = session;
    if (conversation === null) continue;
    // Nothing that this session could see has changed.
    const isSame = session === before.sessions[name] && world.conversations[conversation] === before.conversations[conversation];
    if (isSame && kept.levelIsTheSessions) continue;
    const violation =
      ofScreen(world, name, "current", kept) ?? ofScreen(world, name, "spent", kept) ?? ofOwnChat(world, name, kept);
    if (violation !== null) return violation;
  }
  return null;
}

function ofScreen(world: World, name: SessionName, token: Token, kept: Kept): Violation | null {
  const view = viewOf(world, name, token, kept);
  if (view === null) return null;
  const session = world.sessions[name];
  const who = token === "spent" ? `an old token of ${name}` : name;
  if (session.isBlocked) return { invariant: "I1", says: `${name} is blocked and is sent what is written` };
  const proven = token === "spent" ? 0 : session.proven;
  const wrong = view.messages.find((message) => !mayRead(message, name, proven));
  return wrong === undefined ? null : { invariant: "I1", says: `${who} is sent ${wordsOf(wrong)}` };
}

function mayRead(message: Message, name: SessionName, proven: number): boolean {
  if (message.quoted !== 0) return false;
  if (has(message.holders, name)) return true;
  if (message.from !== null) return has(proven, message.from);
  if (message.kind === "reply") return (message.to & proven) !== 0;
  return message.session === name || (message.meant & proven) !== 0;
}

function wordsOf({ kind, from, session, quoted }: Message): string {
  if (quoted !== 0) return `what was mailed, in an agent's chat reply to ${session}`;
  if (kind === "mail") return `what ${from} mailed`;
  if (kind === "reply") return "what an agent answered by mail";
  return kind === "chat" ? `what ${session} wrote` : `what ${session} was told`;
}

function ofOwnChat(world: World, name: SessionName, kept: Kept): Violation | null {
  const { conversation, isBlocked } = world.sessions[name];
  if (isBlocked || conversation === null) return null;
  const view = viewOf(world, name, "current", kept);
  if (view === null) return { invariant: "I4", says: `the only token that ${name} holds is refused` };
  const own = world.conversations[conversation]?.messages.filter(({ session }) => session === name) ?? [];
  return own.every((message) => view.messages.includes(message))
    ? null
    : { invariant: "I4", says: `${name} is not sent their own chat` };
}

/** I2: where a mail went that named no conversation. */
function ofPlaces({ before, world, action }: Taken): Violation | null {
  if (action.do === "merge") return ofMergedPlace(before, world, action);
  if (action.do !== "mail" || action.mail.pointer.by !== "nothing") return null;
  const { from, pointer } = action.mail;
  return mayBePlaceOf(before, pointer.into, from)
    ? null
    : { invariant: "I2", says: `${pointer.into} is the usual place of ${from}` };
}

function ofMergedPlace(
  before: World,
  after: World,
  { from, to }: { from: ConversationName; to: ConversationName },
): Violation | null {
  const mayStay = ADDRESSES.some((address) => mayBePlaceOf(before, to, address));
  const lost = ADDRESSES.find((address) => mayBePlaceOf(before, from, address));
  const isLost = lost !== undefined && !mayStay && !mayBePlaceOf(after, to, lost);
  return isLost ? { invariant: "I2", says: `${from}, the usual place of ${lost}, is gone into ${to}, which is none` } : null;
}

function mayBePlaceOf(world: World, where: ConversationName, address: Address): boolean {
  const facts = world.conversations[where];
  if (where === mailsOf(address)) return true;
  const beginner = beginnerOf(world, where);
  if (facts?.began !== "chat" || facts.address !== address || beginner === null) return false;
  const { lastProven } = world.sessions[beginner];
  if (lastProven !== null) return lastProven === address;
  const others = SESSIONS.filter((name) => world.sessions[name].role !== "link" && world.sessions[name].conversation !== where);
  const hasMails = has(world.hadPlace, address) || world.conversations[formOf(address)] !== null;
  const hasChat = CONVERSATIONS.some(
    (other) => other !== where && isAlive(world, other) && world.conversations[other]?.address === address,
  );
  return !hasMails && !hasChat && !others.some((name) => world.sessions[name].gave === address);
}

/** I3 and I7: whom a mail of ours went to. */
function ofRecipients(before: World, { where, to, outgoing }: SentMail): Violation | null {
  const facts = before.conversations[where];
  if (facts === null) return null;
  const first = to & ~only(outgoing.copy);
  if (outgoing.names !== null) {
    const { gave } = before.sessions[outgoing.names];
    if (!isWithin(first, only(gave)))
      return { invariant: "I3", says: `what ${outgoing.names} was told is mailed to an address that they did not give` };
    if (facts.hasSentUnseen && !outgoing.isProven && !isWithin(first, facts.answered))
      return { invariant: "I7", says: "an address that was only typed is mailed unseen replies again" };
    return null;
  }
  if (!isWithin(first, only(outgoing.seen)))
    return { invariant: "I3", says: `an answer goes elsewhere than to ${outgoing.seen}, which its agent saw` };
  return isWithin(first, only(facts.address))
    ? null
    : { invariant: "I3", says: `an answer leaves for ${outgoing.seen}, which has been replaced` };
}

/** I5: what stood below it. */
function ofTranscript(before: World, { where, to, transcript, outgoing }: SentMail): Violation | null {
  const wrong = transcript.find((message) => !mayBeSent(before, message, { where, to, isAlone: outgoing.copy === null }));
  return wrong === undefined ? null : { invariant: "I5", says: `a mail carries ${wordsOf(wrong)} to somebody else` };
}

interface Readers {
  where: ConversationName;
  to: number;
  isAlone: boolean;
}

function mayBeSent(world: World, message: Message, { where, to, isAlone }: Readers): boolean {
  if (message.kind === "reply") return isWithin(to, message.to);
  // Whoever fills in a form says where the answer is to go.
  if (message.kind === "form") return isAlone && ADDRESSES.some((named) => formOf(named) === where && to === only(named));
  if (message.from !== null) return to === only(message.from) && isWithin(to, message.meant);
  if (message.session === null) return false;
  return isWithin(to, message.meant) || (isAlone && isWithin(to, only(world.sessions[message.session].gave)));
}

/** I3: an address is its beginner's to give, and one that somebody has written to, or from, goes only by a click. */
function ofAddresses({ before, world, action }: Taken): Violation | null {
  if (action.do === "replace-address") return null;
  for (const where of CONVERSATIONS) {
    const old = before.conversations[where];
    const now = world.conversations[where];
    if (old === null || now === null || old.address === now.address) continue;
    if (action.do === "give-address" && beginnerOf(before, where) !== action.session)
      return { invariant: "I3", says: `${action.session}, who did not begin ${where}, has set its address` };
    if (old.address === null) continue;
    const hasMails = now.messages.some(({ from }) => from === old.address) || has(old.wrote, old.address);
    const isFree = has(old.bounced, old.address) && !hasMails && !isElsewhere(before, where, old.address);
    if ((has(old.touched, old.address) && !isFree) || old.isJoined)
      return { invariant: "I3", says: `${old.address} is no longer the address of ${where}, and no agent clicked` };
  }
  return null;
}

/** I4: mails arrive where they are looked for. */
function ofTheWay({ world, before, action }: Taken): Violation | null {
  if (!isWithin(world.blocked, world.blockedRightly))
    return { invariant: "I4", says: "an address's mails are kept aside because a visitor typed it" };
  if (action.do !== "mail" || action.mail.pointer.by === "nothing") return null;
  const { from, pointer } = action.mail;
  const alias = aliasOf(before, pointer.of);
  const isThere = isAlive(world, alias) && (world.conversations[alias]?.messages ?? []).some((message) => message.from === from);
  return isThere ? null : { invariant: "I4", says: `the answer of ${from} is not in ${alias}` };
}
