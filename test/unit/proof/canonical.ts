/**
 * One number for a world and all that differ from it by names alone: A and B with their chats, and the two addresses with
 * their mails, may change places. Parts are remembered, so a step pays only for what it changed.
 */
import {
  CONVERSATIONS,
  SESSIONS,
  type Conversation,
  type ConversationName,
  type Message,
  type Outgoing,
  type Session,
  type SessionName,
  type World,
} from "./world.ts";

/** Which of the two pairs changes places. */
const SWAPS = [0, 1, 2, 3] as const;
type Swap = (typeof SWAPS)[number];
const SESSIONS_SWAPPED = 1;
const ADDRESSES_SWAPPED = 2;

/** The number of a part under each swap. */
type Ids = readonly number[];

const partIds = new Map<string, number>();
/** By the key of a part with its names as they are. */
const idsByKey = new Map<string, Ids>();
const messageIds = new WeakMap<Message, Ids>();
const sessionIds = new WeakMap<Session, Ids>();
const conversationIds = new WeakMap<Conversation, Ids>();

function idOf(key: string): number {
  const known = partIds.get(key);
  if (known !== undefined) return known;
  partIds.set(key, partIds.size + 1);
  return partIds.size;
}

/** Most parts are new objects that say what another has said: only their first key is made. */
function remembered<T extends object>(memory: WeakMap<T, Ids>, part: T, keyOf: (part: T, swap: Swap) => string): Ids {
  const known = memory.get(part);
  if (known !== undefined) return known;
  const key = keyOf(part, 0);
  const ids = idsByKey.get(key) ?? SWAPS.map((swap) => idOf(swap === 0 ? key : keyOf(part, swap)));
  idsByKey.set(key, ids);
  memory.set(part, ids);
  return ids;
}

function addresses(set: number, swap: Swap): number {
  return (swap & ADDRESSES_SWAPPED) === 0 ? set : ((set & 1) << 1) | ((set >> 1) & 1);
}

function sessions(set: number, swap: Swap): number {
  return (swap & SESSIONS_SWAPPED) === 0 ? set : (set & 4) | ((set & 1) << 1) | ((set >> 1) & 1);
}

const ADDRESS_NUMBERS = new Map<string | null, number>([
  [null, 0],
  ["vera@", 1],
  ["eve@", 2],
]);
const SESSION_NUMBERS = new Map<string | null, number>([
  [null, 0],
  ["A", 1],
  ["B", 2],
  ["L", 4],
]);

function address(name: string | null, swap: Swap): number {
  return addresses(ADDRESS_NUMBERS.get(name) ?? 0, swap);
}

function session(name: string | null, swap: Swap): number {
  return sessions(SESSION_NUMBERS.get(name) ?? 0, swap);
}

/** Where a conversation stands once names have changed places. */
function placeOf(index: number, swap: Swap): number {
  if (index < 2) return (swap & SESSIONS_SWAPPED) === 0 ? index : 1 - index;
  return (swap & ADDRESSES_SWAPPED) === 0 ? index : index % 2 === 0 ? index + 1 : index - 1;
}

function conversation(name: ConversationName | null, swap: Swap): number {
  return name === null ? -1 : placeOf(CONVERSATIONS.indexOf(name), swap);
}

function messageKey(message: Message, swap: Swap): string {
  const { kind, from, to, isUnseen, isCarried, isClosed, meant, holders, quoted } = message;
  return `m${kind}${session(message.session, swap)}${address(from, swap)}${addresses(to, swap)}${sessions(message.sessions, swap)}${addresses(message.addresses, swap)}${(isUnseen ? 1 : 0) | (isClosed ? 2 : 0) | (isCarried ? 4 : 0)}${addresses(meant, swap)}${sessions(holders, swap)}${addresses(quoted, swap)}`;
}

