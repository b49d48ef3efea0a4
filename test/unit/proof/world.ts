/**
 * What the model of proof knows: three sessions, two addresses, six conversations, and of each only what a rule asks for.
 * Messages are a set: a second one with the same writer and the same readers teaches nothing new.
 */

/** A and B began a chat each; L is a browser that opened the live link of a mail. */
export const SESSIONS = ["A", "B", "L"] as const;
export const ADDRESSES = ["vera@", "eve@"] as const;
export const CONVERSATIONS = ["chat 1", "chat 2", "mails of vera@", "mails of eve@", "form of vera@", "form of eve@"] as const;

export type SessionName = (typeof SESSIONS)[number];
export type Address = (typeof ADDRESSES)[number];
export type ConversationName = (typeof CONVERSATIONS)[number];

/** Sets, one bit for each name: see `only` and `has`. */
export type Sessions = number;
export type Addresses = number;

const BIT: Record<SessionName | Address, number> = { A: 1, B: 2, L: 4, "vera@": 1, "eve@": 2 };

/** The set of this one name, or the empty set. */
export function only(name: SessionName | Address | null): number {
  return name === null ? 0 : BIT[name];
}

export function has(set: number, name: SessionName | Address): boolean {
  return (set & BIT[name]) !== 0;
}

export function isWithin(set: number, other: number): boolean {
  return (set & ~other) === 0;
}

export function otherOf(address: Address): Address {
  return address === "vera@" ? "eve@" : "vera@";
}

interface MessageFields {
  /** `chat` a session wrote, `told` an agent wrote to a session, `mail` came in, `reply` went out by mail, `form` a form sent. */
  readonly kind: "chat" | "told" | "mail" | "reply" | "form";
  /** Of chat: whose it is, written by them or told to them. */
  readonly session: SessionName | null;
  /** Who mailed it. */
  readonly from: Address | null;
  /** Whom a reply by mail went to. */
  readonly to: Addresses;
  /** Whom it is for, by name; with nobody in either set it is for agents. */
  readonly sessions: Sessions;
  readonly addresses: Addresses;
  /** Tells it from others with the same writer and readers, where a history is compared message by message; else empty. */
  readonly word: string;
  /** A chat reply that its session has not had on screen, and no mail has carried. */
  readonly isUnseen: boolean;
  /** Of one that is unseen: a mail that waits to leave carries it. */
  readonly isCarried: boolean;
  /** Truth, which no rule reads: the addresses that it may be for, and who holds the link of the mail that it is. */
  readonly meant: Addresses;
  readonly holders: Sessions;
  /** Its session has been confirmed for another address since it was for this one, or for none. */
  readonly isClosed: boolean;
  /** Truth: the addresses whose mails an agent has quoted in it to a session that nobody had warned of. */
  readonly quoted: Addresses;
}

/** Interned: the same fields are the same object. */
export interface Message extends MessageFields {
  readonly id: number;
}

const messages = new Map<string, Message>();

const PLAIN: Omit<MessageFields, "kind"> = {
  session: null,
  from: null,
  to: 0,
  sessions: 0,
  addresses: 0,
  word: "",
  isUnseen: false,
  isCarried: false,
  meant: 0,
  holders: 0,
  isClosed: false,
  quoted: 0,
};

export function createMessage(fields: Partial<MessageFields> & Pick<MessageFields, "kind">): Message {
  const all = { ...PLAIN, ...fields };
  const key = `${all.kind} ${all.session} ${all.from} ${all.to} ${all.sessions} ${all.addresses} ${all.word} ${all.isUnseen} ${all.isCarried} ${all.meant} ${all.holders} ${all.isClosed} ${all.quoted}`;
  const known = messages.get(key);
  if (known !== undefined) return known;
  const message = { ...all, id: messages.size };
  messages.set(key, message);
  return message;
}

/** The same message, changed in some of its fields. */
export function changed(message: Message, fields: Partial<MessageFields>): Message {
  const { id: _id, ...before } = message;
  return createMessage({ ...before, ...fields });
}

/** A mail of ours that waits to leave, or failed. */
export interface Outgoing {
  /** An agent's reply, or chat replies that this session has not seen. */
  readonly names: SessionName | null;
  readonly to: Address;
  readonly copy: Address | null;
  /** Truth: the address that its agent saw. */
  readonly seen: Address | null;
  readonly isRetried: boolean;
  /** Of unseen replies: their session was confirmed for the address when they were put into a mail. */
  readonly isConfirmed: boolean;
  /** Truth: and had shown that it is theirs. */
  readonly isProven: boolean;
  readonly word: string;
}

export interface Conversation {
  readonly began: "chat" | "mail" | "form";
  readonly address: Address | null;
  /** Every address that it has had. */
  readonly had: Addresses;
  readonly mailed: Addresses;
  readonly wrote: Addresses;
  readonly bounced: Addresses;
  /** Addresses that answered with our token, not automatically. */
  readonly reachable: Addresses;
  readonly hasSentUnseen: boolean;
  readonly queued: Outgoing | null;
  readonly failed: Outgoing | null;
  /** Another one was merged into it. */
  readonly isJoined: boolean;
  readonly mergedInto: ConversationName | null;
  readonly messages: readonly Message[];
  /** Truth: who has mailed us or was mailed here, and who has answered as a person. */
  readonly touched: Addresses;
  readonly answered: Addresses;
}

