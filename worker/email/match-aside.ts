/** Rows of the decision table that keep a mail aside, and what they look at. Pure. */
import { findAuthority, isForged } from "./agent-authority.ts";
import type { MatchFacts } from "./match-facts.ts";
import type { Found } from "./match-parts.ts";
import { isOwnAddress } from "./other-people.ts";

/** Mails of one sender within the window; more is a loop. */
export const LOOP_MAILS_MAX = 20;
export const LOOP_WINDOW_MS = 10 * 60_000;

/** M3a */
export function decideOwnMarker({ mail, ownLoopMarker }: MatchFacts): Found {
  if (mail.loopMarker === null || mail.loopMarker !== ownLoopMarker) return null;
  return { code: "filtered:loop", reason: "This is a mail of our own that came back." };
}

/** M3b */
export function decideLoop(facts: MatchFacts): Found {
  const { mail } = facts;
  const isOwn = mail.from !== null && isOwnAddress(mail.from.address, facts.ownAddresses);
  // A mailbox may be an agent's own address too; that it is the agent who writes has to be shown, as everywhere.
  if (isOwn && findAuthority(facts) === null) return { code: "filtered:loop", reason: "The sender is one of our own mailboxes." };
  return decideStorm(facts);
}

export function decideStorm({ mail, sender, original }: MatchFacts): Found {
  // Reports of our own mails come in bursts from one daemon; each of them says something about a message.
  const isReport = original !== null && ["bounce", "complaint", "receipt"].includes(mail.class);
  if (sender.recentMails <= LOOP_MAILS_MAX || isReport) return null;
  return { code: "filtered:loop", reason: `This sender sent more than ${LOOP_MAILS_MAX} mails within 10 minutes.` };
}

/** M14 */
export function decideAutoReply({ mail }: MatchFacts): Found {
  return mail.class === "auto-reply" ? { code: "filtered:auto-reply", reason: "An automatic answer to no known mail." } : null;
}

/** M15 */
export function decideQuarantine(facts: MatchFacts): Found {
  if (isForged(facts)) return { code: "quarantined", cause: "authentication", reason: "The sender's address may be forged." };
  return facts.isSpam ? { code: "quarantined", cause: "spam", reason: "This mail is spam." } : null;
}

/** M16a */
export function decideBraked({ isBraked }: MatchFacts): Found {
  return isBraked ? { code: "filtered:brake", reason: "Too many mails of unknown senders came at once." } : null;
}
