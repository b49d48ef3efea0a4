/** Where a mail that came in goes, and whom it is for. Pure. */
import { store } from "./store.ts";
import type { Kept } from "./rules.ts";
import {
  aliasOf,
  beginnerOf,
  CONVERSATIONS,
  createMessage,
  formOf,
  has,
  isAlive,
  mailsOf,
  newConversation,
  only,
  SESSIONS,
  sessionsIn,
  withConversation,
  withSession,
  type Address,
  type Conversation,
  type ConversationName,
  type SessionName,
  type World,
} from "./world.ts";

/** What a mail says of where it belongs: our signed address, ids of our mails, or nothing that would tell. */
export type Pointer =
  | { by: "token"; of: ConversationName }
  | { by: "reference"; of: ConversationName }
  | { by: "nothing"; into: ConversationName };

export interface ReceivedMail {
  from: Address;
  pointer: Pointer;
  isAutomatic: boolean;
}

/** Rows M7 to M17. Null where there is no such mail: nothing of ours that it could answer, no such place. */
export function receiveMail(world: World, mail: ReceivedMail, kept: Kept): World | null {
  if (has(world.blocked, mail.from)) return null;
  const target = targetOf(world, mail, kept);
  return target === null ? null : joinMail(beginMails(world, target), target, mail, kept);
}

function targetOf(world: World, { from, pointer }: ReceivedMail, kept: Kept): ConversationName | null {
  if (pointer.by === "nothing") return mayTake(world, pointer.into, from, kept) ? pointer.into : null;
  const alias = aliasOf(world, pointer.of);
  const facts = world.conversations[alias];
  // Nothing has left by mail, so nobody can answer it.
  if (facts === null || facts.mailed === 0) return null;
  // M13: a stranger's goes the way of one that points nowhere.
  const isKnown = facts.address === from || has(facts.mailed, from);
  if (pointer.by === "reference" && !isKnown) return null;
  const name = beginnerOf(world, alias);
  const isUnconfirmed = name !== null && !has(world.sessions[name].level, from);
  if (!kept.answersJoinTheirThread && isUnconfirmed) return ownOf(world, from);
  return alias;
}

/** M16, M17: one of the address's places, else its own mails, else new ones. */
export function mayTake(world: World, into: ConversationName, from: Address, kept: Kept): boolean {
  if (isPlace(world, into, from, kept)) return true;
  const hasPlace = CONVERSATIONS.some((name) => isPlace(world, name, from, kept));
  return !hasPlace && into === ownOf(world, from);
}

/** The conversation of this address's mails, if it has one or can have a new one: merged away, the model has no other. */
function ownOf(world: World, from: Address): ConversationName | null {
  const own = mailsOf(from);
  return world.conversations[own] === null || isAlive(world, own) ? own : null;
}

/** A conversation of its own for the mails of an address, where it has none. */
export function beginMails(world: World, name: ConversationName): World {
  if (world.conversations[name] !== null) return world;
  const address = name === "mails of vera@" ? "vera@" : "eve@";
  const conversations = { ...world.conversations, [name]: newConversation("mail", address) };
  return { ...world, conversations, hadPlace: world.hadPlace | only(address) };
}

function joinMail(world: World, where: ConversationName, mail: ReceivedMail, kept: Kept): World | null {
  const facts = world.conversations[where];
  if (facts === null) return null;
  const { from, pointer } = mail;
  const isContacts = facts.address === from;
  const addresses = isContacts ? only(from) : kept.mailIsForItsAuthor ? 0 : only(facts.address);
  const isAnswer = pointer.by === "token";
  const isPersons = isAnswer && !mail.isAutomatic;
  let next = withConversation(world, where, {
    wrote: facts.wrote | only(from),
    touched: facts.touched | only(from),
    reachable: facts.reachable | (isPersons || (isAnswer && !kept.automaticProvesNothing) ? only(from) : 0),
    answered: facts.answered | (isPersons ? only(from) : 0),
  });
  if (!isContacts && isAnswer && !kept.strangersMailReplacesNothing)
    next = withConversation(next, where, { address: from, had: facts.had | only(from) });
  const name = beginnerOf(next, where);
  if (!kept.mailProvesNoSession && isContacts && isPersons && name !== null)
    next = withSession(next, name, { level: only(from) });
  return store(next, where, createMessage({ kind: "mail", from, addresses, meant: addresses & only(from) }), kept);
}

/** M7a: what somebody wrote into a form that names this address. Its author is the form, so it is for agents. */
export function receiveForm(world: World, replyTo: Address, kept: Kept): World | null {
  const name = formOf(replyTo);
  const conversations = { ...world.conversations, [name]: world.conversations[name] ?? newConversation("form", replyTo) };
  return store({ ...world, conversations }, name, createMessage({ kind: "form" }), kept);
}

/** Whether this conversation may be the usual place of an address. */
export function isPlace(world: World, where: ConversationName, address: Address, kept: Kept): boolean {
  const facts = world.conversations[where];
  if (facts === null || facts.mergedInto !== null || facts.address !== address) return false;
  if (facts.began === "mail") return true;
  if (facts.began === "form") return !kept.formIsNoPlace;
  const later = kept.laterSessionsMakeNoPlace ? [] : sessionsIn(world, where);
  const beginner = beginnerOf(world, where);
  const candidates = beginner === null ? later : [beginner, ...later];
  if (candidates.some((name) => isConfirmedBeginner(world, { name, address }, kept))) return true;
  return beginner !== null && isTypedPlace(world, where, { name: beginner, address }, kept);
}

interface Claim {
  name: SessionName;
  address: Address;
}

function isConfirmedBeginner(world: World, { name, address }: Claim, kept: Kept): boolean {
  const { level, lastLevel } = world.sessions[name];
  return has(level, address) || (kept.endedLevelKeepsPlace && level === 0 && lastLevel === address);
}

/** The one in which a session typed the address, while the address has no other conversation. */
function isTypedPlace(world: World, where: ConversationName, { name, address }: Claim, kept: Kept): boolean {
  const { lastLevel } = world.sessions[name];
  if (kept.otherAddressEndsPlace && lastLevel !== null && lastLevel !== address) return false;
  const counts = (other: ConversationName) => kept.mergedAwayCounts || isAlive(world, other);
  const others = CONVERSATIONS.filter((other) => other !== where && counts(other));
  // Merged away or not: mails that had a place are not to be answered in a chat that only typed their address.
  const hasMails = others.some((other) => isOf(world, other, "mail", address) || isOf(world, other, "form", address));
  if (kept.mailPlaceStays && hasMails) return false;
  const hasTyped = SESSIONS.some((other) => {
    const { conversation, gave, role } = world.sessions[other];
    const hasGiven = role === "beginner" || (role === "merged" && kept.mergedAwayCounts);
    return conversation !== where && gave === address && hasGiven;
  });
  const hasChat = others.some((other) => isOf(world, other, "chat", address) && isAlive(world, other));
  return !kept.twoChatsAreNoPlace || !(hasTyped || hasChat);
}

function isOf(world: World, where: ConversationName, began: Conversation["began"], address: Address): boolean {
  const facts = world.conversations[where];
  return facts?.began === began && facts.address === address;
}
