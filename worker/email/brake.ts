/** The brake on mails of senders who have never written (T21, M16a): so many at once, and the others are kept aside. */
import { hasMailLimits } from "../env.ts";
import { takesOfNewSender } from "../limits.ts";
import { tellOwner } from "../tell-owner.ts";
import { takeTotals } from "../totals.ts";
import { beginsForStranger } from "./match-conversation.ts";
import type { TakenUp } from "./taken-up.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Counts a mail that would begin a conversation of somebody unknown. Where nobody can be asked it is let in: a mail that
 * is kept aside for nothing is worse than a flood that is told of late.
 *
 * @param verdict what it would be without the brake
 */
export async function isBraked({ env, settings, mailboxes, row }: TakenUp, verdict: Verdict): Promise<boolean> {
  const mailbox = mailboxes.find(({ id }) => id === row.mailboxId);
  if (!beginsForStranger(verdict, settings.mail.forms) || mailbox === undefined || !hasMailLimits(env)) return false;
  if (mailbox.brakeOffUntil !== null && mailbox.brakeOffUntil > Date.now()) return false;
  const answer = await takeTotals(env, takesOfNewSender(mailbox.id, settings.limits), { onSilence: "allow" });
  if (answer.isAllowed) return false;
  tellOwner(env, "brake", mailbox.id);
  return true;
}
