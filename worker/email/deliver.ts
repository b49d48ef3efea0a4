/** A message becomes a mail: gathers what composing needs, hands it over, and says what became of it. */
import { CORRESPONDENTS_MAX } from "../../durable-objects/conversation/addresses.ts";
import { recipientsOf } from "../../durable-objects/conversation/copies.ts";
import type { DeliveryResult } from "../../durable-objects/conversation/outbox.ts";
import type { MailToDeliver } from "../../durable-objects/conversation/ports.ts";
import type { Attachment, Message } from "../../durable-objects/conversation/protocol.ts";
import { isStopped } from "../../durable-objects/conversation/sessions.ts";
import { createFileUrl } from "../api/files.ts";
import { findAttachment } from "../db/attachments.ts";
import { openDatabase, type Database } from "../db/database.ts";
import { addParticipants, saveMailId } from "../db/mail-threads.ts";
import { listMailboxes, loadCachedSettings } from "../db/settings.ts";
import { findUndeliverable, markUndeliverable, unmarkBounced } from "../db/undeliverable.ts";
import type { Mailbox } from "../domain/api-shapes.ts";
import type { Settings } from "../domain/settings.ts";
import { describeError } from "../domain/error-text.ts";
import { configOf, type Env } from "../env.ts";
import type { TranscriptEntry } from "./compose-transcript.ts";
import { confirmingLink } from "./confirming-link.ts";
import { composeMail, partitionAttachments, type ComposeSubject, type FileLink } from "./compose.ts";
import type { MailAddress } from "./mail.ts";
import type { OutgoingAttachment, OutgoingMail } from "./outgoing-mail.ts";
import { heldResult, outcomeOf, planRecipients, type DeliveryOutcome, type RecipientPlan } from "./recipients.ts";
import { withinMailTotal } from "./mail-total.ts";
import { loopMarkerOf } from "./secrets.ts";
import { createSignedAddress } from "./signed-address.ts";
import { createTransport } from "./transport.ts";

/** Ms for which links to files in mails work. */
const MAIL_LINK_MS = 30 * 24 * 60 * 60 * 1_000;

/** Throws only where nothing was handed over (the database is away, say): then it is tried again. */
export async function deliverMail(env: Env, job: MailToDeliver): Promise<DeliveryResult> {
  const recipient = job.to;
  const db = openDatabase(env.DB);
  const mailbox = await mailboxOf(db, job);
  if (mailbox === null) return { kind: "refused", reason: "There is no mailbox to write from." };
  const plan = planRecipients(job, await findUndeliverable(db, recipientsOf(recipient, job.message)));
  if (plan.targets.length === 0) return heldResult(plan);
  const files = await loadFiles(
    env,
    db,
    [...job.also, job.message].flatMap(({ attachments }) => attachments),
  );
  if (files === null)
    return { kind: "refused", reason: "A file is too large to travel in a mail, and PUBLIC_URL is not set to link to it." };
  const settings = await loadCachedSettings(db, Date.now());
  const parts = { job, mailbox, recipient, plan, files, settings };
  return withinMailTotal(env, { job, recipients: plan.targets.length, settings }, () => handOver(env, db, parts));
}

async function handOver(env: Env, db: Database, parts: ComposeParts): Promise<DeliveryResult> {
  const { job, mailbox, recipient, plan } = parts;
  const mail = await compose(env, parts);
  // Their answers belong to this thread, and can be back within the second. It is our own mail that names them.
  const emails = plan.everyone.filter((address) => address !== recipient);
  await addParticipants(db, { conversationId: job.state.id, ledgerId: job.message.id, emails, now: Date.now() });
  const { result, bad } = outcomeOf(plan, await createTransport(env).send(mail));
  await rememberAddresses(db, { job, result, bad });
  if (result.kind === "sent") await rememberId(db, { job, mailbox, messageId: result.messageId });
  return result;
}

/** What the hand-over has shown of each address. It has happened: whether it can be noted changes nothing about it. */
async function rememberAddresses(db: Database, { job, result, bad }: DeliveryOutcome & { job: MailToDeliver }): Promise<void> {
  try {
    for (const { email, reason } of bad) await markUndeliverable(db, { email, cause: "bounce", reason, at: Date.now() });
    // An agent insisted, and the other server took it.
    if (job.isInsisted && result.kind === "sent") await unmarkBounced(db, result.to);
  } catch (error) {
    logFailure("addresses_not_saved", job, error);
  }
}

