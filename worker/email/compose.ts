/** An agent's reply as a mail to one person. Pure: texts in, mail out; nothing is looked up or sent. */
import { toAsciiAddress } from "../domain/address.ts";
import { SUBJECT_LENGTH_MAX } from "../../durable-objects/conversation/protocol.ts";
import { escapeHtml, renderDocument, renderLink, renderText } from "./compose-html.ts";
import { MAIL_TEXTS } from "./compose-texts.ts";
import { composeTranscript, createClock, type TranscriptEntry } from "./compose-transcript.ts";
import { withoutStrangersWords } from "./compose-unconfirmed.ts";
import type { MailAddress } from "./mail.ts";
import type { OutgoingAttachment, OutgoingMail } from "./outgoing-mail.ts";
import { LOOP_HEADER, type ReplyMarkerLocale } from "./reply-marker.ts";

/** Bytes of all files of one mail that travel in it; the transport's limit is 5 MiB, encoded as base64. */
const ATTACHMENTS_TRAVEL_BYTES_MAX = 3_500_000;
/** Bytes. Cloudflare refuses header values above 2,048. */
export const REFERENCES_BYTES_MAX = 1_900;
/** Bytes of one Message-ID that is repeated in a header. */
const MESSAGE_ID_BYTES_MAX = 600;
/** UTF-16 code units of a display name. */
const DISPLAY_NAME_LENGTH_MAX = 100;

export type ComposeSubject =
  /** Answers a mail: the subject of the latest one that came in. */
  | { kind: "reply"; to: string }
  /** Given by the agent who began the conversation. */
  | { kind: "own"; text: string }
  /** A chat that goes on by mail: always the same. */
  | { kind: "chat" };

export interface FileLink {
  name: string;
  /** Signed, and expires. */
  url: string;
}

export interface ComposeInput {
  locale: ReplyMarkerLocale;
  company: string;
  /** Null: the mail is from the company alone. */
  agentName: string | null;
  /** The mailbox's address. */
  mailbox: string;
  recipient: MailAddress;
  cc: MailAddress[];
  bcc: MailAddress[];
  /** Those of them who are named in the headers but get no copy. */
  withheld: string[];
  /** The signed reply address made for this recipient. */
  replyTo: string;
  /** Without brackets; null where the transport chooses. */
  messageId: string | null;
  subject: ComposeSubject;
  /** The agent's words. */
  text: string;
  signature: string;
  /** What shows in the chat that the address is theirs, where that is still to be shown. */
  showInChat: string | null;
  /** Message-IDs of this recipient's thread without brackets, oldest first; the last is the one answered. */
  references: readonly string[];
  /** The conversation oldest first, without the reply itself. */
  transcript: readonly TranscriptEntry[];
  /** Whether the recipient has shown that the address is theirs; else the mail carries little of what somebody typed (T23). */
  isConfirmed: boolean;
  /** Where it was typed, if it was. */
  typedIn: "chat" | "form";
  /** What a visitor wrote in the conversation, whether or not it is in the transcript: an agent may quote it. */
  visitorTexts: readonly string[];
  /** IANA name of the recipient's zone. */
  timeZone: string;
  /** Tells this deployment's mails from those of others. */
  loopMarker: string;
  /** Set only where no person wrote the mail (RFC 3834). */
  automatic: "auto-generated" | "auto-replied" | null;
  attachments: OutgoingAttachment[];
  /** Files that are too large to travel, and until when their links work (epoch ms). */
  fileLinks: FileLink[];
  fileLinksExpireAt: number | null;
}

export function composeMail(given: ComposeInput): OutgoingMail {
  const input = given.isConfirmed ? cleaned(given) : withoutStrangersWords(cleaned(given));
  const transcript = composeTranscript(input.transcript, input);
  const reply = input.text;
  const signature = cleanText(input.signature);
  const links = describeFileLinks(input);
  const show = input.showInChat === null ? undefined : MAIL_TEXTS[input.locale].showInChat(input.showInChat);
  const textParts = [reply, links?.text, signature === "" ? undefined : `-- \n${signature}`, show, transcript?.text];
  const htmlParts = [
    `<div dir="auto">${renderText(reply)}</div>`,
    links?.html,
    signature === "" ? undefined : `<div dir="auto" style="margin-top:16px;opacity:0.75">${renderText(signature)}</div>`,
    show === undefined ? undefined : `<p style="margin-top:16px;font-size:13px;opacity:0.75">${renderText(show)}</p>`,
    transcript?.html,
  ];
  return {
    from: { address: input.mailbox, name: composeFromName(input) },
    to: [cleanAddress(input.recipient)],
    cc: input.cc.map(cleanAddress),
    bcc: input.bcc.map(cleanAddress),
    withheld: input.withheld.map(toAsciiAddress),
    replyTo: input.replyTo,
    subject: composeSubject(input),
    messageId: input.messageId,
    headers: composeHeaders(input),
    text: textParts.filter((part) => part !== undefined).join("\n\n") + "\n",
    html: renderDocument(input.locale, htmlParts.filter((part) => part !== undefined).join("")),
    attachments: input.attachments,
  };
}

