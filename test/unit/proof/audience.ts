/** Whom a message is for, and what a session is sent and told. Pure. */
import {
  has,
  only,
  sessionsIn,
  type Addresses,
  type ConversationName,
  type Message,
  type SessionName,
  type World,
} from "./world.ts";
import type { Kept } from "./rules.ts";

/** The one in use, or one from before it: whoever has a copy of it may try. */
export type Token = "current" | "spent";

/** What a widget shows. */
export interface View {
  readonly messages: readonly Message[];
  readonly isComplete: boolean;
  /** The address in *this conversation goes on by email with …*; null without the line. */
  readonly line: string | null;
}

/** The addresses that count as confirmed for who shows this token: one at most, where the rules hold. */
export function levelOf(world: World, name: SessionName, kept: Kept): Addresses {
  const session = world.sessions[name];
  let level = session.level;
  if (!kept.levelCountsFromFirstUse) level |= only(session.nextLevel);
  if (!kept.levelIsTheSessions && session.conversation !== null)
    for (const other of sessionsIn(world, session.conversation)) level |= world.sessions[other].level;
  return level;
}

/** Who of this conversation is sent a message, besides those for whose address it is. */
export function isSentTo(world: World, name: SessionName, message: Message, kept: Kept): boolean {
  if (has(message.sessions, name)) return true;
  if (message.addresses === 0) return false;
  return (levelOf(world, name, kept) & addressesOf(world, name, message, kept)) !== 0;
}

function addressesOf(world: World, name: SessionName, message: Message, kept: Kept): Addresses {
  const { conversation } = world.sessions[name];
  if (kept.audienceIsNamed || conversation === null) return message.addresses;
  return only(world.conversations[conversation]?.address ?? null);
}

/** What whoever shows this token is sent and told, or null where it is refused. */
export function viewOf(world: World, name: SessionName, token: Token, kept: Kept): View | null {
  const session = world.sessions[name];
  if (session.conversation === null || (session.isBlocked && kept.blockedIsRefused)) return null;
  if (token === "spent" && (kept.oldTokenEnds || !session.hasSpent)) return null;
  if (token === "current" && !kept.oldTokenLastsUntilUse && session.nextLevel !== null) return null;
  const messages = world.conversations[session.conversation]?.messages ?? [];
  return {
    messages: messages.filter((message) => isSentTo(world, name, message, kept)),
    isComplete: session.isComplete,
    line: lineOf(world, name, kept),
  };
}

function lineOf(world: World, name: SessionName, kept: Kept): string | null {
  const { conversation, role, gave, level, hasLine } = world.sessions[name];
  const facts = conversation === null ? null : world.conversations[conversation];
  if (facts === null) return null;
  // As it would be where the line spoke of the conversation: from the first reply that left, with the address of then.
  const isLiteral = !kept.lineNamesWhatWasGiven;
  const isShown = isLiteral ? role === "beginner" && facts.messages.some(({ kind }) => kind === "reply") : hasLine;
  const address = isLiteral ? facts.address : gave;
  if (!isShown || (address !== null && has(level, address))) return null;
  return address ?? "email";
}

/** A chat message of this session, by itself (`chat`) or by an agent (`told`): for it, and for what it is confirmed for now. */
export function audienceOfChat(world: World, name: SessionName, kept: Kept): Pick<Message, "sessions" | "addresses" | "meant"> {
  const session = world.sessions[name];
  const level = levelOf(world, name, kept) | (kept.chatIsForWhatIsConfirmed ? 0 : only(session.gave));
  const isNamed = level === 0 || kept.confirmedChatNamesItsSession;
  return { sessions: isNamed ? only(name) : 0, addresses: level, meant: session.proven };
}

/** Where nobody began a chat, what agents write there is also for the address of its mails. */
export function addressOfLink(world: World, name: SessionName): Addresses {
  const { role, gave, conversation } = world.sessions[name];
  const began = conversation === null ? null : world.conversations[conversation]?.began;
  return role === "link" && began !== "chat" ? only(gave) : 0;
}

/** Everyone who stands in a conversation, as it would be were nothing for anybody by name. */
export function everyoneIn(world: World, where: ConversationName): number {
  return sessionsIn(world, where).reduce((set, name) => set | only(name), 0);
}