type MailboxRef = Pick<Mailbox, "id" | "address" | "signature" | "locale">;

async function mailboxOf(db: Database, { state }: MailToDeliver): Promise<MailboxRef | null> {
  const mailboxes = await listMailboxes(db);
  const own = mailboxes.find(({ id }) => id === state.mail?.mailboxId);
  if (own !== undefined) return own;
  // A mailbox that is gone still has its thread's address.
  if (state.mail !== null) return { id: state.mail.mailboxId, address: state.mail.mailbox, signature: null, locale: null };
  return mailboxes[0] ?? null;
}

/** A mail that has left must not fail because its id cannot be noted: answers also match by their token. */
async function rememberId(
  db: Database,
  input: { job: MailToDeliver; mailbox: MailboxRef; messageId: string | null },
): Promise<void> {
  const { job, mailbox, messageId } = input;
  if (messageId === null) return;
  const row = {
    mailboxId: mailbox.id,
    messageId,
    conversationId: job.state.id,
    seq: job.message.seq,
    contentHash: null,
    ledgerId: null,
    createdAt: Date.now(),
  };
  await saveMailId(db, row).catch((error: unknown) => logFailure("mail_id_not_saved", job, error));
}

function logFailure(event: string, { state }: MailToDeliver, error: unknown): void {
  console.error(JSON.stringify({ level: "error", event, conversationId: state.id, ...describeError(error) }));
}

interface Files {
  travel: OutgoingAttachment[];
  links: FileLink[];
  expireAt: number | null;
}

async function loadFiles(env: Env, db: Database, attachments: Attachment[]): Promise<Files | null> {
  const { travel, link } = partitionAttachments(attachments);
  const { PUBLIC_URL } = configOf(env);
  if (link.length > 0 && PUBLIC_URL === "") return null;
  const expireAt = link.length === 0 ? null : Date.now() + MAIL_LINK_MS;
  const links = await Promise.all(link.map(async ({ id, name }) => ({ name, url: await linkTo(env, id, expireAt ?? 0) })));
  return { travel: await Promise.all(travel.map((file) => loadFile(env, db, file))), links, expireAt };
}

async function linkTo(env: Env, attachmentId: string, expiresAt: number): Promise<string> {
  return (await createFileUrl(env, new URL(configOf(env).PUBLIC_URL).origin, { attachmentId, expiresAt })).url;
}

async function loadFile(env: Env, db: Database, file: Attachment): Promise<OutgoingAttachment> {
  const row = await findAttachment(db, file.id);
  const object = row === null ? null : await env.MAIL.get(row.key);
  if (object === null) throw new Error(`file ${file.id} is not in the store`);
  return { name: file.name, type: file.type, content: new Uint8Array(await object.arrayBuffer()) };
}

interface ComposeParts {
  job: MailToDeliver;
  mailbox: MailboxRef;
  recipient: string;
  plan: RecipientPlan;
  files: Files;
  settings: Settings;
}

async function compose(env: Env, parts: ComposeParts): Promise<OutgoingMail> {
  const { job, mailbox, recipient, plan, files, settings } = parts;
  const { state, message, earlier } = job;
  const kind = state.form === null ? "contact" : "form";
  const isAutomatic = message.author.kind === "system";
  return composeMail({
    locale: localeOf(job, mailbox.locale ?? settings.mail.locale),
    company: settings.company,
    agentName: message.author.name ?? null,
    mailbox: mailbox.address,
    // What a stranger calls themselves travels in no header.
    recipient: { address: recipient, name: !isAutomatic && state.contact?.email === recipient ? state.contact.name : null },
    cc: toAddresses(message.cc, [recipient]),
    bcc: toAddresses(message.bcc, [recipient, ...(message.cc ?? [])]),
    withheld: plan.everyone.filter((address) => !plan.targets.includes(address)),
    showInChat: await confirmingLinkOf(env, job, settings),
    replyTo: await createSignedAddress(env, { kind, conversationId: state.id, mailbox: mailbox.address, recipient }),
    messageId: `${job.mailId}@${mailbox.address.slice(mailbox.address.lastIndexOf("@") + 1)}`,
    subject: subjectOf(job),
    text: [...job.also, message].map(({ text }) => text).join("\n\n"),
    signature: mailbox.signature ?? settings.mail.signature,
    references: referencesOf(job),
    transcript: settings.mail.isTranscriptIncluded ? await transcriptOf(env, earlier) : [],
    isConfirmed: isShown(job),
    typedIn: state.form === null ? "chat" : "form",
    visitorTexts: job.theirWords,
    timeZone: settings.hours.timeZone,
    loopMarker: await loopMarkerOf(env),
    automatic: isAutomatic ? "auto-replied" : null,
    attachments: files.travel,
    fileLinks: files.links,
    fileLinksExpireAt: files.expireAt,
  });
}

