/** What the rules of the product do otherwise than the model of proof; each shows, sends or keeps less. */
import { beginMails } from "../mails.ts";
import { apply, type Action } from "../model.ts";
import { ALL_KEPT } from "../rules.ts";
import { uniqueOf } from "../sessions.ts";
import { store } from "../store.ts";
import {
  beginnerOf,
  changed,
  CONVERSATIONS,
  createMessage,
  has,
  mailsOf,
  only,
  SESSIONS,
  withConversation,
  withSession,
  type Address,
  type ConversationName,
  type SessionName,
  type World,
} from "../world.ts";
import type { Followed, Habits } from "./habits.ts";

export const RULES_HABITS: Habits = {
  mayRefuse,
  // Ids of our mails are seen by many: a stranger's mail may have them.
  isTried: (world, action) => isByReference(action) && isMailed(world, action) && !has(world.blocked, action.mail.from),
  // Without our token a stranger to the thread, as whose address was replaced since, begins a conversation of their own.
  mayStray: (world, action) => isByReference(action) && isStrangers(world, action),
  // Where they have one already, that is a second one, which the model has no name for.
  isLeftOut: (world, action) =>
    isByReference(action) && isStrangers(world, action) && world.conversations[mailsOf(action.mail.from)] !== null,
  // A person who is blocked in the address book is sent away from every chat in which somebody typed their address.
  mayRefuseSession: (world, name) => {
    const { gave, conversation } = world.sessions[name];
    const had = conversation === null ? 0 : (world.conversations[conversation]?.had ?? 0);
    return ((had | only(gave)) & world.blocked) !== 0;
  },
  take: (world, action) => (action.do === "mail" && apply(world, action, ALL_KEPT) === null ? withMail(world, action) : null),
  follow: followed,
};

function mayRefuse(world: World, action: Action): boolean {
  switch (action.do) {
    case "see":
    case "mail-unseen":
    case "take-back":
    case "try-again":
      return true;
    // What somebody fills in who names a blocked person is kept aside, like that person's mails.
    case "form":
      return has(world.blocked, action.replyTo);
    // Who has once shown that the address is theirs is not somebody else when that has lapsed.
    case "part":
      return wasConfirmed(world, action.where);
    default:
      return false;
  }
}

function wasConfirmed(world: World, where: ConversationName): boolean {
  const session = beginnerOf(world, where);
  return session !== null && world.sessions[session].lastLevel === (world.conversations[where]?.address ?? null);
}

type Mail = Extract<Action, { do: "mail" }>;
type Referring = Mail & { mail: { pointer: { by: "reference" } } };

function isByReference(action: Action): action is Referring {
  return action.do === "mail" && action.mail.pointer.by === "reference";
}

function isMailed(world: World, { mail }: Referring): boolean {
  return (world.conversations[mail.pointer.of]?.mailed ?? 0) !== 0;
}

function isStrangers(world: World, { mail }: Referring): boolean {
  return world.conversations[mail.pointer.of]?.address !== mail.from;
}

/** Where a mail goes: never where more is shown of it than at the model's place. */
function withMail(world: World, action: Mail): World | null {
  const { from, pointer } = action.mail;
  if (has(world.blocked, from) || pointer.by === "token") return null;
  // Somebody who was in copy of a mail there belongs to it, whoever wrote that mail: theirs is for agents alone.
  if (isByReference(action)) return isMailed(world, action) ? withHeard(world, action.mail.pointer.of, from) : null;
  const into = pointer.by === "nothing" ? pointer.into : mailsOf(from);
  // An address that another chat has had, and not only has, is at home in neither: its mails get a conversation of their own.
  if (into === mailsOf(from)) return apply(beginMails(world, into), action, ALL_KEPT)?.world ?? null;
  // The chat of the browser that is confirmed for it is, too, where its replies go to another address: for agents alone.
  const facts = world.conversations[into];
  const session = beginnerOf(world, into);
  if (facts === null || session === null || facts.address === from) return null;
  const { level, lastLevel } = world.sessions[session];
  if (!has(level, from) && !(level === 0 && lastLevel === from)) return null;
  return withHeard(world, into, from);
}