export interface Session {
  readonly conversation: ConversationName | null;
  readonly role: "beginner" | "merged" | "link";
  /** The address that it typed last; of a link, where its mail went. */
  readonly gave: Address | null;
  /** What the token in use is confirmed for: one address at most, where the rules hold. */
  readonly level: Addresses;
  readonly lastLevel: Address | null;
  /** What a token is confirmed for that has been made and not yet used. */
  readonly nextLevel: Address | null;
  /** Whether an older token of it exists. */
  readonly hasSpent: boolean;
  /** Addresses that were sent a code or a confirming link for this session. */
  readonly secrets: Addresses;
  readonly isBlocked: boolean;
  /** Mails by these have come in since the agent was last warned of this session. */
  readonly unwarned: Addresses;
  readonly isWarned: boolean;
  /** What it was last told of the status. */
  readonly isComplete: boolean;
  /** Its widget has the line that says that this goes on by email. */
  readonly hasLine: boolean;
  /** Truth: the address that the token in use, and the next one, were made for by a request with token and secret. */
  readonly proven: Addresses;
  readonly nextProven: Addresses;
  readonly lastProven: Address | null;
}

export interface World {
  readonly sessions: Readonly<Record<SessionName, Session>>;
  readonly conversations: Readonly<Record<ConversationName, Conversation | null>>;
  /** Addresses whose mails are kept aside. */
  readonly blocked: Addresses;
  /** Truth: those that an agent could have meant, and those whose mails have had a conversation of their own. */
  readonly blockedRightly: Addresses;
  readonly hadPlace: Addresses;
}

const NO_SESSION: Session = {
  conversation: null,
  role: "beginner",
  gave: null,
  level: 0,
  lastLevel: null,
  nextLevel: null,
  hasSpent: false,
  secrets: 0,
  isBlocked: false,
  unwarned: 0,
  isWarned: false,
  isComplete: false,
  hasLine: false,
  proven: 0,
  nextProven: 0,
  lastProven: null,
};

export function newConversation(began: Conversation["began"], address: Address | null): Conversation {
  return {
    began,
    address,
    had: only(address),
    mailed: 0,
    wrote: 0,
    bounced: 0,
    reachable: 0,
    hasSentUnseen: false,
    queued: null,
    failed: null,
    isJoined: false,
    mergedInto: null,
    messages: [],
    touched: 0,
    answered: 0,
  };
}

/** A and B have written one message each. */
export const START: World = {
  sessions: { A: { ...NO_SESSION, conversation: "chat 1" }, B: { ...NO_SESSION, conversation: "chat 2" }, L: NO_SESSION },
  conversations: {
    "chat 1": {
      ...newConversation("chat", null),
      messages: [createMessage({ kind: "chat", session: "A", sessions: only("A") })],
    },
    "chat 2": {
      ...newConversation("chat", null),
      messages: [createMessage({ kind: "chat", session: "B", sessions: only("B") })],
    },
    "mails of vera@": null,
    "mails of eve@": null,
    "form of vera@": null,
    "form of eve@": null,
  },
  blocked: 0,
  blockedRightly: 0,
  hadPlace: 0,
};

export function withSession(world: World, name: SessionName, fields: Partial<Session>): World {
  return { ...world, sessions: { ...world.sessions, [name]: { ...world.sessions[name], ...fields } } };
}

/** @throws Error where it has not begun: the caller has looked */
export function withConversation(world: World, name: ConversationName, fields: Partial<Conversation>): World {
  const before = world.conversations[name];
  if (before === null) throw new Error(`${name} has not begun`);
  return { ...world, conversations: { ...world.conversations, [name]: { ...before, ...fields } } };
}

/** Where what was here is now: a conversation that was merged away leaves an alias. */
export function aliasOf(world: World, name: ConversationName): ConversationName {
  const into = world.conversations[name]?.mergedInto ?? null;
  return into === null ? name : aliasOf(world, into);
}

/** Whether it has begun and was not merged away. */
export function isAlive(world: World, name: ConversationName): boolean {
  return world.conversations[name]?.mergedInto === null;
}

export function sessionsIn(world: World, name: ConversationName): SessionName[] {
  return SESSIONS.filter((session) => world.sessions[session].conversation === name);
}

/** The session that began this conversation, wherever it may have been merged to. */
export function beginnerOf(world: World, name: ConversationName): SessionName | null {
  return (
    SESSIONS.find((session) => world.sessions[session].conversation === name && world.sessions[session].role === "beginner") ??
    null
  );
}

export function mailsOf(address: Address): ConversationName {
  return address === "vera@" ? "mails of vera@" : "mails of eve@";
}

export function formOf(address: Address): ConversationName {
  return address === "vera@" ? "form of vera@" : "form of eve@";
}

/** Whose mails came in here. */
export function mailsIn(world: World, where: ConversationName): Addresses {
  return (world.conversations[where]?.messages ?? []).reduce((set, { from }) => set | only(from), 0);
}
