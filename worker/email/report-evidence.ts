/**
 * Whose copy of a mail a bounce, complaint or receipt is about, and whether it is to be believed. Pure.
 *
 * Anyone can write such a mail. What shows that it comes from where our mail went is something that was in that very mail:
 * its Message-ID, as long as nobody else can know it, or the signed address that was made for that recipient. Whoever holds
 * another address of the conversation (a visitor has one from the mail with their code) shows nothing about anybody else.
 */
import type { MailedMessage } from "../../durable-objects/conversation/mailed.ts";
import type { OriginalMessage } from "./verdict.ts";

export interface ReportEvidence {
  mail: MailedMessage;
  /** Whose address the report names; null where it names none. It may be one that its owner forwards to. */
  reported: string | null;
  /** The Message-ID of that mail, where the report names it. */
  messageId: string | null;
  /** Those of the mail's recipients for whom a signed address of this conversation was made that the report carries. */
  signedFor: readonly string[];
}

/** Null where nothing says that the report is about this mail. */
export function judgeReport(evidence: ReportEvidence): Omit<OriginalMessage, "conversationId"> | null {
  const { mail, messageId, signedFor } = evidence;
  if (mail.recipients.length === 0 || (messageId === null && signedFor.length === 0)) return null;
  const recipient = whoseCopy(evidence);
  const isProven = (messageId !== null && isSecret(messageId, mail)) || (recipient !== null && signedFor.includes(recipient));
  return { seq: mail.seq, recipient, isProven };
}

function whoseCopy({ mail: { recipients }, reported }: ReportEvidence): string | null {
  if (reported !== null && recipients.includes(reported)) return reported;
  return recipients.length === 1 ? (recipients[0] ?? null) : null;
}

/** Earlier versions called a mail by its message's id, which widgets know; in a thread of several its readers may have it. */
function isSecret(messageId: string, { id, hasOtherReaders }: MailedMessage): boolean {
  return !hasOtherReaders && !messageId.startsWith(`${id}@`);
}

/** What such a report says, marked as its word alone (T20). @param reason plain words */
export function asClaim(reason: string): string {
  return `An unverified report says: ${reason}`;
}
