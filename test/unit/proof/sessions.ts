/** What whoever holds a session's token does: writes, gives an address, asks for codes, brings secrets. Pure. */
import { addressOfLink, audienceOfChat, everyoneIn } from "./audience.ts";
import type { Kept } from "./rules.ts";
import { store } from "./store.ts";
import {
  beginnerOf,
  changed,
  CONVERSATIONS,
  createMessage,
  has,
  isAlive,
  isWithin,
  mailsIn,
  only,
  withConversation,
  withSession,
  type Address,
  type ConversationName,
  type Message,
  type SessionName,
  type World,
} from "./world.ts";

export function write(world: World, name: SessionName, kept: Kept): World | null {
  const { conversation, isBlocked } = world.sessions[name];
  if (conversation === null || isBlocked) return null;
  const audience = audienceOfChat(world, name, kept);
  const sessions = kept.chatIsForItsSession ? audience.sessions : everyoneIn(world, conversation);
  return store(world, conversation, createMessage({ kind: "chat", session: name, ...audience, sessions }), kept);
}

/** The form that asks for an address. It is the session's claim; the conversation's address only where nothing forbids it. */
export function giveAddress(world: World, name: SessionName, address: Address, kept: Kept): World | null {
  const { conversation, role, isBlocked, gave } = world.sessions[name];
  if (conversation === null || role === "link" || isBlocked) return null;
  const next = gave === address ? world : withSession(world, name, { gave: address });
  const mayReplace = role === "beginner" || !kept.mergedHasNoAddress;
  const isTaken = mayReplace && isReplaceable(world, conversation, kept);
  return isTaken ? withAddress(next, conversation, address, kept) : next;
}

/** Whether what a beginner types becomes the address of its conversation without an agent's click. */
function isReplaceable(world: World, where: ConversationName, kept: Kept): boolean {
  const facts = world.conversations[where];
  if (facts === null) return false;
  const { address, isJoined, mailed, wrote, bounced } = facts;
  if (address === null) return true;
  if (isJoined && kept.joinedAddressStays) return false;
  if (has(bounced, address) && (!kept.bounceFreesOnlyTheUnused || (!has(wrote, address) && !isElsewhere(world, where, address))))
    return true;
  const isMailed = kept.mailedAddressStays && has(mailed, address);
  const hasWritten = kept.writtenAddressStays && has(wrote, address);
  return !isMailed && !hasWritten;
}

/** Whether another conversation has or had this address. */
export function isElsewhere(world: World, where: ConversationName, address: Address): boolean {
  return CONVERSATIONS.some((other) => {
    const facts = world.conversations[other];
    return other !== where && facts !== null && has(facts.had, address);
  });
}

export function withAddress(world: World, where: ConversationName, address: Address, kept: Kept): World {
  const facts = world.conversations[where];
  if (facts === null || facts.address === address) return world;
  const before = facts.address;
  const widened = (message: Message) =>
    before !== null && has(message.addresses, before)
      ? changed(message, { addresses: message.addresses | only(address) })
      : message;
  const messages = kept.addressWidensNothing ? facts.messages : uniqueOf(facts.messages.map(widened));
  return withConversation(world, where, { address, had: facts.had | only(address), messages });
}

/** One secret for this session is mailed to an address that it gave, or that its conversation has; of a link to the link's. */
export function askCode(world: World, name: SessionName, address: Address): World | null {
  const { conversation, role, gave, isBlocked, secrets } = world.sessions[name];
  if (conversation === null || isBlocked || has(secrets, address)) return null;
  const own = role === "beginner" ? (world.conversations[conversation]?.address ?? null) : null;
  if (gave !== address && own !== address) return null;
  return withSession(world, name, { secrets: secrets | only(address) });
}

export interface BroughtSecret {
  /** For whom, and to which address, it was mailed. */
  session: SessionName;
  address: Address;
  /** Whose token the request carried, or none: a link that was opened elsewhere. */
  by: SessionName | null;
}

/** A confirming link can be repeated for 30 days, so no secret is used up here. */
export function bringSecret(world: World, { session, address, by }: BroughtSecret, kept: Kept): World | null {
  if (!has(world.sessions[session].secrets, address)) return null;
  if (by === null)
    return kept.secretNeedsItsToken ? null : withSession(world, session, { level: only(address), lastLevel: address });
  const bringer = world.sessions[by];
  if (bringer.conversation === null || bringer.isBlocked) return null;
  if (by !== session) return kept.secretIsOfItsSession ? null : withSession(world, by, { nextLevel: address, nextProven: 0 });
  const made = withSession(world, by, { nextLevel: address, nextProven: only(address) });
  return kept.wideningWaitsForUse ? made : widen(made, by, { before: world, address }, kept);
}

