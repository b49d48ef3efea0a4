/** Carries out a verdict: into a conversation, onto a message, or aside. Safe to repeat. */
import type { OpenRequest, ReceivedMail } from "../../durable-objects/conversation/intake.ts";
import type { Message } from "../../durable-objects/conversation/protocol.ts";
import { deriveConversationId } from "../auth/visitor-token.ts";
import { newId } from "../api/new-id.ts";
import { findAgent } from "../db/agents.ts";
import {
  claimContactConversation,
  findContactConversation,
  findContact,
  findContactByEmail,
  findOrCreateContact,
  markUndeliverable,
  proveAddress,
  setContactConversation,
} from "../db/contacts.ts";
import type { Database } from "../db/database.ts";
import type { LedgerRow } from "../db/ledger.ts";
import { addParticipants, learnMailIds, saveMailId } from "../db/mail-threads.ts";
import { listMailboxes } from "../db/settings.ts";
import { assertNever } from "../domain/assert-never.ts";
import { hasRole } from "../domain/roles.ts";
import { configOf, type Env } from "../env.ts";
import { conversationStub, locationHintOf } from "../objects.ts";
import { storeMailFiles } from "./mail-files.ts";
import type { MailAddress, ParsedMail } from "./mail.ts";
import type { ContactRef, Verdict } from "./match-facts.ts";
import { sanitiseMailHtml } from "./html-mail.ts";

export interface ApplyInput {
  env: Env;
  db: Database;
  row: LedgerRow;
  mail: ParsedMail;
  verdict: Verdict;
  contentHash: string;
}

/** What the ledger notes. */
export type Applied = Pick<LedgerRow, "state" | "verdict" | "reason" | "conversationId" | "seq">;

/** UTF-16 code units of HTML kept in a message; larger mails are shown as text. */
const HTML_LENGTH_MAX = 100_000;
/** UTF-16 code units; a message's text has the same limit for everyone, the raw mail keeps the rest. */
const MAIL_TEXT_LENGTH_MAX = 100_000;
const QUOTED_LENGTH_MAX = 60_000;

export async function applyVerdict(input: ApplyInput): Promise<Applied> {
  const { verdict, db, env } = input;
  switch (verdict.code) {
    case "rejected":
    case "duplicate":
      return noted(input, "applied");
    case "filtered:loop":
    case "filtered:bounce":
    case "filtered:blocked":
    case "filtered:auto-reply":
      return noted(input, "filtered");
    case "quarantined":
      return noted(input, "quarantined");
    case "event":
      if (verdict.suppress !== null) await markUndeliverable(db, verdict.suppress, Date.now());
      return {
        ...noted(input, "applied"),
        conversationId: verdict.original?.conversationId ?? null,
        seq: verdict.original?.seq ?? null,
      };
    case "bounce": {
      const { conversationId, seq } = verdict.original;
      if (verdict.undeliverable !== null) await markUndeliverable(db, verdict.undeliverable, Date.now());
      await conversationStub(env, conversationId).bounced(seq, {
        isHard: verdict.undeliverable !== null,
        reason: verdict.deliveryReason,
      });
      return { ...noted(input, "applied"), conversationId, seq };
    }
    case "note":
      return applyNote(input, verdict);
    case "forwarded":
    case "token":
    case "token:new-person":
    case "reference":
    case "linked":
    case "contact":
    case "new":
      return applyMessage(input, verdict);
    default:
      return assertNever(verdict);
  }
}

function noted({ verdict }: ApplyInput, state: LedgerRow["state"]): Applied {
  return { state, verdict: verdict.code, reason: verdict.reason, conversationId: null, seq: null };
}

type MessageVerdict = Extract<Verdict, { target: unknown }>;

async function applyMessage(input: ApplyInput, verdict: MessageVerdict): Promise<Applied> {
  const { env, db, mail } = input;
  const author = verdict.code === "forwarded" ? verdict.author : mail.from;
  const place = await findPlace(input, verdict, author);
  // Before the append: once the mail is there, a repeat finds a known contact and would learn nobody.
  const people = verdict.participants.map(({ address }) => address);
  await addParticipants(db, place.open.id, people, Date.now());
  const stub = conversationStub(env, place.open.id, locationHintOf(env, null));
  const message = await stub.receiveMail({
    ...(await contentOf(input, place.open.id)),
    open: place.open,
    author: { kind: "contact", ...(author === null ? {} : nameOf(author)) },
    channel: "email",
    mail: await mailInfo(input, verdict, author),
    contact: place.contact,
    shouldReopen: verdict.target.kind === "begin" || verdict.target.shouldReopen,
    provesAddress: verdict.code === "token" && verdict.provesAddress,
  });
  if (verdict.code === "forwarded" && verdict.note !== null) await addForwardNote(input, place.open, verdict);
  await remember(input, verdict, message.seq, place);
  return { ...noted(input, "applied"), conversationId: place.open.id, seq: message.seq };
}

