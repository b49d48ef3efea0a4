/**
 * What the rules of the product must offer so that a history can be played on them and compared with the model: one adapter
 * is all that is missing. Every message carries one word that no other has; a view is the words that it shows.
 *
 * An adapter keeps its own tokens, codes and signed addresses; what it is told is who does what. It may answer at once or by
 * a promise. Time is the adapter's: see `mailUnseen`, `endLevel` and `leave`.
 */
import type { Token } from "../audience.ts";
import type { Address, SessionName } from "../world.ts";

/** An id of the adapter's. */
export type ConversationId = string;

export type Answer<T> = T | Promise<T>;

/** What a widget shows to whoever holds this token. */
export interface SessionView {
  /** The words of all messages that it is sent, catching up from the beginning. */
  words: readonly string[];
  isComplete: boolean;
}

/** How a mail is made, which must change nothing but what the model knows of it. */
export interface MailShape {
  /** Automatic mails say so in one of these ways; null is a person's. */
  automatic: "auto-submitted" | "precedence" | "out-of-office" | null;
  /** A `Reply-To` that names the other address: nobody is answered there. */
  hasForeignReplyTo: boolean;
  /** The other address in Cc. */
  hasCopy: boolean;
  /** Quotes everything that it was sent. */
  isQuoting: boolean;
}

export interface IncomingMail {
  from: Address;
  /** The conversation whose signed address it is sent to, else null: to the mailbox. */
  token: ConversationId | null;
  /** The conversation one of whose mails it names in `In-Reply-To`, else null. */
  reference: ConversationId | null;
  shape: MailShape;
  word: string;
}

export interface OutgoingMail {
  where: ConversationId;
  /** What stood beside the composer when its agent wrote. */
  seen: Address;
  copy: Address | null;
  word: string;
}

/** A mail that was handed to the transport. */
export interface LeftMail {
  /** To and Cc. */
  to: readonly Address[];
  /** All words in it, those of the transcript too. */
  words: readonly string[];
}

export interface ProofDriver {
  /** A browser begins a chat. A is the first, B the second; L only ever opens links. */
  begin(session: SessionName, word: string): Answer<ConversationId>;
  chat(session: SessionName, word: string): Answer<void>;
  /** The form that asks for an address. */
  type(session: SessionName, address: Address): Answer<void>;
  /** Everything that it was told is on screen; false where nobody is told of it. */
  seen(session: SessionName): Answer<boolean>;
  /** A code, or whatever secret, is mailed to this address for this session. */
  askCode(session: SessionName, address: Address): Answer<void>;
  /** A request with the token of `by` (null: with none) carries the secret that was mailed to `address` for `of`. */
  confirm(secret: { of: SessionName; address: Address; by: SessionName | null }): Answer<void>;
  /** The first use of the token that the last confirming request of this session answered with; nothing where there is none. */
  useToken(session: SessionName): Answer<void>;
  /** 90 days pass without this session. */
  endLevel(session: SessionName): Answer<void>;
  /** Null where the token is refused. */
  viewOf(session: SessionName, token: Token): Answer<SessionView | null>;

  /** @returns where it is shown to agents, or null where it was kept aside */
  receiveMail(mail: IncomingMail): Answer<ConversationId | null>;
  /** @returns the conversation of this form and this person, or null where it was kept aside */
  receiveForm(replyTo: Address, word: string): Answer<ConversationId | null>;
  /** Every mail to the address of this conversation comes back with a 5.x. */
  bounce(where: ConversationId): Answer<void>;

  /** An agent's chat reply to this beginner, or link browser; where the composer asks for a click, with it. */
  reply(session: SessionName, word: string): Answer<void>;
  /** An agent's reply by mail, which waits to be taken back; false where it is refused (`address_changed`). */
  replyByMail(mail: OutgoingMail): Answer<boolean>;
  /** The session has left, and the time for its unseen chat replies is over: they wait to be mailed, if they may be; else false. */
  mailUnseen(session: SessionName): Answer<boolean>;
  /** What waits to leave in this conversation does so now. @returns it, or null where it failed or nothing waits */
  leave(where: ConversationId): Answer<LeftMail | null>;
  /** What waits is taken back; false where it cannot be. */
  undo(where: ConversationId): Answer<boolean>;
  /** What was taken back or failed waits again, for the same people; false where it may not. */
  retry(where: ConversationId): Answer<boolean>;

  /** The conversation's address now. */
  addressOf(where: ConversationId): Answer<Address | null>;
  replaceAddress(where: ConversationId): Answer<void>;
  /** *This is somebody else.* @returns the conversation that the mails are in from now on; null where it is refused */
  part(where: ConversationId): Answer<ConversationId | null>;
  /** Moves every mail of this author. `to` is null for a conversation of its own. @returns where they are; null where it is refused */
  move(request: { from: ConversationId; to: ConversationId | null; author: Address }): Answer<ConversationId | null>;
  /** False where the dialog does not offer this direction. */
  merge(from: ConversationId, to: ConversationId): Answer<boolean>;
  block(where: ConversationId): Answer<void>;
  complete(where: ConversationId): Answer<void>;
  /** L opens the live link of our last mail in this conversation, and taps. */
  openLink(where: ConversationId): Answer<void>;
}
