/**
 * The day's total of mails (T21). Past it nothing is stopped silently: mails stay queued, say why, and leave as soon as
 * they may. What nobody wrote by hand has half of it, so that agents' replies still leave.
 */
import type { DeliveryResult } from "../../durable-objects/conversation/outbox.ts";
import type { MailToDeliver } from "../../durable-objects/conversation/ports.ts";
import type { Settings } from "../domain/settings.ts";
import { hasMailLimits, type Env } from "../env.ts";
import { takesOfMail } from "../limits.ts";
import { tellOfTotal } from "../tell-owner.ts";
import { refundTotals, takeTotals } from "../totals.ts";

/** Ms until a mail that is held back is looked at again at the latest: the owner may have raised the total. */
const LOOK_AGAIN_MS = 15 * 60_000;

const OVER_TOTAL = "The limit of mails for a day is reached. This one leaves by itself as soon as it may.";
const OVER_SHARE = "Automatic mails have used up their share of the day's limit. This one leaves by itself as soon as it may.";
const UNCOUNTED = "Automatic mails could not be counted just now. This one leaves by itself as soon as it may.";

/** @param send hands the mail over; what did not leave is not counted */
export async function withinMailTotal(
  env: Env,
  input: { job: MailToDeliver; recipients: number; settings: Settings },
  send: () => Promise<DeliveryResult>,
): Promise<DeliveryResult> {
  if (!hasMailLimits(env)) return send();
  const isByHand = isWrittenByHand(input.job);
  const takes = takesOfMail({ recipients: input.recipients, isByHand }, input.settings.limits);
  const answer = await takeTotals(env, takes, { onSilence: isByHand ? "allow" : "refuse" });
  if (!answer.isAllowed) {
    if (!answer.isSilent) tellOfTotal(env, answer.key);
    const reason = answer.isSilent ? UNCOUNTED : isByHand ? OVER_TOTAL : OVER_SHARE;
    return { kind: "deferred", reason, retryAt: Math.min(answer.retryAt, Date.now() + LOOK_AGAIN_MS) };
  }
  let hasLeft = false;
  try {
    const result = await send();
    // Of `unknown` nobody can say whether it was sent.
    hasLeft = result.kind === "sent" || result.kind === "unknown";
    return result;
  } finally {
    if (!hasLeft) await refundTotals(env, takes, answer.takenAt);
  }
}

/** An agent wrote it, and wants it mailed: no receipt, and no chat reply that is mailed because nobody has seen it. */
function isWrittenByHand({ message, isUnseen }: MailToDeliver): boolean {
  return message.author.kind === "agent" && !isUnseen;
}
