/** The conversation that a mail goes to: the one to join, or a new one of its contact. Safe to repeat. */
import type { OpenRequest } from "../../durable-objects/conversation/intake.ts";
import { newId } from "../api/new-id.ts";
import { deriveConversationId } from "../auth/visitor-token.ts";
import { findAgent } from "../db/agents.ts";
import { findContact, findOrCreateContact } from "../db/contacts.ts";
import type { Database } from "../db/database.ts";
import { updateLedger } from "../db/ledger.ts";
import { claimPlace, findPlaceOf } from "../db/places.ts";
import { hasRole } from "../domain/roles.ts";
import { configOf } from "../env.ts";
import { isPlaceOf } from "./find-usual-place.ts";
import type { MailAddress } from "./mail.ts";
import type { TakenUp } from "./taken-up.ts";
import type { ContactRef, Verdict } from "./verdict.ts";

type MessageVerdict = Extract<Verdict, { target: unknown }>;

export interface Place {
  open: OpenRequest;
  contact: { id: string; name: string | null; email: string | null } | null;
}

/** The conversation to join, or one to begin: claimed first, so that two quick mails of one person share it. */
export async function findPlace(
  input: TakenUp,
  verdict: Pick<MessageVerdict, "code" | "target">,
  author: MailAddress | null,
): Promise<Place> {
  const { env, db, row, mail } = input;
  if (verdict.target.kind === "join") return { open: openRequest(input, verdict.target.conversationId, null), contact: null };
  const { replaces } = verdict.target;
  const contact = await contactOf(db, verdict.target.contact, author);
  const purpose = `conversation-of-mail:${author?.address ?? ""}`;
  const id = await deriveConversationId(configOf(env).APP_SECRET, { purpose, clientId: mail.messageId, at: row.receivedAt });
  const isClaimed = verdict.code !== "linked" && verdict.code !== "forwarded:unverified";
  const email = isClaimed ? (contact?.email ?? null) : null;
  const conversationId =
    row.conversationId ?? (email === null ? id : await claimFor(input, { email, conversationId: id, replaces }));
  // Written down before it is gone to: a repeat goes to the same, whatever has been claimed since.
  if (row.conversationId === null) await updateLedger(db, row.id, { conversationId });
  return { open: { ...openRequest(input, conversationId, contact), assignee: await assigneeOf(input) }, contact };
}

/** Whom the mailbox gives its conversations to, if it names an agent who can still answer. */
export async function assigneeOf({ db, row, mailboxes }: TakenUp): Promise<{ id: string; name: string } | null> {
  const mailbox = mailboxes.find(({ id }) => id === row.mailboxId);
  const agent = mailbox === undefined || mailbox.assigneeId === null ? null : await findAgent(db, mailbox.assigneeId);
  return agent !== null && hasRole(agent.role, "agent") ? { id: agent.id, name: agent.name } : null;
}

/**
 * The first to claim decides, so two quick mails of one person share a conversation. A claimed one is given up for the new
 * one where its subject is another's, or where it is not the place of this address any more.
 */
async function claimFor(
  { env, db }: TakenUp,
  claim: { email: string; conversationId: string; replaces: string | undefined },
): Promise<string> {
  const present = (await findPlaceOf(db, claim.email)).conversationId;
  const isGivenUp =
    present !== null &&
    (present === claim.replaces || !(await isPlaceOf(env, db, { conversationId: present, email: claim.email })));
  return claimPlace(db, { ...claim, replaces: isGivenUp ? present : null, now: Date.now() });
}

async function contactOf(db: Database, ref: ContactRef, author: MailAddress | null): Promise<Place["contact"]> {
  if (ref.kind === "known") {
    const contact = await findContact(db, ref.contactId);
    if (contact !== null) return { id: contact.id, name: contact.name, email: author?.address ?? contact.email };
  }
  const address = ref.kind === "new" ? ref.address : author;
  if (address === null) return null;
  const contact = await findOrCreateContact(db, {
    id: newId(),
    email: address.address,
    name: address.name,
    isProven: true,
    now: Date.now(),
  });
  return { id: contact.id, name: contact.name, email: address.address };
}

export function openRequest({ row, mail }: TakenUp, id: string, contact: Place["contact"]): OpenRequest {
  return {
    id,
    hasVisitor: false,
    visitor: null,
    contact,
    capture: null,
    subject: mail.subject === "" ? null : mail.subject,
    mail: { mailboxId: row.mailboxId, mailbox: "", references: [], lastInboundId: null },
  };
}
