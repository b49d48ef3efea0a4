/** What Hilo understands of a mail: the shapes that parsing makes, matching reads and composing takes. */
import type { Invitation, LeftOut } from "../../durable-objects/conversation/protocol.ts";
import type { MailProtection } from "./protection.ts";

export interface MailAddress {
  /** Valid by our own syntax, in the one spelling that it is known by. */
  address: string;
  /** Without control and bidirectional characters; null where there is none. */
  name: string | null;
}

export const MAIL_CLASSES = ["person", "auto-reply", "bounce", "complaint", "receipt", "list"] as const;
export type MailClass = (typeof MAIL_CLASSES)[number];

/** What a mail may be answered by itself. */
export const AUTO_ANSWERS = ["receipt", "out-of-hours"] as const;
export type AutoAnswer = (typeof AUTO_ANSWERS)[number];

export interface MailAttachment {
  name: string;
  /** Lower-case media type as declared. */
  type: string;
  /** Of a stored file only its beginning. */
  content: Uint8Array;
  /** A file too large for memory is in R2 already; without a key it is in the raw mail alone. */
  stored?: { key: string | null; /** Bytes. */ size: number };
  isInline: boolean;
  /** Without brackets. */
  contentId: string | null;
}

/** Bytes of the whole file. */
export function attachmentSize({ content, stored }: MailAttachment): number {
  return stored?.size ?? content.byteLength;
}

export interface Bounce {
  recipient: string | null;
  /** Enhanced status such as `5.1.1`; null where none was found. */
  status: string | null;
  isHard: boolean;
  /** What the other server said, one line. */
  diagnostic: string | null;
  /** Message-ID of the mail that bounced, without brackets. */
  originalMessageId: string | null;
  /** Addresses that the bounced mail was to be answered to (its `Reply-To`), which may carry our token. */
  originalReplyTo: string[];
}

/** What a complaint or a read receipt is about. */
export type Report = Pick<Bounce, "recipient" | "originalMessageId" | "originalReplyTo"> & {
  /** A receipt says so: the mail was on a screen, not only deleted. */
  isOpened: boolean;
};

export interface ForwardedFrom {
  address: string;
  name: string | null;
  subject: string | null;
}

/** A mail after parsing: pure data, no decision made yet. */
export interface ParsedMail {
  from: MailAddress | null;
  sender: MailAddress | null;
  to: MailAddress[];
  cc: MailAddress[];
  replyTo: MailAddress[];
  subject: string;
  /** Without brackets; `gen-<sha256>` where the mail has none. */
  messageId: string;
  /** Without brackets, newest last, no repeats. */
  inReplyTo: string[];
  references: string[];
  /** Epoch ms as the mail says; null where unreadable. Never used for order. */
  date: number | null;
  class: MailClass;
  /** What an agent sees as the reply; everything where nothing else would be left. */
  text: string;
  /** What was folded away below it (quotes, signature, old thread); empty where nothing was. */
  quoted: string;
  /** The reply part as HTML, not yet sanitised; null for plain mails. */
  html: string | null;
  /** The whole HTML body, not yet sanitised; null for plain mails. */
  fullHtml: string | null;
  forwardedFrom: ForwardedFrom | null;
  /** Text above the forward divider, when there is one. */
  forwardNote: string;
  /** The forwarded mail itself, without its headers; empty where there is none. */
  forwardedText: string;
  attachments: MailAttachment[];
  bounce: Bounce | null;
  /** Of a complaint or a receipt. */
  report: Report | null;
  /** `Auto-Submitted` as written, lower-case, without parameters; null without one. */
  autoSubmitted: string | null;
  /** Automatic answers that it asks not to be given (`X-Auto-Response-Suppress`). */
  unwantedAnswers?: readonly AutoAnswer[];
  /** Whether the mail carries `X-Hilo-Loop` (our own marker), with its value. */
  loopMarker: string | null;
  /** Addresses seen in `Reply-To` or quoted bodies that could carry a token (weak evidence). */
  mentionedAddresses: string[];
  /** From the first `Authentication-Results` of the trusted authserv-id only. */
  authentication: {
    dmarc: "pass" | "fail" | "none";
    spf: "pass" | "fail" | "none";
    dkim: "pass" | "fail" | "none";
    /** The domain of `From` for which it says `dmarc=pass`, where nothing about that is in doubt. */
    passDomain?: string;
  };
  /** The trusted server has said that this is spam. */
  isMarkedSpam?: boolean;
  /** `List-Id`, without brackets. */
  listId: string | null;
  /** The event of a calendar file. */
  invitation?: Invitation | null;
  /** What was not read, because it is beyond a limit; the raw mail has it. */
  leftOut?: LeftOut[];
  /** Whether it is signed or encrypted; neither is checked or opened. */
  protection?: MailProtection | null;
}
