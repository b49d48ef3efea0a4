/** Carries out a verdict: into a conversation, onto a message, or aside. Safe to repeat. */
import type { OpenRequest, ReceivedMail } from "../../durable-objects/conversation/intake.ts";
import { TEXT_LENGTH_MAX, type Message } from "../../durable-objects/conversation/protocol.ts";
import { findAgent } from "../db/agents.ts";
import { findContactByEmail, proveAddress, setContactConversation } from "../db/contacts.ts";
import type { LedgerRow } from "../db/ledger.ts";
import { addParticipants, learnMailIds, saveMailId } from "../db/mail-threads.ts";
import type { Agent } from "../domain/api-shapes.ts";
import { assertNever } from "../domain/assert-never.ts";
import { hasRole } from "../domain/roles.ts";
import { conversationStub, locationHintOf } from "../objects.ts";
import { applyBounce, applyEvent } from "./apply-report.ts";
import { findPlace, openRequest, type Place } from "./find-place.ts";
import { storeMailFiles } from "./mail-files.ts";
import type { MailAddress } from "./mail.ts";
import { findOtherPeople } from "./other-people.ts";
import { sanitiseMailHtml } from "./html-mail.ts";
import { addLeftOut } from "./left-out.ts";
import { SHOWN_HTML } from "./reading-budget.ts";
import type { TakenUp } from "./taken-up.ts";
import type { Verdict } from "./verdict.ts";

export interface ApplyInput extends TakenUp {
  verdict: Verdict;
}

/** What the ledger notes. */
export type Applied = Pick<LedgerRow, "state" | "verdict" | "reason" | "conversationId" | "seq">;

/** UTF-16 code units of HTML kept in a message; longer HTML is read from the raw mail when somebody wants to see it. */
const HTML_LENGTH_MAX = 100_000;
/** UTF-16 code units; what people type is limited to less (C12), and the raw mail keeps the rest. */
const MAIL_TEXT_LENGTH_MAX = 100_000;
const QUOTED_LENGTH_MAX = 60_000;

export async function applyVerdict(input: ApplyInput): Promise<Applied> {
  const { verdict } = input;
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
      await applyEvent(input, verdict);
      return {
        ...noted(input, "applied"),
        conversationId: verdict.original?.conversationId ?? null,
        seq: verdict.original?.seq ?? null,
      };
    case "bounce": {
      const { conversationId, seq } = verdict.original;
      await applyBounce(input, verdict);
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
  const { env, db, row, mail } = input;
  const author = verdict.code === "forwarded" ? verdict.author : mail.from;
  const place = await findPlace(input, verdict, author);
  // Before the append: once the mail is there, a repeat finds a known contact and would learn nobody.
  const people = verdict.participants.map(({ address }) => address);
  const conversationId = place.open.id;
  await addParticipants(db, { conversationId, ledgerId: row.id, emails: people, now: Date.now() });
  const stub = conversationStub(env, place.open.id, locationHintOf(env, null));
  const content = await contentOf(input, place.open.id);
  const message = await stub.receiveMail({
    ...content,
    open: place.open,
    author: { kind: "contact", ...(author === null ? {} : nameOf(author)) },
    channel: "email",
    mail: {
      ...(await mailInfo(input, verdict, author)),
      ...(mail.html !== null && content.html === null && { hasLongHtml: true }),
    },
    contact: place.contact,
    shouldReopen: verdict.target.kind === "begin" || verdict.target.shouldReopen,
    provesAddress: verdict.code === "token" && verdict.provesAddress,
  });
  if (verdict.code === "forwarded" && verdict.note !== null) await addForwardNote(input, place.open, verdict);
  await remember(input, verdict, message.seq, place);
  return { ...noted(input, "applied"), conversationId: place.open.id, seq: message.seq };
}

type Content = Pick<
  ReceivedMail,
  "messageId" | "variant" | "mailbox" | "references" | "subject" | "text" | "html" | "quoted" | "attachments"
>;

async function contentOf(input: ApplyInput, conversationId: string): Promise<Content> {
  const { row, mail } = input;
  const html = mail.html === null ? null : (sanitiseMailHtml(mail.html, SHOWN_HTML)?.html ?? null);
  return {
    messageId: mail.messageId,
    // Another mail has this id: it must not hide this one (M2).
    variant: variantOf(input),
    mailbox: { id: row.mailboxId, address: mailboxAddress(input) },
    references: [...mail.references, ...mail.inReplyTo],
    subject: mail.subject.slice(0, 250),
    text: textOf(input).slice(0, MAIL_TEXT_LENGTH_MAX),
    html: html !== null && html.length <= HTML_LENGTH_MAX ? html : null,
    quoted: mail.quoted.slice(0, QUOTED_LENGTH_MAX),
    attachments: await storeMailFiles(input.env, input.db, { row, mail, conversationId }),
  };
}

/** Tells it from another mail with its id, and the whole of it from the part that was stored before. */
function variantOf({ verdict, contentHash, isReadAgain }: ApplyInput): string | null {
  if (isReadAgain) return `${contentHash}-whole`;
  return verdict.isIdReused ? contentHash : null;
}

/** What was not read, and what is too long for a message. */
function leftOutOf(input: ApplyInput): Pick<NonNullable<Message["mail"]>, "leftOut" | "isPartial"> {
  const { leftOut = [], quoted } = input.mail;
  const cut = Math.max(0, textOf(input).length - MAIL_TEXT_LENGTH_MAX) + Math.max(0, quoted.length - QUOTED_LENGTH_MAX);
  const all = addLeftOut(leftOut, { kind: "text", count: cut });
  return { ...(all.length > 0 && { leftOut: all }), ...(input.isPartial && { isPartial: true }) };
}

/** Of a forwarded mail, what its author wrote. */
function textOf({ mail, verdict }: ApplyInput): string {
  return verdict.code === "forwarded" && mail.forwardedText !== "" ? mail.forwardedText : mail.text;
}

function mailboxAddress({ mailboxes, row }: ApplyInput): string {
  return mailboxes.find(({ id }) => id === row.mailboxId)?.address ?? row.envelopeTo;
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
    ...(author === null ? {} : { from: personOf(author) }),
    ...othersOf(input, verdict),
    ...(verdict.campaign === null ? {} : { campaign: verdict.campaign }),
    ...(verdict.code === "token:new-person" ? { isNewPerson: true } : {}),
    ...((await isParticipantMail(input, verdict, author)) ? { isParticipant: true } : {}),
    ...(forwardedBy === undefined ? {} : { forwardedBy }),
    ...(mail.class === "auto-reply" ? { isAutomatic: true } : {}),
    ...(verdict.code === "linked" ? { linkedTo: verdict.linkedTo } : {}),
    ...leftOutOf(input),
    ...(mail.invitation ? { invitation: mail.invitation } : {}),
    ...(mail.protection ? { protection: mail.protection } : {}),
  };
}

