/** What agents do to conversations by a click. Pure. */
import { isPlace, beginMails } from "./mails.ts";
import type { Kept } from "./rules.ts";
import { withAddress } from "./sessions.ts";
import { joined, store } from "./store.ts";
import {
  ADDRESSES,
  aliasOf,
  beginnerOf,
  changed,
  has,
  isAlive,
  mailsIn,
  mailsOf,
  only,
  sessionsIn,
  withConversation,
  withSession,
  type Address,
  type ConversationName,
  type Message,
  type World,
} from "./world.ts";

/** *The visitor now says evil@…; the mails here are from vera@…*: the agent believes it. */
export function replaceAddress(world: World, where: ConversationName, kept: Kept): World | null {
  const name = beginnerOf(world, where);
  const gave = name === null ? null : world.sessions[name].gave;
  if (gave === null || world.conversations[where]?.address === gave) return null;
  return withAddress(world, where, gave, kept);
}

export interface Move {
  from: ConversationName;
  to: ConversationName;
  author: Address;
}

/** All mails of one author go to another conversation. Whom they are for stays, so for those of a stranger: agents. */
export function move(world: World, { from, to, author }: Move, kept: Kept): World | null {
  const moved = mailsFrom(world, from, author);
  const isPossible = isAlive(world, to) || (world.conversations[to] === null && to === mailsOf(author));
  if (moved.length === 0 || from === to || !isPossible || !isAlive(world, from)) return null;
  const begun = beginMails(world, to);
  const target = begun.conversations[to];
  if (target === null) return null;
  const placed = moved.map((mail) => (kept.moveWidensNothing ? mail : changed(mail, { addresses: only(target.address) })));
  const rest = (world.conversations[from]?.messages ?? []).filter((message) => !moved.includes(message));
  let next = withConversation(begun, from, { messages: rest });
  next = withConversation(next, to, {
    wrote: target.wrote | (kept.movedMailsCount ? only(author) : 0),
    touched: target.touched | only(author),
  });
  for (const mail of placed) next = storeMoved(next, to, mail, kept);
  return next;
}

function storeMoved(world: World, to: ConversationName, mail: Message, kept: Kept): World {
  const next = store(world, to, mail, kept);
  return kept.movedMailsWarn ? next : withSessionsAsBefore(next, world, to);
}

/** As it would be where only a mail that comes in makes the composer ask again: its words are there, nobody is asked. */
function withSessionsAsBefore(world: World, before: World, where: ConversationName): World {
  return sessionsIn(world, where).reduce(
    (next, name) => withSession(next, name, { isWarned: before.sessions[name].isWarned || before.sessions[name].unwarned === 0 }),
    world,
  );
}

function mailsFrom(world: World, where: ConversationName, author: Address): Message[] {
  return (world.conversations[where]?.messages ?? []).filter(({ kind, from }) => kind === "mail" && from === author);
}

/** *This is somebody else*: the mails of the address that a visitor typed get a conversation of their own. */
export function part(world: World, where: ConversationName, kept: Kept): World | null {
  const facts = world.conversations[where];
  const name = beginnerOf(world, where);
  if (facts === null || facts.address === null || name === null || has(world.sessions[name].level, facts.address)) return null;
  return move(world, { from: where, to: mailsOf(facts.address), author: facts.address }, kept);
}

/** Two conversations become one. The one that may be a usual place stays, where the other may not. */
export function merge(world: World, from: ConversationName, to: ConversationName, kept: Kept): World | null {
  const source = world.conversations[from];
  const target = world.conversations[to];
  if (source === null || target === null || from === to || source.mergedInto !== null || target.mergedInto !== null) return null;
  const mayBePlace = (name: ConversationName) => ADDRESSES.some((address) => isPlace(world, name, address, kept));
  if (kept.mergeKeepsPlace && mayBePlace(from) && !mayBePlace(to)) return null;
  const widened = source.messages.map((message) =>
    changed(message, {
      // What waited to leave does not.
      isCarried: false,
      addresses: message.addresses | (kept.mergeWidensNothing ? 0 : only(target.address)),
    }),
  );
  let next = withConversation(world, from, { mergedInto: to, messages: [], queued: null, failed: null });
  next = withConversation(next, to, {
    messages: joined(target.messages, widened),
    mailed: target.mailed | source.mailed,
    wrote: target.wrote | source.wrote,
    touched: target.touched | source.touched,
    reachable: target.reachable | source.reachable,
    answered: target.answered | source.answered,
    hasSentUnseen: target.hasSentUnseen || source.hasSentUnseen,
    isJoined: true,
  });
  return withNeighbours(world, next, { from, to }, kept);
}

/** Each side's sessions sit beside the other's mails from now on. */
function withNeighbours(
  before: World,
  world: World,
  { from, to }: { from: ConversationName; to: ConversationName },
  kept: Kept,
): World {
  let next = world;
  for (const name of sessionsIn(before, from)) {
    const { role } = before.sessions[name];
    next = withSession(next, name, { conversation: to, role: role === "link" ? "link" : "merged" });
    next = beside(next, name, mailsIn(before, to), kept);
  }
  for (const name of sessionsIn(before, to)) next = beside(next, name, mailsIn(before, from), kept);
  return next;
}

function beside(world: World, name: "A" | "B" | "L", mails: number, kept: Kept): World {
  const { unwarned, isWarned } = world.sessions[name];
  if (mails === 0) return world;
  return withSession(world, name, {
    unwarned: unwarned | mails,
    isWarned: kept.movedMailsWarn ? false : isWarned || unwarned === 0,
  });
}

/** Who is blocked: the sessions in it, and the address only where it is more than what a visitor typed. */
export function block(world: World, where: ConversationName, kept: Kept): World | null {
  const facts = world.conversations[where];
  if (facts === null || facts.mergedInto !== null) return null;
  const name = beginnerOf(world, where);
  const { address } = facts;
  const isKnown = facts.began === "mail" || (name !== null && address !== null && has(world.sessions[name].level, address));
  const isReally = facts.began === "mail" || (name !== null && address !== null && has(world.sessions[name].proven, address));
  const blocked = world.blocked | (isKnown || !kept.typedBlocksNobody ? only(address) : 0);
  const next = { ...world, blocked, blockedRightly: world.blockedRightly | (isReally ? only(address) : 0) };
  return sessionsIn(world, where).reduce((all, session) => withSession(all, session, { isBlocked: true }), next);
}

/** Every mail to the address of this conversation came back for good. */
export function bounce(world: World, where: ConversationName): World | null {
  const facts = world.conversations[where];
  if (facts === null || facts.address === null || !has(facts.mailed, facts.address) || has(facts.bounced, facts.address))
    return null;
  return withConversation(world, aliasOf(world, where), { bounced: facts.bounced | only(facts.address) });
}

/** An agent completes it: each session there is told. */
export function complete(world: World, where: ConversationName): World | null {
  const names = sessionsIn(world, where).filter((name) => !world.sessions[name].isComplete);
  return names.length === 0 ? null : names.reduce((next, name) => withSession(next, name, { isComplete: true }), world);
}
