/**
 * Whether a mail gets an answer that nobody wrote, and which. Pure. Every brake of RFC 3834 and then some: two machines
 * that answer each other stop after one round, because what we send says that it is automatic and such mail is never
 * answered.
 */
import { isMachine } from "../domain/no-reply.ts";
import type { ParsedMail } from "./mail.ts";
import type { Verdict } from "./verdict.ts";

/** Automatic answers to one address within a day. */
export const AUTO_ANSWERS_PER_DAY_MAX = 2;

export type AutoAnswer = "receipt" | "out-of-hours";

export interface AutoAnswerFacts {
  mail: Pick<ParsedMail, "class" | "from" | "autoSubmitted" | "listId" | "authentication">;
  verdict: Pick<Verdict, "code">;
  /** Empty for bounces and other mail that wants no answer. */
  envelopeFrom: string;
  /** Whether the mail began a conversation. */
  isFirst: boolean;
  isOpen: boolean;
  /** Automatic answers that this address got today. */
  answersToday: number;
  ownAddresses: readonly string[];
  mailbox: { hasReceipt: boolean; hasOutOfHours: boolean };
}

const ANSWERABLE = new Set<Verdict["code"]>(["new", "contact", "linked", "token", "reference"]);

export function chooseAutoAnswer(facts: AutoAnswerFacts): AutoAnswer | null {
  if (!mayAnswer(facts)) return null;
  if (facts.mailbox.hasOutOfHours && !facts.isOpen) return "out-of-hours";
  return facts.mailbox.hasReceipt && facts.isFirst ? "receipt" : null;
}

function mayAnswer({ mail, verdict, envelopeFrom, answersToday, ownAddresses }: AutoAnswerFacts): boolean {
  if (mail.from === null || mail.class !== "person" || mail.listId !== null) return false;
  if (mail.autoSubmitted !== null && mail.autoSubmitted !== "no") return false;
  if (envelopeFrom === "" || envelopeFrom === "<>" || !ANSWERABLE.has(verdict.code)) return false;
  // A forged sender must not be made to receive what they never asked for.
  if (mail.authentication.dmarc === "fail" || mail.authentication.spf === "fail") return false;
  if (ownAddresses.includes(mail.from.address) || isMachine(mail.from.address)) return false;
  return answersToday < AUTO_ANSWERS_PER_DAY_MAX;
}
