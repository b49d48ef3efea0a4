/** Rows of the decision table for people who do not belong to the conversation that they write to, or to none yet. Pure. */
import type { MatchFacts } from "./match-facts.ts";
import { decideBraked, decideQuarantine, decideStorm } from "./match-aside.ts";
import { append, join, learnOwn, type Found } from "./match-parts.ts";

/** Mails of one contact form within the window; more is kept aside. */
export const FORM_MAILS_MAX = 60;
export const FORM_WINDOW_MS = 60 * 60_000;

/**
 * M7a. Whoever fills in a form chooses the address in it, so it leads to no conversation that was there before; one who holds
 * a signed address is another person in its conversation, as by any mail.
 */
export function decideForm(facts: MatchFacts): Found {
  const { form, sender } = facts;
  if (form === null) return null;
  const storm = decideStorm(facts);
  if (storm !== null) return storm;
  if (facts.token.kind === "strong") return decideOutside(facts) ?? decideNewPerson(facts);
  const quarantined = decideQuarantine(facts);
  if (quarantined !== null) return quarantined;
  if (form.isBlocked || sender.isBlocked) return { code: "filtered:blocked", reason: "The sender is blocked." };
  if (form.recentMails > FORM_MAILS_MAX)
    return { code: "filtered:brake", reason: `This form sent more than ${FORM_MAILS_MAX} mails within an hour.` };
  const { address, person, conversationId } = form;
  const braked = conversationId === null ? decideBraked(facts) : null;
  if (braked !== null) return braked;
  return {
    code: "form",
    form: address,
    person,
    target:
      conversationId === null
        ? { kind: "begin", contact: { kind: "typed", address: person } }
        : { kind: "join", conversationId, shouldReopen: true },
    shouldNotify: true,
    learnIds: learnOwn(facts),
    participants: [],
    reason: `Somebody wrote through the form ${address}.`,
  };
}

/** M9a. What was sent on to somebody outside is answered for agents alone. */
export function decideOutside(facts: MatchFacts): Found {
  const { token } = facts;
  if (token.kind !== "strong" || token.tokenKind !== "forward") return null;
  const { conversationId } = token.conversation;
  const reason = "Somebody outside answered what was sent on to them: kept as a note.";
  return { code: "outside", conversationId, learnIds: learnOwn(facts), reason };
}

/** M11 */
export function decideNewPerson(facts: MatchFacts): Found {
  const { token } = facts;
  if (token.kind !== "strong") return null;
  return {
    code: "token:new-person",
    target: join(facts, token.conversation),
    // Only its own id: a stranger's list of ids must not lead other mails here.
    ...append(facts, { learnIds: learnOwn(facts) }),
    reason: "Someone else wrote to this conversation's signed reply address.",
  };
}
