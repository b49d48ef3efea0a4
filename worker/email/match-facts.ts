/** What is looked up about a mail before it is decided where it goes. Data only; the shell fills it in. */
import type { FormMail } from "./contact-form.ts";
import type { ParsedMail } from "./mail.ts";
import type { ReplyKind } from "./reply-address.ts";
import type { OriginalMessage } from "./verdict.ts";

/** A conversation that the mail points to, as it is after merging and aliases. */
export interface FoundConversation {
  conversationId: string;
  /**
   * What the author is to it: its contact, someone who was in To or Cc of its mail, or nobody. An agent who is
   * its contact counts as the contact: they write for themselves then.
   */
  relation: "contact" | "participant" | "stranger";
}

/** Somebody whose address is known: in the address book, or from a conversation in which a browser typed it. */
export interface KnownContact {
  /** Null where nobody has written from the address, or to it. */
  contactId: string | null;
  /** The usual place of their address, open or complete. */
  latest: { conversationId: string; subject: string | null } | null;
}

export interface FormFacts extends FormMail {
  /** The conversation of this person through this form, if there is one that is still theirs. */
  conversationId: string | null;
  /** Whether the person's address is a blocked contact's. */
  isBlocked: boolean;
  /** The agent whose address it is. */
  agentId: string | null;
  /** Mails of the form within `FORM_WINDOW_MS`, this one included. */
  recentMails: number;
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
    /** Whose address `From` names, if that is an agent who may answer: by itself a claim (`agent-authority.ts`). */
    agentId: string | null;
    isBlocked: boolean;
    /** Mails of this sender within `LOOP_WINDOW_MS`, this one included; through a form, of the person who fills it in. */
    recentMails: number;
    contact: KnownContact | null;
  };
  /** Of the envelope's recipient. One that is no token, or of no conversation, is `bad`. */
  token:
    | { kind: "none" }
    | { kind: "bad" }
    | { kind: "strong"; tokenKind: ReplyKind; conversation: FoundConversation; isForSender: boolean }
    /** The forwarding address of an agent, who may still answer. */
    | { kind: "agent-forward"; agentId: string };
  /**
   * By ids in In-Reply-To and References that are stored for this mailbox, newest first, and then by weak
   * tokens, which prove as little as an id does.
   */
  references: readonly FoundConversation[];
  /** Of a bounce, complaint or receipt, by the attached Message-ID or a token in it. */
  original: OriginalMessage | null;
  /** The author of a mail that was forwarded in, where `mail.forwardedFrom` is set. */
  forwardedContact: KnownContact | null;
  /** The agent who has said by a click that a mail which names an agent as its forwarder is theirs. */
  forwardAcceptedBy: string | null;
  /** Set where a contact form sent it (M7a). */
  form: FormFacts | null;
  isSpam: boolean;
  /** So many mails of unknown senders came at once that this one is kept aside, if it would begin a conversation (T21). */
  isBraked: boolean;
  settings: {
    canAgentsReplyByMail: boolean;
    /** Begin a new conversation where a known contact writes about something else. */
    isSplitBySubject: boolean;
  };
}
