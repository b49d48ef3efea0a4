/** What agents answer, by chat and by mail, and how mails of ours leave. Pure. */
import { addressOfLink, audienceOfChat, everyoneIn, levelOf } from "./audience.ts";
import type { Kept } from "./rules.ts";
import { uniqueOf } from "./sessions.ts";
import { store } from "./store.ts";
import {
  beginnerOf,
  changed,
  createMessage,
  has,
  isAlive,
  only,
  sessionsIn,
  withConversation,
  withSession,
  type Address,
  type Addresses,
  type Conversation,
  type ConversationName,
  type Message,
  type Outgoing,
  type SessionName,
  type World,
} from "./world.ts";

/** A mail that has left: to whom, and what stood in it below the reply. */
export interface SentMail {
  where: ConversationName;
  to: Addresses;
  outgoing: Outgoing;
  transcript: readonly Message[];
}

/**
 * An agent answers a session in the chat. This agent is careless: what came by mail and nobody has warned of since is in
 * what they write. Warned once, they keep to it until another mail comes in.
 */
export function answerByChat(world: World, name: SessionName, kept: Kept): World | null {
  const session = world.sessions[name];
  const { conversation } = session;
  if (conversation === null) return null;
  const unconfirmed = session.unwarned & ~levelOf(world, name, kept);
  const others = kept.warningIsForOneSession ? [name] : sessionsIn(world, conversation);
  const isWarned = others.some((other) => world.sessions[other].isWarned);
  const isAsked = kept.chatIsWarned && (kept.linksAreWarned || session.role !== "link");
  const warns = isAsked && unconfirmed !== 0 && !isWarned;
  const quoted = warns ? 0 : session.unwarned & ~session.proven;
  const link = addressOfLink(world, name);
  const audience = audienceOfChat(world, name, kept);
  const told = createMessage({
    kind: "told",
    session: name,
    sessions: kept.toldNamesItsBeginner ? audience.sessions : everyoneIn(world, conversation),
    addresses: audience.addresses | link,
    meant: audience.meant | link,
    quoted,
    isUnseen: session.role !== "link",
  });
  const next = warns ? withSession(world, name, { unwarned: session.unwarned & ~unconfirmed, isWarned: true }) : world;
  return store(next, conversation, told, kept);
}

/** The session has its chat replies on screen. */
export function see(world: World, name: SessionName): World | null {
  const { conversation } = world.sessions[name];
  const before = conversation === null ? [] : (world.conversations[conversation]?.messages ?? []);
  if (conversation === null || !before.some((message) => isUnseenBy(message, name))) return null;
  return withReplies(world, conversation, (message) => isUnseenBy(message, name), { isUnseen: false, isCarried: false });
}

/** Those of its messages that are such are changed. */
function withReplies(
  world: World,
  where: ConversationName,
  isSuch: (message: Message) => boolean,
  change: Partial<Pick<Message, "isUnseen" | "isCarried">>,
): World {
  const before = world.conversations[where]?.messages ?? [];
  if (!before.some(isSuch)) return world;
  const messages = before.map((message) => (isSuch(message) ? changed(message, change) : message));
  return withConversation(world, where, { messages: uniqueOf(messages) });
}

/** What a mail carried that did not leave waits for another one. */
function withoutCarried(world: World, where: ConversationName): World {
  return withReplies(world, where, ({ isCarried }) => isCarried, { isCarried: false });
}

/** A mail of unseen replies waits: it carries what is there now, and nothing that is written later. */
function withCarried(world: World, where: ConversationName, { names }: Outgoing): World {
  if (names === null) return world;
  return withReplies(world, where, (message) => isUnseenBy(message, names), { isCarried: true });
}

function isUnseenBy({ isUnseen, session }: Message, name: SessionName): boolean {
  return isUnseen && session === name;
}

export interface MailAnswer {
  where: ConversationName;
  /** What stood beside the composer: the conversation's address, or one that it had before. */
  seen: Address;
  copy: Address | null;
}

const WRITTEN = { names: null, copy: null, seen: null, isRetried: false, isConfirmed: false, isProven: false, word: "" };

/** An agent's reply by mail: it waits for some seconds, so that it can be taken back. */
export function answerByMail(world: World, { where, seen, copy }: MailAnswer, kept: Kept): World | null {
  const facts = world.conversations[where];
  if (facts === null || facts.mergedInto !== null || facts.queued !== null || facts.address === null) return null;
  if (!has(facts.had, seen) || copy === seen) return null;
  if (kept.replyCarriesWhatWasSeen && seen !== facts.address) return null;
  const to = kept.replyCarriesWhatWasSeen ? seen : facts.address;
  const next = withConversation(world, where, {
    queued: { ...WRITTEN, to, copy: copy === to ? null : copy, seen },
  });
  const name = beginnerOf(world, where);
  return name === null ? next : withSession(next, name, { hasLine: true });
}

/** The session has gone without seeing its chat replies: they are to be mailed. */
export function mailUnseen(world: World, name: SessionName, kept: Kept): World | null {
  const { conversation, gave, role } = world.sessions[name];
  const facts = conversation === null ? null : world.conversations[conversation];
  if (conversation === null || facts === null || role === "link" || facts.queued !== null) return null;
  const to = kept.unseenGoesToItsGiver ? gave : facts.address;
  if (to === null || !facts.messages.some((message) => isUnseenBy(message, name))) return null;
  const isConfirmed = has(levelOf(world, name, kept), to);
  const isProven = has(world.sessions[name].proven, to);
  const queued = { ...WRITTEN, names: name, to, isConfirmed, isProven };
  if (!mayMailUnseen(facts, queued, kept)) return null;
  return withConversation(withCarried(world, conversation, queued), conversation, { queued });
}