/** Who else the mail was written to; of a forwarded one only its forwarder is known. */
function othersOf({ mailboxes, mail }: ApplyInput, { code }: MessageVerdict): Pick<NonNullable<Message["mail"]>, "others"> {
  if (code === "forwarded") return {};
  const others = findOtherPeople(
    mail,
    mailboxes.map(({ address }) => address),
  );
  return others.length === 0 ? {} : { others: others.map(personOf) };
}

function personOf({ address, name }: MailAddress): { address: string; name?: string } {
  return name === null ? { address } : { address, name };
}

/**
 * Whether it joins a conversation whose contact did not write it: the visitor who reads along must not see it (T2). Looked
 * up when it is carried out, because after a crash the conversation may be somebody else's.
 */
async function isParticipantMail(
  { env, db }: ApplyInput,
  { code, target }: MessageVerdict,
  author: MailAddress | null,
): Promise<boolean> {
  if (author === null || target.kind !== "join" || code === "token:new-person") return false;
  const facts = await conversationStub(env, target.conversationId).mailFacts();
  if (facts === null) return false;
  // Without a token an address that is not proven is nobody's.
  if (code !== "token" && !facts.isAddressProven) return true;
  if (facts.email === author.address) return false;
  const sender = await findContactByEmail(db, author.address);
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
  const content = await contentOf(input, verdict.conversationId);
  const reply = await sendReply(input, verdict, { agent, content });
  const message =
    reply ??
    (await conversationStub(env, verdict.conversationId).receiveMail({
      ...content,
      open: openRequest(input, verdict.conversationId, null),
      author: { kind: "agent", id: verdict.agentId, ...(agent === null ? {} : { name: agent.name }) },
      channel: "note",
      mail: {
        ledgerId: row.id,
        ...(mail.from === null ? {} : { from: { address: mail.from.address } }),
        ...leftOutOf(input),
      },
      contact: null,
      shouldReopen: false,
      provesAddress: false,
    }));
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

/** Passes an agent's answer on to the contact, as if it had been written in the inbox; null where it stays a note. */
async function sendReply(
  { env, row }: ApplyInput,
  { as, conversationId }: Extract<Verdict, { code: "note" }>,
  { agent, content }: { agent: Agent | null; content: Content },
): Promise<Message | null> {
  if (as === "note" || agent === null || !hasRole(agent.role, "agent")) return null;
  const answer = await conversationStub(env, conversationId).send({
    // The same mail again is the same reply (A2).
    clientId: row.id,
    author: { kind: "agent", id: agent.id, name: agent.name },
    channel: "email",
    text: content.text.slice(0, TEXT_LENGTH_MAX),
    attachmentIds: content.attachments.map(({ id }) => id),
    uploadedBy: "mail",
    undoMs: 0,
  });
  if (answer.kind === "stored" || answer.kind === "repeated") return answer.message;
  if (answer.kind === "rejected" && answer.reason === "try_again") throw new Error("the files of a reply could not be claimed");
  return null;
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
  const ids = verdict.learnIds.filter((id) => id !== mail.messageId);
  await learnMailIds(db, { mailboxId, conversationId, ledgerId: row.id, ids, now });
  if (verdict.code !== "token" || !verdict.provesAddress || mail.from === null) return;
  await proveAddress(db, mail.from.address);
  const facts = await conversationStub(input.env, conversationId).mailFacts();
  const contactId = facts?.contactId ?? null;
  // Not where another address was typed while the mail was on its way.
  if (contactId !== null && facts?.isAddressProven === true) await setContactConversation(db, { contactId, conversationId, now });
}
