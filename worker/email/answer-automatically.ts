/** Sends the automatic answer to a mail that has just been applied, if it gets one. Safe to repeat. */
import { countAutoAnswers, saveAutoAnswer } from "../db/auto-answers.ts";
import { isOpen } from "../domain/hours.ts";
import { hasMailLimits, type Env } from "../env.ts";
import { takesOfReceipt } from "../limits.ts";
import { conversationStub } from "../objects.ts";
import { tellOfTotal } from "../tell-owner.ts";
import { takeTotals } from "../totals.ts";
import type { Applied } from "./apply.ts";
import { chooseAutoAnswer } from "./auto-answer.ts";
import { MAIL_TEXTS } from "./compose-texts.ts";
import type { ApplyInput } from "./mail-content.ts";

export interface AnswerInput extends ApplyInput {
  applied: Applied;
}

export async function answerAutomatically(input: AnswerInput): Promise<void> {
  const { env, db, settings, mailboxes, row, mail, verdict, applied } = input;
  const { conversationId, seq } = applied;
  if (conversationId === null || seq === null || mail.from === null) return;
  const mailbox = mailboxes.find(({ id }) => id === row.mailboxId);
  if (mailbox === undefined || (!mailbox.hasReceipt && !mailbox.hasOutOfHours)) return;
  const kind = chooseAutoAnswer({
    mail,
    verdict,
    envelopeFrom: row.envelopeFrom,
    isFirst: seq === 1,
    isOpen: isOpen(settings.hours, row.receivedAt),
    isLetIn: row.acceptedBy !== null,
    answersToday: await countAutoAnswers(db, mail.from.address, row.receivedAt),
    ownAddresses: mailboxes.map(({ address }) => address),
    mailbox,
  });
  if (kind === null) return;
  const stub = conversationStub(env, conversationId);
  const facts = await stub.mailFacts();
  // It goes to the contact, who is not answered for what somebody else in the thread has written (T14).
  if (facts === null || facts.email !== mail.from.address) return;
  // Nor is an address that somebody typed in a chat or a form, and has not shown to be theirs (T1).
  if (facts.form !== null || (facts.beginner !== null && facts.beginner.confirmed !== mail.from.address)) return;
  if (!(await isWithinTotal(env))) return;
  const texts = MAIL_TEXTS[mailbox.locale ?? settings.mail.locale];
  // Counted before it is sent: one too few is better than one too many.
  await saveAutoAnswer(db, { ledgerId: row.id, email: mail.from.address, at: row.receivedAt });
  await stub.sendAutomatic({
    key: `auto:${row.id}`,
    // Not the one that came in: whoever forged the sender would have us carry their words to them (T14).
    subject: texts.receiptSubject,
    text: kind === "receipt" ? texts.receipt(settings.company) : texts.outOfHours(settings.company),
  });
}

/** Of the whole deployment: an answer that cannot be counted is not given (T21). */
async function isWithinTotal(env: Env): Promise<boolean> {
  if (!hasMailLimits(env)) return true;
  const answer = await takeTotals(env, takesOfReceipt(), { onSilence: "refuse" });
  if (!answer.isAllowed && !answer.isSilent) tellOfTotal(env, answer.key);
  return answer.isAllowed;
}