/** Below a reply by mail to somebody who began in the chat and has not shown there that the address is theirs. */
async function confirmingLinkOf(env: Env, { state, to, level }: MailToDeliver, { widget }: Settings): Promise<string | null> {
  const { beginner, id: conversationId } = state;
  if (beginner === null || level === "confirmed" || isStopped(beginner, to)) return null;
  const session = { conversationId, sessionId: beginner.id, email: to, now: Date.now() };
  return confirmingLink(configOf(env).APP_SECRET, { ...session, origin: beginner.origin, widget });
}

/** The contact's address may have become one of the copies since the message was written. */
function toAddresses(addresses: readonly string[] = [], taken: readonly string[]): MailAddress[] {
  return addresses.filter((address) => !taken.includes(address)).map((address) => ({ address, name: null }));
}

function localeOf({ state }: MailToDeliver, fallback: "en" | "es"): "en" | "es" {
  const locale = state.visitor?.locale?.toLowerCase();
  if (locale === undefined) return fallback;
  return locale.startsWith("es") ? "es" : "en";
}

/** The subject follows the thread; a chat that goes on by mail keeps one subject. */
function subjectOf({ state, message, to }: MailToDeliver): ComposeSubject {
  if (message.subject !== undefined && message.subject !== "") return { kind: "own", text: message.subject };
  if (state.subject === null || !isThreadOf(state, to)) return { kind: "chat" };
  return { kind: "reply", to: state.subject };
}

/**
 * What a chat was called by mails, and their ids, are for who wrote them: whoever else is written to could be told by them
 * what was mailed, or be mailed a stranger's words.
 */
function isThreadOf({ beginner, correspondents }: MailToDeliver["state"], to: string): boolean {
  if (beginner === null) return true;
  return correspondents.length < CORRESPONDENTS_MAX && correspondents.every(({ email, isHeard }) => !isHeard || email === to);
}

/** By a mail of the address that is written to: a visitor's address, and one in a form, was only typed. */
function isShown({ level }: MailToDeliver): boolean {
  return level === "confirmed" || level === "mail";
}

/** What a form sent is in nobody's mailbox: whoever is written to has no thread that it could belong to. */
function referencesOf({ state, to }: MailToDeliver): string[] {
  if (
    state.mail === null ||
    !isThreadOf(state, to) ||
    (state.form !== null && !state.correspondents.some(({ isReachable }) => isReachable))
  )
    return [];
  const { references, lastInboundId } = state.mail;
  return lastInboundId === null ? references : [...references.filter((id) => id !== lastInboundId), lastInboundId];
}

/** Files of the chat are linked to, where there is an address to link to. */
async function transcriptOf(env: Env, earlier: Message[]): Promise<TranscriptEntry[]> {
  const isLinked = configOf(env).PUBLIC_URL !== "";
  const expiresAt = Date.now() + MAIL_LINK_MS;
  return Promise.all(
    earlier.map(async (message) => ({
      at: message.at,
      channel: message.channel,
      by: isCompanys(message) ? ("company" as const) : ("visitor" as const),
      authorName: message.author.name ?? null,
      text: message.text,
      files: await Promise.all(
        message.attachments.map(async ({ id, name }) => ({ name, url: isLinked ? await linkTo(env, id, expiresAt) : null })),
      ),
      isKnownByMail: isKnownByMail(message),
    })),
  );
}

/** What somebody wrote in a form came by mail to us, and to nobody else. */
function isKnownByMail({ channel, mail, delivery }: Message): boolean {
  return (channel === "email" && mail?.form === undefined) || delivery?.state === "sent";
}

function isCompanys({ author }: Message): boolean {
  return author.kind === "agent" || author.kind === "system";
}
