/** What the gateway answers, and what becomes of one mail for several mailboxes. */
import type { DeliveryAnswer } from "./worker-intake.ts";

/** An SMTP reply that is no success; smtp-server reads `responseCode`. */
export class SmtpReply extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

export const UNKNOWN_RECIPIENT = () => new SmtpReply(550, "No such mailbox here");
export const TOO_LARGE = () => new SmtpReply(552, "The message is too large");
export const EMPTY = () => new SmtpReply(554, "There is no message");
export const TRY_AGAIN = () => new SmtpReply(451, "Temporary trouble, please try again later");
export const TOO_MANY_RECIPIENTS = () => new SmtpReply(452, "Too many recipients, send the rest separately");
export const TOO_FAST = () => new SmtpReply(450, "Too many mails from you in a minute, please try again later");
export const TOO_MANY_UNKNOWN = () => new SmtpReply(421, "Too many unknown recipients");
export const TOO_SLOW = () => new SmtpReply(421, "The message took too long");

export type MailOutcome = { kind: "accepted"; ledgerIds: string[] } | { kind: "refused"; reply: SmtpReply };

/**
 * One answer for all mailboxes of a mail. Success is claimed only when every one has it: after a temporary failure the
 * sending server repeats the mail, and those that had it already recognise the duplicate.
 */
export function combineDeliveries(answers: DeliveryAnswer[]): MailOutcome {
  const ledgerIds = answers.flatMap((answer) => (answer.kind === "stored" ? [answer.ledgerId] : []));
  if (answers.length > 0 && ledgerIds.length === answers.length) return { kind: "accepted", ledgerIds };
  if (answers.some((answer) => answer.kind === "too-large")) return { kind: "refused", reply: TOO_LARGE() };
  if (answers.some((answer) => answer.kind === "empty")) return { kind: "refused", reply: EMPTY() };
  if (answers.length > 0 && answers.every((answer) => answer.kind === "unknown-recipient")) {
    return { kind: "refused", reply: UNKNOWN_RECIPIENT() };
  }
  return { kind: "refused", reply: TRY_AGAIN() };
}