function withHeard(world: World, into: ConversationName, from: Address): World {
  const facts = world.conversations[into];
  if (facts === null) return world;
  const heard = withConversation(world, into, { wrote: facts.wrote | only(from), touched: facts.touched | only(from) });
  return store(heard, into, createMessage({ kind: "mail", from }), ALL_KEPT);
}

function followed({ before, world, action, bornIn }: Followed): World {
  switch (action.do) {
    // What was only claimed was had: somebody else who has it is not robbed of it where their mails come back.
    case "give-address":
      return withHad(world, action.session, action.address);
    // Who answers has seen what they answer.
    case "write":
      return withoutUnseen(apply(world, { do: "see", session: action.session }, ALL_KEPT)?.world ?? world, action.session);
    // A mail of replies that were seen is taken back.
    case "see":
      return withoutUnseen(world, action.session);
    // Only a person on the other side reopens.
    case "answer-by-chat":
    case "leave":
      return withStatusOf(before, world);
    case "mail":
      return action.mail.isAutomatic ? withStatusOf(before, world) : world;
    // What the visitor has said meanwhile replaces an address from which every mail came back, without their saying it again.
    case "bounce":
      return withClaim(world, action.where);
    case "move":
      return withStatusOf(before, withMoved(world, action.move, bornIn));
    case "part":
      return withoutAddress(withStatusOf(before, withParted(before, world, { where: action.where, bornIn })), action.where);
    default:
      return world;
  }
}

function withoutUnseen(world: World, name: SessionName): World {
  const where = CONVERSATIONS.find((known) => {
    const queued = world.conversations[known]?.queued ?? null;
    return queued?.names === name && !queued.isRetried;
  });
  return where === undefined ? world : withConversation(world, where, { queued: null });
}

function withStatusOf(before: World, world: World): World {
  return SESSIONS.reduce((next, name) => withSession(next, name, { isComplete: before.sessions[name].isComplete }), world);
}

/** An agent's hand has no say in whose a mail is: where it did not come in it is for agents; moved back there, it is what it was. */
function withMoved(world: World, { to, author }: { to: ConversationName; author: Address }, bornIn: Followed["bornIn"]): World {
  const facts = world.conversations[to];
  if (facts === null) return world;
  const messages = facts.messages.map((message) => {
    if (message.kind !== "mail" || message.from !== author) return message;
    return changed(message, { addresses: bornIn(message.word) === to ? message.meant : 0 });
  });
  return withConversation(world, to, { messages: uniqueOf(messages) });
}

function withParted(
  before: World,
  world: World,
  { where, bornIn }: { where: ConversationName; bornIn: Followed["bornIn"] },
): World {
  const author = before.conversations[where]?.address ?? null;
  return author === null ? world : withMoved(world, { to: mailsOf(author), author }, bornIn);
}

/** Whose mails were somebody else's is answered nowhere in the chat: they may say again who they are. */
function withoutAddress(world: World, where: ConversationName): World {
  const session = beginnerOf(world, where);
  const without = withConversation(world, where, { address: null });
  return session === null ? without : withSession(without, session, { gave: null });
}

function withHad(world: World, session: SessionName, address: Address): World {
  const { conversation } = world.sessions[session];
  const facts = conversation === null ? null : world.conversations[conversation];
  if (conversation === null || facts === null) return world;
  return withConversation(world, conversation, { had: facts.had | only(address) });
}

function withClaim(world: World, where: ConversationName): World {
  const session = beginnerOf(world, where);
  const address = session === null ? null : world.sessions[session].gave;
  if (session === null || address === null) return world;
  return apply(world, { do: "give-address", session, address }, ALL_KEPT)?.world ?? world;
}
