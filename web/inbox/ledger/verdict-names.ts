import type { LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import type { TextKey } from "../i18n/use-text.ts";

type Translate = (key: TextKey) => string;

const NAMES: Readonly<Record<string, TextKey>> = {
  rejected: "verdict.rejected",
  duplicate: "verdict.duplicate",
  "filtered:loop": "verdict.loop",
  "filtered:bounce": "verdict.unknownBounce",
  "filtered:blocked": "verdict.blocked",
  "filtered:auto-reply": "verdict.autoReply",
  "filtered:brake": "verdict.brake",
  "filtered:agent": "verdict.byAgent",
  event: "verdict.event",
  bounce: "verdict.bounce",
  form: "verdict.form",
  forwarded: "verdict.forwarded",
  "forwarded:unverified": "verdict.forwardedUnverified",
  note: "verdict.note",
  outside: "verdict.outside",
  token: "verdict.reply",
  "token:new-person": "verdict.newPerson",
  reference: "verdict.reference",
  linked: "verdict.linked",
  quarantined: "verdict.quarantined",
  contact: "verdict.contact",
  new: "verdict.fresh",
};

/** What became of a mail, in words; a code of a newer server is shown as it is. */
export function describeVerdict({ state, verdict }: LedgerEntry, t: Translate): string {
  if (state === "failed") return t("verdict.failed");
  if (verdict === null) return t("ledger.pending");
  const name = NAMES[verdict];
  return name === undefined ? verdict : t(name);
}
