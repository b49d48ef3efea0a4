/**
 * Whether a mail gets an answer that nobody wrote, and which. Pure. Every brake of RFC 3834 and then some: two machines
 * that answer each other stop after one round, because what we send says that it is automatic and such mail is never
 * answered.
 */
import { isMachine } from "../domain/no-reply.ts";
import { AUTO_ANSWERS, type AutoAnswer, type ParsedMail } from "./mail.ts";
import type { Verdict } from "./verdict.ts";

/** Automatic answers to one address within a day. */
export const AUTO_ANSWERS_PER_DAY_MAX = 2;

export interface AutoAnswerFacts {
  mail: Pick<ParsedMail, "class" | "from" | "autoSubmitted" | "listId" | "authentication" | "unwantedAnswers">;
  verdict: Pick<Verdict, "code">;
  /** Empty for bounces and other mail that wants no answer. */
  envelopeFrom: string;
  /** Whether the mail began a conversation. */
  isFirst: boolean;
  isOpen: boolean;
  /** An agent let it in, who knows of it: its sender is told nothing hours later. */
  isLetIn: boolean;
  /** Automatic answers that this address got today. */
  answersToday: number;
  ownAddresses: readonly string[];
  mailbox: { hasReceipt: boolean; hasOutOfHours: boolean };
}

const ANSWERABLE = new Set<Verdict["code"]>(["new", "contact", "linked", "token", "reference"]);

export function chooseAutoAnswer(facts: AutoAnswerFacts): AutoAnswer | null {
  if (!mayAnswer(facts)) return null;
  const isWanted = (answer: AutoAnswer) => facts.mail.unwantedAnswers?.includes(answer) !== true;
  if (facts.mailbox.hasOutOfHours && !facts.isOpen && isWanted("out-of-hours")) return "out-of-hours";
  return facts.mailbox.hasReceipt && facts.isFirst && isWanted("receipt") ? "receipt" : null;
}

/**
 * What a mail wants no answer of, by `X-Auto-Response-Suppress` ([MS-OXCMAIL] 2.2.3.2.14): `OOF` is an answer of somebody
 * who is away, `AutoReply` every other automatic one; delivery and read receipts (DR, NDR, RN, NRN) are none of ours.
 */
export function parseUnwantedAnswers(header: string): AutoAnswer[] {
  const values = new Set(header.toLowerCase().split(/[\s,;]+/));
  if (values.has("all")) return [...AUTO_ANSWERS];
  return [...(values.has("autoreply") ? ["receipt" as const] : []), ...(values.has("oof") ? ["out-of-hours" as const] : [])];
}

function mayAnswer({ mail, verdict, envelopeFrom, answersToday, ownAddresses, isLetIn }: AutoAnswerFacts): boolean {
  if (isLetIn) return false;
  if (mail.from === null || mail.class !== "person" || mail.listId !== null) return false;
  if (mail.autoSubmitted !== null && mail.autoSubmitted !== "no") return false;
  if (envelopeFrom === "" || envelopeFrom === "<>" || !ANSWERABLE.has(verdict.code)) return false;
  // A forged sender must not be made to receive what they never asked for.
  if (mail.authentication.dmarc === "fail" || mail.authentication.spf === "fail") return false;
  if (ownAddresses.includes(mail.from.address) || isMachine(mail.from.address)) return false;
  return answersToday < AUTO_ANSWERS_PER_DAY_MAX;
}
