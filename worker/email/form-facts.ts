/** Looks up what the decision table asks about a mail that a contact form has sent. */
import { findAgentByEmail } from "../db/agents.ts";
import { countMailsOfPerson, findFormConversation } from "../db/contact-forms.ts";
import { isBlockedAddress } from "../db/contacts.ts";
import { countRecentMails } from "../db/ledger.ts";
import { hasRole } from "../domain/roles.ts";
import type { Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { readFormMail } from "./contact-form.ts";
import { LOOP_WINDOW_MS } from "./match-aside.ts";
import type { FormFacts } from "./match-facts.ts";
import { FORM_MAILS_MAX, FORM_WINDOW_MS } from "./match-outsiders.ts";
import type { TakenUp } from "./taken-up.ts";

interface FoundForm {
  form: FormFacts;
  /** Mails of this person through it within `LOOP_WINDOW_MS`. */
  mailsOfPerson: number;
}

export async function findForm({ env, db, settings, mailboxes, row, mail }: TakenUp): Promise<FoundForm | null> {
  const ownAddresses = mailboxes.map(({ address }) => address);
  const found = readFormMail({ mail, ownAddresses, called: settings.mail.forms });
  if (found === null) return null;
  const { address: form, person } = found;
  const since = (ms: number) => ({ from: row.receivedAt - ms, to: row.receivedAt });
  const [known, isBlocked, agent, recentMails, mailsOfPerson] = await Promise.all([
    findFormConversation(db, form, person.address),
    isBlockedAddress(db, person.address),
    findAgentByEmail(db, person.address),
    countRecentMails(db, form, { ...since(FORM_WINDOW_MS), max: FORM_MAILS_MAX + 1 }),
    countMailsOfPerson(db, { form, person: person.address }, since(LOOP_WINDOW_MS)),
  ]);
  return {
    form: {
      ...found,
      conversationId: known !== null && (await isAddressOf(env, known, person.address)) ? known : null,
      isBlocked,
      agentId: agent !== null && hasRole(agent.role, "agent") ? agent.id : null,
      recentMails,
    },
    mailsOfPerson,
  };
}

/** Not once an agent has put another's address right there. */
async function isAddressOf(env: Env, conversationId: string, address: string): Promise<boolean> {
  return (await conversationStub(env, conversationId).mailFacts())?.email === address;
}
