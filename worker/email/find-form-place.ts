/** The one conversation of somebody who writes through a contact form. Safe to repeat. */
import { deriveConversationId } from "../auth/visitor-token.ts";
import { claimFormConversation, findFormConversation } from "../db/contact-forms.ts";
import { updateLedger } from "../db/ledger.ts";
import { configOf, type Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { assigneeOf, openRequest, type Place } from "./find-place.ts";
import type { TakenUp } from "./taken-up.ts";
import type { Verdict } from "./verdict.ts";

type FormVerdict = Extract<Verdict, { code: "form" }>;

/** It has an address that was typed, and no contact: nobody is put into the address book for filling in a form. */
export async function findFormPlace(input: TakenUp, verdict: FormVerdict): Promise<Place> {
  const { target, form, person } = verdict;
  if (target.kind === "join") return { open: openRequest(input, target.conversationId, null), contact: null };
  const { db, row } = input;
  const conversationId = row.conversationId ?? (await claim(input, verdict));
  // Written down before it is gone to: a repeat goes to the same, whatever has been claimed since.
  if (row.conversationId === null) await updateLedger(db, row.id, { conversationId });
  const open = {
    ...openRequest(input, conversationId, null),
    capture: { email: person.address },
    form,
    assignee: await assigneeOf(input),
  };
  return { open, contact: null };
}

/** The first to claim decides, so that two quick mails of one person share a conversation. */
async function claim({ env, db, row, mail }: TakenUp, { form, person: { address: person } }: FormVerdict): Promise<string> {
  const purpose = `conversation-of-form:${form}:${person}`;
  const id = await deriveConversationId(configOf(env).APP_SECRET, { purpose, clientId: mail.messageId, at: row.receivedAt });
  const present = await findFormConversation(db, form, person);
  const replaces = present !== null && (await isSomebodyElses(env, present, person)) ? present : null;
  return claimFormConversation(db, { form, person, conversationId: id, replaces, now: Date.now() });
}

/** One that has not begun is theirs: it was claimed a moment ago. */
async function isSomebodyElses(env: Env, conversationId: string, person: string): Promise<boolean> {
  const facts = await conversationStub(env, conversationId).mailFacts();
  return facts !== null && facts.email !== person;
}
