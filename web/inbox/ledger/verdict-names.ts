import type { LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import type { Locale } from "../i18n/i18n.ts";
import type { TextKey } from "../i18n/use-text.ts";

type Translate = (key: TextKey) => string;

interface Words {
  name: TextKey;
  reason: TextKey;
}

const FAILED: Words = { name: "verdict.failed", reason: "verdictReason.failed" };
const WORDS: Readonly<Record<string, Words>> = {
  rejected: { name: "verdict.rejected", reason: "verdictReason.rejected" },
  duplicate: { name: "verdict.duplicate", reason: "verdictReason.duplicate" },
  "filtered:loop": { name: "verdict.loop", reason: "verdictReason.loop" },
  "filtered:bounce": { name: "verdict.unknownBounce", reason: "verdictReason.unknownBounce" },
  "filtered:blocked": { name: "verdict.blocked", reason: "verdictReason.blocked" },
  "filtered:auto-reply": { name: "verdict.autoReply", reason: "verdictReason.autoReply" },
  "filtered:agent": { name: "verdict.byAgent", reason: "verdictReason.byAgent" },
  event: { name: "verdict.event", reason: "verdictReason.event" },
  bounce: { name: "verdict.bounce", reason: "verdictReason.bounce" },
  forwarded: { name: "verdict.forwarded", reason: "verdictReason.forwarded" },
  note: { name: "verdict.note", reason: "verdictReason.note" },
  token: { name: "verdict.reply", reason: "verdictReason.reply" },
  "token:new-person": { name: "verdict.newPerson", reason: "verdictReason.newPerson" },
  reference: { name: "verdict.reference", reason: "verdictReason.reference" },
  linked: { name: "verdict.linked", reason: "verdictReason.linked" },
  quarantined: { name: "verdict.quarantined", reason: "verdictReason.quarantined" },
  contact: { name: "verdict.contact", reason: "verdictReason.contact" },
  new: { name: "verdict.fresh", reason: "verdictReason.fresh" },
};

function wordsOf({ state, verdict }: LedgerEntry): Words | undefined {
  if (state === "failed") return FAILED;
  return verdict === null ? undefined : WORDS[verdict];
}

/** What became of a mail, in words; a code of a newer server is shown as it is. */
export function describeVerdict(entry: LedgerEntry, t: Translate): string {
  const words = wordsOf(entry);
  return words === undefined ? (entry.verdict ?? t("ledger.pending")) : t(words.name);
}

/** Why: the server's own sentence says it most exactly, but only in English. Empty where nothing is known. */
export function describeReason(entry: LedgerEntry, { t, locale }: { t: Translate; locale: Locale }): string {
  const words = wordsOf(entry);
  if (words === undefined || (locale === "en" && entry.reason !== null)) return entry.reason ?? "";
  return t(words.reason);
}