interface Place {
  open: OpenRequest;
  contact: { id: string; name: string | null; email: string | null } | null;
}

/** The conversation to join, or one to begin: claimed first, so that two quick mails of one person share it. */
async function findPlace(input: ApplyInput, verdict: MessageVerdict, author: MailAddress | null): Promise<Place> {
  const { env, db, row, mail } = input;
  if (verdict.target.kind === "join") return { open: openRequest(input, verdict.target.conversationId, null), contact: null };
  const contact = await contactOf(db, verdict.target.contact, author);
  const purpose = `conversation-of-mail:${author?.address ?? ""}`;
  const id = await deriveConversationId(configOf(env).APP_SECRET, { purpose, clientId: mail.messageId, at: row.receivedAt });
  const isClaimed = contact !== null && verdict.code !== "linked";
  const conversationId = isClaimed ? await claimFor(input, contact.id, id) : id;
  return { open: { ...openRequest(input, conversationId, contact), assignee: await assigneeOf(input) }, contact };
}

/** Whom the mailbox gives its conversations to, if it names an agent who can still answer. */
async function assigneeOf({ db, row }: ApplyInput): Promise<{ id: string; name: string } | null> {
  const mailbox = (await listMailboxes(db)).find(({ id }) => id === row.mailboxId);
  const agent = mailbox === undefined || mailbox.assigneeId === null ? null : await findAgent(db, mailbox.assigneeId);
  return agent !== null && hasRole(agent.role, "agent") ? { id: agent.id, name: agent.name } : null;
}

/**
 * The first to claim decides, so two quick mails of one person share a conversation. A claimed one that a From line may
 * not enter (its visitor has typed another address since) is given up for the new one.
 */