function outgoingKey(outgoing: Outgoing | null, swap: Swap): string {
  if (outgoing === null) return "-";
  const { names, to, copy, seen, isRetried, isConfirmed, isProven } = outgoing;
  const flags = (isRetried ? 1 : 0) | (isConfirmed ? 2 : 0) | (isProven ? 4 : 0);
  return `${session(names, swap)}${address(to, swap)}${address(copy, swap)}${address(seen, swap)}${flags}`;
}

function sessionKey(facts: Session, swap: Swap): string {
  const flags =
    (facts.hasSpent ? 1 : 0) |
    (facts.isBlocked ? 2 : 0) |
    (facts.isWarned ? 4 : 0) |
    (facts.isComplete ? 8 : 0) |
    (facts.hasLine ? 16 : 0);
  const names = [facts.gave, facts.lastLevel, facts.nextLevel, facts.lastProven].map((name) => address(name, swap)).join("");
  const sets = [facts.level, facts.secrets, facts.unwarned, facts.proven, facts.nextProven]
    .map((set) => addresses(set, swap))
    .join("");
  return `s${conversation(facts.conversation, swap)}${facts.role}${flags}/${names}${sets}`;
}

function conversationKey(facts: Conversation, swap: Swap): string {
  const flags = (facts.hasSentUnseen ? 1 : 0) | (facts.isJoined ? 2 : 0);
  const sets = [facts.had, facts.mailed, facts.wrote, facts.bounced, facts.reachable, facts.touched, facts.answered];
  const messages = facts.messages
    .map((message) => remembered(messageIds, message, messageKey)[swap] ?? 0)
    .sort((one, other) => one - other);
  const waiting = `${outgoingKey(facts.queued, swap)}/${outgoingKey(facts.failed, swap)}`;
  return `c${facts.began}${address(facts.address, swap)}${sets.map((set) => addresses(set, swap)).join("")}${flags}${waiting}${conversation(facts.mergedInto, swap)}:${messages.join()}`;
}

/** The numbers of all parts, each in the place that it has under this swap. */
function numbersOf(world: World, swap: Swap, numbers: number[]): void {
  numbers[0] =
    addresses(world.blocked, swap) | (addresses(world.blockedRightly, swap) << 2) | (addresses(world.hadPlace, swap) << 4);
  SESSIONS.forEach((name: SessionName, index) => {
    const place = index < 2 && (swap & SESSIONS_SWAPPED) !== 0 ? 1 - index : index;
    numbers[1 + place] = remembered(sessionIds, world.sessions[name], sessionKey)[swap] ?? 0;
  });
  CONVERSATIONS.forEach((name, index) => {
    const facts = world.conversations[name];
    numbers[4 + placeOf(index, swap)] = facts === null ? 0 : (remembered(conversationIds, facts, conversationKey)[swap] ?? 0);
  });
}

const PARTS = 10;
/** 53 bits are what a number holds: with ten million worlds two share one by chance in one of two hundred searches. */
const LOW_BITS = 2 ** 21;

function hash(numbers: readonly number[]): number {
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  for (const number of numbers) {
    high = Math.imul(high ^ number, 0x01000193);
    high ^= high >>> 15;
    low = Math.imul(low ^ (number + 0x7f4a7c15), 0x85ebca6b);
    low ^= low >>> 13;
  }
  high = Math.imul(high ^ (high >>> 16), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 15), 0x27d4eb2f);
  return (high >>> 0) * LOW_BITS + ((low ^ (low >>> 16)) & (LOW_BITS - 1));
}

const scratch: number[] = Array.from({ length: PARTS }, () => 0);

/** The same for worlds that differ by names alone. */
export function canonicalOf(world: World): number {
  let least = Number.POSITIVE_INFINITY;
  for (const swap of SWAPS) {
    numbersOf(world, swap, scratch);
    least = Math.min(least, hash(scratch));
  }
  return least;
}

/** This world with its names as they are, for two worlds that are looked at together. */
export function keyOf(world: World): number {
  numbersOf(world, 0, scratch);
  return hash(scratch);
}