/** What a visitor typed may hold anything; a mail holds text. */
function cleaned(input: ComposeInput): ComposeInput {
  const transcript = input.transcript.map((entry) => ({
    ...entry,
    authorName: cleanName(entry.authorName),
    text: cleanText(entry.text),
  }));
  return { ...input, text: cleanText(input.text), visitorTexts: input.visitorTexts.map(cleanText), transcript };
}

/**
 * Which files travel in the mail and which become links: in their order, as many as fit.
 * @param files with their `size` in bytes.
 */
export function partitionAttachments<File extends { size: number }>(files: readonly File[]): { travel: File[]; link: File[] } {
  const travel: File[] = [];
  const link: File[] = [];
  let bytes = 0;
  for (const file of files) {
    const isFitting = bytes + file.size <= ATTACHMENTS_TRAVEL_BYTES_MAX;
    if (isFitting) bytes += file.size;
    (isFitting ? travel : link).push(file);
  }
  return { travel, link };
}

/**
 * A `References` value of at most 1,900 bytes: the first, which names the thread, and the newest that fit.
 * @param ids without brackets, oldest first.
 */
export function composeReferences(ids: readonly string[]): string {
  const [first, ...rest] = [...new Set(ids)].filter(isQuotableId).map((id) => `<${id}>`);
  if (first === undefined) return "";
  const newest: string[] = [];
  let bytes = first.length;
  for (const id of rest.reverse()) {
    bytes += 1 + id.length;
    if (bytes > REFERENCES_BYTES_MAX) break;
    newest.unshift(id);
  }
  return [first, ...newest].join(" ");
}

/** One line without control and bidirectional characters, of limited length: fit for a header (T15). */
export function cleanHeaderText(text: string, lengthMax: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g, "")
    .replace(/ {2,}/g, " ")
    .trim();
  // A lone half of a surrogate pair can't be encoded.
  return line
    .slice(0, lengthMax)
    .replace(/[\uD800-\uDBFF]$/, "")
    .toWellFormed();
}

function composeHeaders(input: ComposeInput): Record<string, string> {
  const references = composeReferences(input.references);
  const answered = input.references.findLast(isQuotableId);
  return {
    ...(answered === undefined ? {} : { "In-Reply-To": `<${answered}>`, References: references }),
    "X-Auto-Response-Suppress": "All",
    ...(input.automatic === null ? {} : { "Auto-Submitted": input.automatic }),
    [LOOP_HEADER]: input.loopMarker,
  };
}

/** Ids that we made up for mails without one, and ids that could break a header, are never repeated. */
function isQuotableId(id: string): boolean {
  return id.length <= MESSAGE_ID_BYTES_MAX && /^[\x21-\x3b\x3d\x3f-\x7e]+$/.test(id) && !/^gen-[0-9a-f]+$/.test(id);
}

function composeSubject({ subject, company, locale }: ComposeInput): string {
  const chat = cleanHeaderText(MAIL_TEXTS[locale].chatSubject(company), SUBJECT_LENGTH_MAX);
  if (subject.kind === "chat") return chat;
  if (subject.kind === "own") return cleanHeaderText(subject.text, SUBJECT_LENGTH_MAX) || chat;
  const bare = cleanHeaderText(subject.to, SUBJECT_LENGTH_MAX).replace(/^(?:re ?(?:\[\d{1,3}\])? ?: ?)+/i, "");
  return bare === "" ? `Re: ${chat}` : `Re: ${bare}`;
}

function composeFromName({ agentName, company, locale }: ComposeInput): string | null {
  const agent = cleanName(agentName);
  const name = cleanName(company);
  if (agent === null || name === null) return agent ?? name;
  return cleanHeaderText(MAIL_TEXTS[locale].fromAgent(agent, name), DISPLAY_NAME_LENGTH_MAX);
}

function cleanAddress({ address, name }: MailAddress): MailAddress {
  return { address: toAsciiAddress(address), name: cleanName(name) };
}

function cleanName(name: string | null): string | null {
  return cleanHeaderText(name ?? "", DISPLAY_NAME_LENGTH_MAX) || null;
}

/** Line ends are LF; characters that no text needs are gone. */
function cleanText(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n");
  return lines
    .replace(/(?![\n\t])\p{Cc}/gu, "")
    .toWellFormed()
    .trim();
}

function describeFileLinks(input: ComposeInput): { text: string; html: string } | null {
  if (input.fileLinks.length === 0) return null;
  const texts = MAIL_TEXTS[input.locale];
  const expireAt = input.fileLinksExpireAt;
  const expiry = expireAt === null ? [] : [texts.filesExpire(createClock(input).formatDay(expireAt))];
  const items = input.fileLinks.map(({ name, url }) => ({ name: cleanHeaderText(name, DISPLAY_NAME_LENGTH_MAX), url }));
  return {
    text: [`${texts.files}:`, ...items.map(({ name, url }) => `[${name}] ${url}`), ...expiry].join("\n"),
    html: `<p>${[`${texts.files}:`, ...expiry].map(escapeHtml).join("<br>")}<br>${items.map(({ name, url }) => renderLink(url, name)).join("<br>")}</p>`,
  };
}