async function claimFor({ env, db }: ApplyInput, contactId: string, conversationId: string): Promise<string> {
  const present = await findContactConversation(db, contactId);
  const facts = present === null ? null : await conversationStub(env, present).mailFacts();
  const replaces = facts !== null && !facts.isAddressProven ? present : null;
  return claimContactConversation(db, { contactId, conversationId, replaces, now: Date.now() });
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

function openRequest({ row, mail }: ApplyInput, id: string, contact: Place["contact"]): OpenRequest {
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

type Content = Pick<
  ReceivedMail,
  "messageId" | "variant" | "mailbox" | "references" | "subject" | "text" | "html" | "quoted" | "attachments"
>;

async function contentOf(input: ApplyInput, conversationId: string): Promise<Content> {
  const { row, mail } = input;
  const html = mail.html === null ? null : (sanitiseMailHtml(mail.html)?.html ?? null);
  return {
    messageId: mail.messageId,
    // Another mail has this id: it must not hide this one (M2).
    variant: input.verdict.isIdReused ? input.contentHash : null,
    mailbox: { id: row.mailboxId, address: await mailboxAddress(input) },
    references: [...mail.references, ...mail.inReplyTo],
    subject: mail.subject.slice(0, 250),
    text: textOf(input).slice(0, MAIL_TEXT_LENGTH_MAX),
    html: html !== null && html.length <= HTML_LENGTH_MAX ? html : null,
    quoted: mail.quoted.slice(0, QUOTED_LENGTH_MAX),
    attachments: await storeMailFiles(input.env, input.db, { row, mail, conversationId }),
  };
}

/** Of a forwarded mail, what its author wrote. */
function textOf({ mail, verdict }: ApplyInput): string {
  return verdict.code === "forwarded" && mail.forwardedText !== "" ? mail.forwardedText : mail.text;
}

async function mailboxAddress({ db, row }: ApplyInput): Promise<string> {
  return (await listMailboxes(db)).find(({ id }) => id === row.mailboxId)?.address ?? row.envelopeTo;
}

async function mailInfo(
  input: ApplyInput,
  verdict: MessageVerdict,
  author: MailAddress | null,
): Promise<NonNullable<Message["mail"]>> {
  const { db, row, mail } = input;
  const forwardedBy =
    verdict.code === "forwarded" ? ((await findAgent(db, verdict.forwardedBy))?.name ?? mail.from?.address) : undefined;
  return {
    ledgerId: row.id,
    ...(author === null ? {} : { from: { address: author.address, ...(author.name === null ? {} : { name: author.name }) } }),
    ...(verdict.campaign === null ? {} : { campaign: verdict.campaign }),
    ...(verdict.code === "token:new-person" ? { isNewPerson: true } : {}),
    ...((await isParticipantMail(input, verdict)) ? { isParticipant: true } : {}),
    ...(forwardedBy === undefined ? {} : { forwardedBy }),
    ...(mail.invitation ? { invitation: mail.invitation } : {}),
    ...(mail.protection ? { protection: mail.protection } : {}),
  };
}

/** Whether it joins a conversation whose contact did not write it: the visitor who reads along must not see it (T2). */
async function isParticipantMail({ env, db, mail }: ApplyInput, verdict: MessageVerdict): Promise<boolean> {
  if (mail.from === null || verdict.target.kind !== "join" || (verdict.code !== "token" && verdict.code !== "reference"))
    return false;
  const facts = await conversationStub(env, verdict.target.conversationId).mailFacts();
  if (facts === null || facts.email === mail.from.address) return false;
  const sender = await findContactByEmail(db, mail.from.address);
  return sender === null || sender.id !== facts.contactId;
}

function nameOf(author: MailAddress): { name: string } {
  return { name: author.name ?? author.address };
}

async function addForwardNote(
  input: ApplyInput,
  open: OpenRequest,
  verdict: Extract<Verdict, { code: "forwarded" }>,
): Promise<void> {
  const agent = await findAgent(input.db, verdict.forwardedBy);
  await conversationStub(input.env, open.id).receiveMail({
    ...(await contentOf(
      { ...input, mail: { ...input.mail, attachments: [], text: verdict.note ?? "", forwardedText: "", html: null, quoted: "" } },
      open.id,
    )),
    open,
    author: { kind: "agent", id: verdict.forwardedBy, ...(agent === null ? {} : { name: agent.name }) },
    channel: "note",
    mail: { ledgerId: input.row.id },
    contact: null,
    shouldReopen: false,
    provesAddress: false,
  });
}

async function applyNote(input: ApplyInput, verdict: Extract<Verdict, { code: "note" }>): Promise<Applied> {
  const { env, db, row, mail } = input;
  const agent = await findAgent(db, verdict.agentId);
  const message = await conversationStub(env, verdict.conversationId).receiveMail({
    ...(await contentOf(input, verdict.conversationId)),
    open: openRequest(input, verdict.conversationId, null),
    author: { kind: "agent", id: verdict.agentId, ...(agent === null ? {} : { name: agent.name }) },
    channel: "note",
    mail: { ledgerId: row.id, ...(mail.from === null ? {} : { from: { address: mail.from.address } }) },
    contact: null,
    shouldReopen: false,
    provesAddress: false,
  });
  const learnt = { conversationId: verdict.conversationId, seq: message.seq };
  await saveMailId(db, {
    mailboxId: row.mailboxId,
    messageId: mail.messageId,
    ...learnt,
    contentHash: input.contentHash,
    ledgerId: row.id,
    createdAt: Date.now(),
  });
  return { ...noted(input, "applied"), ...learnt };
}

/** What later mails are matched by. */
async function remember(input: ApplyInput, verdict: MessageVerdict, seq: number, place: Place): Promise<void> {
  const { db, row, mail, contentHash } = input;
  const now = Date.now();
  const conversationId = place.open.id;
  const { mailboxId } = row;
  if (!verdict.isIdReused)
    await saveMailId(db, {
      mailboxId,
      messageId: mail.messageId,
      conversationId,
      seq,
      contentHash,
      ledgerId: row.id,
      createdAt: now,
    });
  await learnMailIds(db, { mailboxId, conversationId, ids: verdict.learnIds.filter((id) => id !== mail.messageId), now });
  if (verdict.code !== "token" || !verdict.provesAddress || mail.from === null) return;
  await proveAddress(db, mail.from.address);
  const contactId = (await conversationStub(input.env, conversationId).mailFacts())?.contactId ?? null;
  if (contactId !== null) await setContactConversation(db, { contactId, conversationId, now });
}
