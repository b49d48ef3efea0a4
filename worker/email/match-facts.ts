/** What is looked up about a mail before it is decided where it goes. Data only; the shell fills it in. */
import type { ParsedMail } from "./mail.ts";
import type { OriginalMessage } from "./verdict.ts";

/** A conversation that the mail points to, as it is after merging and aliases. */
export interface FoundConversation {
  conversationId: string;
  /**
   * What the author is to it: its contact, someone who was in To or Cc of its mail, or nobody. An agent who is
   * its contact counts as the contact: they write for themselves then.
   */
  relation: "contact" | "participant" | "stranger";
  /**
   * False while its contact's address was only typed by a visitor. True once a mail with its token came back,
   * and for conversations that began by mail, which no visitor can read.
   */
  isAddressProven: boolean;
}

export interface KnownContact {
  contactId: string;
  /** Their latest conversation in this mailbox's deployment, open or complete. */
  latest: { conversationId: string; isAddressProven: boolean; subject: string | null } | null;
}

export interface MatchFacts {
  mail: Pick<
    ParsedMail,
    | "from"
    | "to"
    | "cc"
    | "subject"
    | "messageId"
    | "inReplyTo"
    | "references"
    | "class"
    | "forwardedFrom"
    | "forwardNote"
    | "bounce"
    | "report"
    | "loopMarker"
    | "authentication"
  >;
  /** By the envelope's recipient; null where that is no address of ours. */
  mailbox: {
    address: string;
    /** From a sub-address, or of a mailbox that is marked as a campaign's (S13). */
    campaign: string | null;
  } | null;
  /** By mailbox and Message-ID. */
  duplicate: "none" | "same" | "same-id-other-content";
  /** The marker that this deployment's own mails carry. */
  ownLoopMarker: string;
  /** Lower-cased addresses of all mailboxes, without sub-addresses. */
  ownAddresses: readonly string[];
  sender: {
    /** Set where the author's address is that of an agent. */
    agentId: string | null;
    isBlocked: boolean;
    /** Mails of this sender within `LOOP_WINDOW_MS`, this one included. */
    recentMails: number;
    contact: KnownContact | null;
  };
  /** Of the envelope's recipient. One that is no token, or of no conversation, is `bad`. */
  token: { kind: "none" } | { kind: "bad" } | { kind: "strong"; conversation: FoundConversation; isForSender: boolean };
  /**
   * By ids in In-Reply-To and References that are stored for this mailbox, newest first, and then by weak
   * tokens, which prove as little as an id does.
   */
  references: readonly FoundConversation[];
  /** Of a bounce, complaint or receipt, by the attached Message-ID or a token in it. */
  original: OriginalMessage | null;
  /** The author of a mail that was forwarded in, where `mail.forwardedFrom` is set. */
  forwardedContact: KnownContact | null;
  isSpam: boolean;
  /** So many mails of unknown senders came at once that this one is kept aside, if it would begin a conversation (T21). */
  isBraked: boolean;
  settings: {
    canAgentsReplyByMail: boolean;
    /** Begin a new conversation where a known contact writes about something else. */
    isSplitBySubject: boolean;
  };
}
