/** What is looked up about a mail before it is decided where it goes. Data only; the shell fills it in. */
import type { MailAddress, ParsedMail } from "./mail.ts";

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

/** The message of ours that a bounce, complaint or receipt is about. */
export interface OriginalMessage {
  conversationId: string;
  seq: number;
  /** The address that it was sent to. */
  recipient: string;
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
  settings: {
    canAgentsReplyByMail: boolean;
    /** Begin a new conversation where a known contact writes about something else. */
    isSplitBySubject: boolean;
  };
}

/** Who the conversation of a mail belongs to. */
export type ContactRef = { kind: "known"; contactId: string } | { kind: "new"; address: MailAddress | null };

export type Target = { kind: "join"; conversationId: string; shouldReopen: boolean } | { kind: "begin"; contact: ContactRef };

/** What every message gets that is appended. */
export interface Appending {
  shouldNotify: boolean;
  /** Message-IDs that from now on lead to this conversation; in this order, the most useful first. */
  learnIds: string[];
  /** People who from now on count as participants. */
  participants: MailAddress[];
}

export type Decision =
  | { code: "rejected" }
  | { code: "duplicate" }
  | { code: "filtered:loop" }
  /** `suppress`: no more mail to that address. */
  | { code: "event"; event: "complaint" | "receipt"; original: OriginalMessage | null; suppress: string | null }
  /** `undeliverable`: the address that is to be marked so, for a hard bounce. */
  | { code: "bounce"; original: OriginalMessage; deliveryReason: string; undeliverable: string | null }
  | { code: "filtered:bounce" }
  | { code: "filtered:blocked" }
  | ({ code: "forwarded"; target: Target; author: MailAddress; forwardedBy: string; note: string | null } & Appending)
  | { code: "note"; conversationId: string; agentId: string; as: "note" | "reply"; isVerified: boolean; learnIds: string[] }
  /** `provesAddress`: the contact's address is proven from now on. */
  | ({ code: "token"; target: Target; provesAddress: boolean } & Appending)
  | ({ code: "token:new-person"; target: Target } & Appending)
  | ({ code: "reference"; target: Target } & Appending)
  | ({ code: "linked"; target: Target; linkedTo: string } & Appending)
  | { code: "filtered:auto-reply" }
  | { code: "quarantined"; cause: "authentication" | "spam" }
  | ({ code: "contact"; target: Target } & Appending)
  | ({ code: "new"; target: Target } & Appending);

export type Verdict = Decision & {
  /** The row of the decision table, `M1` to `M17`. */
  row: string;
  /** A sentence for the ledger. */
  reason: string;
  /** A label for what is appended. */
  campaign: string | null;
  /** The mail carries the Message-ID of another mail. */
  isIdReused: boolean;
};