/** The first use of the token that confirming made: from here on the level counts, and the old token is none. */
export function useToken(world: World, name: SessionName, kept: Kept): World | null {
  const session = world.sessions[name];
  const { conversation, nextLevel, nextProven, level } = session;
  if (nextLevel === null || conversation === null || session.isBlocked) return null;
  let next = withSession(world, name, {
    level: kept.oneAddressAtATime ? only(nextLevel) : level | only(nextLevel),
    lastLevel: nextLevel,
    nextLevel: null,
    hasSpent: true,
    proven: nextProven,
    nextProven: 0,
    lastProven: nextProven === 0 ? session.lastProven : nextLevel,
    isWarned: session.isWarned && !kept.warningEndsWithLevel,
  });
  if (session.role !== "link") next = widen(next, name, { before: world, address: nextLevel }, kept);
  if (session.role === "beginner" && !kept.confirmingReplacesNothing) next = withAddress(next, conversation, nextLevel, kept);
  return next;
}

/**
 * The one widening there is, and beside it the truth. Where the session was confirmed for another address before, what is its
 * own until now stays as it is, for good: it may be somebody else who confirms now.
 */
function widen(world: World, name: SessionName, { before, address }: { before: World; address: Address }, kept: Kept): World {
  const { conversation, lastLevel, lastProven, level } = before.sessions[name];
  const facts = conversation === null ? null : world.conversations[conversation];
  if (conversation === null || facts === null) return world;
  const isSame = lastLevel === null || lastLevel === address || has(level, address);
  const wasEver = facts.messages.some((message) => isOwn(message, name) && has(message.addresses, address));
  const isForced = !kept.wideningIsForTheSameAddress || (!kept.wideningLooksAtTheLastOne && wasEver);
  const isProven = has(world.sessions[name].proven, address);
  const isOther = isProven && lastProven !== null && lastProven !== address;
  const messages = facts.messages.map((message) => {
    const isClosed = message.isClosed || (isOther && isOwn(message, name));
    const isFor = isOwn(message, name) || (!kept.wideningIsOfItsOwn && message.session !== null);
    const isWidened = isFor && (isForced || (isSame && !(isClosed && kept.wideningStopsAtAnother)));
    return changed(message, {
      isClosed,
      addresses: message.addresses | (isWidened ? only(address) : 0),
      meant: message.meant | (isOwn(message, name) && isProven && !isClosed ? only(address) : 0),
    });
  });
  return withConversation(world, conversation, { messages: uniqueOf(messages) });
}

function isOwn(message: Message, name: SessionName): boolean {
  return message.session === name;
}

/** Two that were told apart by whom they were for may be the same now. */
export function uniqueOf(messages: readonly Message[]): readonly Message[] {
  return [...new Set(messages)].sort((one, other) => one.id - other.id);
}

/** 90 days unused: what it is confirmed for ends, what is for it as beginner does not. */
export function endLevel(world: World, name: SessionName, kept: Kept): World | null {
  const { level, proven, isWarned } = world.sessions[name];
  if (level === 0 && proven === 0) return null;
  return withSession(world, name, { level: 0, proven: 0, isWarned: isWarned && !kept.warningEndsWithLevel });
}

/** A browser opens the live link of our mail to the address of a conversation that its mails, or its confirmed beginner, began. */
export function openLink(world: World, where: ConversationName, kept: Kept): World | null {
  const facts = world.conversations[where];
  if (world.sessions.L.conversation !== null || facts === null || !isAlive(world, where)) return null;
  const { address, began } = facts;
  const beginner = beginnerOf(world, where);
  const isConfirmed = beginner !== null && address !== null && has(world.sessions[beginner].level, address);
  if (began !== "mail" && !isConfirmed) return null;
  const ours = facts.messages
    .filter(({ kind, to }) => kind === "reply" && address !== null && isWithin(to, only(address)))
    .slice(-1);
  if (ours.length === 0) return null;
  const shown = (message: Message) =>
    ours.includes(message)
      ? changed(message, { sessions: message.sessions | only("L"), holders: message.holders | only("L") })
      : message;
  const next = withConversation(world, where, { messages: uniqueOf(facts.messages.map(shown)) });
  const unwarned = mailsIn(world, where);
  const opened = withSession(next, "L", { conversation: where, role: "link", gave: address, unwarned });
  return kept.linkShowsItsMail ? opened : withSession(opened, "L", { level: addressOfLink(opened, "L") });
}
