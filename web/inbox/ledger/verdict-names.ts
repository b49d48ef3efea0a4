import type { LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import type { Locale } from "../i18n/i18n.ts";
import type { TextKey } from "../i18n/use-text.ts";

type Translate = (key: TextKey) => string;

/** Names and reasons have the same keys. */
const WORDS = {
  rejected: "rejected",
  duplicate: "duplicate",
  "filtered:loop": "loop",
  "filtered:bounce": "unknownBounce",
  "filtered:blocked": "blocked",
  "filtered:auto-reply": "autoReply",
  "filtered:agent": "byAgent",
  event: "event",
  bounce: "bounce",
  forwarded: "forwarded",
  note: "note",
  token: "reply",
  "token:new-person": "newPerson",
  reference: "reference",
  linked: "linked",
  quarantined: "quarantined",
  contact: "contact",
  new: "fresh",
} as const;

function wordOf({ state, verdict }: LedgerEntry): (typeof WORDS)[keyof typeof WORDS] | "failed" | null {
  if (state === "failed") return "failed";
  return verdict !== null && isKnown(verdict) ? WORDS[verdict] : null;
}

function isKnown(verdict: string): verdict is keyof typeof WORDS {
  return Object.hasOwn(WORDS, verdict);
}

/** What became of a mail, in words; a code of a newer server is shown as it is. */
export function describeVerdict(entry: LedgerEntry, t: Translate): string {
  const word = wordOf(entry);
  return word === null ? (entry.verdict ?? t("ledger.pending")) : t(`verdict.${word}`);
}

/** Why: the server's own sentence says it most exactly, and only in English. Empty where nothing is known. */
export function describeReason(entry: LedgerEntry, { t, locale }: { t: Translate; locale: Locale }): string {
  const word = wordOf(entry);
  if (word === null || (locale === "en" && entry.reason !== null)) return entry.reason ?? "";
  return t(`verdictReason.${word}`);
}