/** Again only where more is known of the address than that somebody typed it: the mailbox has answered, or it was shown to be theirs. */
function mayMailUnseen({ hasSentUnseen, reachable }: Conversation, { to, isConfirmed }: Outgoing, kept: Kept): boolean {
  return !hasSentUnseen || has(reachable, to) || isConfirmed || !kept.typedGetsOneUnseen;
}

export function takeBack(world: World, where: ConversationName): World | null {
  const queued = world.conversations[where]?.queued ?? null;
  return queued === null ? null : withConversation(withoutCarried(world, where), where, { queued: null, failed: queued });
}

export function tryAgain(world: World, where: ConversationName): World | null {
  const facts = world.conversations[where];
  if (facts === null || facts.failed === null || facts.queued !== null || !isAlive(world, where)) return null;
  const queued = { ...facts.failed, isRetried: true };
  return withConversation(withCarried(world, where, queued), where, { failed: null, queued });
}

/** The time to take it back is over. */
export function leave(world: World, where: ConversationName, kept: Kept): { world: World; sent: SentMail | null } | null {
  const facts = world.conversations[where];
  const outgoing = facts?.queued ?? null;
  if (facts === null || outgoing === null) return null;
  const now = recipientNow(world, facts, outgoing, kept);
  const isLookedUp = !kept.recipientsAreStored || (outgoing.isRetried && !kept.retryKeepsRecipients);
  const to = isLookedUp ? (now ?? outgoing.to) : outgoing.to;
  const isSpent = outgoing.names !== null && kept.unseenIsCountedAsItLeaves && !mayMailUnseen(facts, { ...outgoing, to }, kept);
  if (isSpent || (kept.changedAddressStops && now !== to))
    return { world: withConversation(withoutCarried(world, where), where, { queued: null, failed: outgoing }), sent: null };
  const all = only(to) | only(outgoing.copy);
  const sent = { where, to: all, outgoing, transcript: transcriptFor(world, where, { to, all }, kept) };
  return { world: leaveBehind(world, where, { outgoing, to, all }, kept), sent };
}

function recipientNow(world: World, facts: Conversation, outgoing: Outgoing, kept: Kept): Address | null {
  if (outgoing.names === null || !kept.unseenGoesToItsGiver) return facts.address;
  return world.sessions[outgoing.names].gave;
}

interface Leaving {
  outgoing: Outgoing;
  to: Address;
  all: Addresses;
}

function leaveBehind(world: World, where: ConversationName, { outgoing, to, all }: Leaving, kept: Kept): World {
  const facts = world.conversations[where];
  if (facts === null) return world;
  const { names } = outgoing;
  const next = withConversation(world, where, {
    queued: null,
    mailed: facts.mailed | all,
    touched: facts.touched | all,
    bounced: facts.bounced & ~all,
    hasSentUnseen: facts.hasSentUnseen || names !== null,
  });
  if (names !== null) return withReplies(next, where, ({ isCarried }) => isCarried, { isUnseen: false, isCarried: false });
  const name = beginnerOf(next, where);
  const sessions = kept.replyIsForItsAddresses ? 0 : only(name);
  const told = store(
    next,
    where,
    createMessage({ kind: "reply", to: all, sessions, addresses: all, meant: all, word: outgoing.word }),
    kept,
  );
  // It carries a confirming link for the beginner, where they are not confirmed.
  if (name === null || has(told.sessions[name].level, to)) return told;
  return withSession(told, name, { secrets: told.sessions[name].secrets | only(to) });
}

/**
 * What stands below a mail: for each of its readers, and with nobody in Cc the chat of the beginner who gave the address, or
 * what was written in the form that named it.
 */
function transcriptFor(
  world: World,
  where: ConversationName,
  { to, all }: { to: Address; all: Addresses },
  kept: Kept,
): readonly Message[] {
  const messages = world.conversations[where]?.messages ?? [];
  if (!kept.transcriptIsForItsAddress) return messages;
  const isForAll = (message: Message) => (message.addresses & all) === all;
  const isForFirst = (message: Message) => has(message.addresses, to) || isOfGiver(world, where, { message, to }, kept);
  return messages.filter((message) => (all === only(to) || !kept.copiesSeeWhatAllHave ? isForFirst(message) : isForAll(message)));
}

function isOfForm(world: World, where: ConversationName, to: Address): boolean {
  const facts = world.conversations[where];
  return facts?.began === "form" && facts.address === to;
}

function isOfGiver(
  world: World,
  where: ConversationName,
  { message, to }: { message: Message; to: Address },
  kept: Kept,
): boolean {
  const { session, kind } = message;
  if (kind === "form") return isOfForm(world, where, to);
  if (session === null || (kind !== "chat" && kind !== "told")) return false;
  if (!kept.transcriptIsOfTheGiver) return true;
  const { role, gave } = world.sessions[session];
  if (role === "link") return false;
  if (gave === to) return true;
  return !kept.giverIsTheOneWhoSaysItNow && role === "beginner" && has(world.conversations[where]?.had ?? 0, to);
}
