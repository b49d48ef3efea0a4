import PostalMime, { type Attachment, type Email } from "postal-mime";
import { cleanDisplayName, findAddresses, parseAddress, parseAddressList } from "./addresses.ts";
import { readAuthentication, readSpamMark } from "./authentication.ts";
import { parseUnwantedAnswers } from "./auto-answer.ts";
import { readBounce, readReport } from "./bounces.ts";
import { repairControls } from "./charsets.ts";
import { classifyMail, readAutoSubmitted } from "./classify.ts";
import { decodeHeaderText } from "./encoded-words.ts";
import { unflow } from "./flowed-text.ts";
import { dropHiddenText } from "./html-hidden.ts";
import { htmlToLines } from "./html-lines.ts";
import type { Invitation } from "../../durable-objects/conversation/protocol.ts";
import { parseInvitation } from "./invitation.ts";
import { attachmentSize, type ForwardedFrom, type MailAddress, type MailAttachment, type ParsedMail } from "./mail.ts";
import { parseMailDate } from "./mail-dates.ts";
import { openBoxes } from "./mail-boxes.ts";
import { firstHeader, type MailHeaders, toHeaders } from "./mail-headers.ts";
import { splitLines } from "./mail-line.ts";
import { GENERATED_ID_PREFIX, parseMessageId, parseMessageIds } from "./message-ids.ts";
import { normaliseMail } from "./normalise.ts";
import { readProtection } from "./protection.ts";
import { LOOP_HEADER } from "./reply-marker.ts";
import { stripQuotes, type StrippedMail } from "./strip-quotes.ts";

const SUBJECT_LENGTH_MAX = 998; // characters
const BODY_LENGTH_MAX = 2_000_000; // characters of text or HTML
const MENTIONED_MAX = 20; // addresses
const FILE_NAME_LENGTH_MAX = 200; // characters
/** Attached mails that are opened to see who wrote the forwarded one. */
const NESTING_MAX = 1;

export interface ParseMailOptions {
  /** Name of the server whose `Authentication-Results` are trusted; null where none is. */
  authservId?: string | null;
  /** Envelope sender, the author of last resort. */
  envelopeFrom?: string | null;
  /** The file that a part only stands for, because it was too large to be parsed. */
  findStored?: (content: Uint8Array) => Required<Pick<MailAttachment, "content" | "stored">> | null;
}

interface Body {
  text: string;
  /** Without what its sender hid from readers. */
  html: string | null;
  /** With it. */
  fullHtml: string | null;
  stripped: StrippedMail;
}

/**
 * Reads a raw mail. Throws only where the parser's own limits are passed (headers over 2 MiB, 256 levels of parts):
 * the caller shows a placeholder then.
 */
export async function parseMail(raw: Uint8Array, options: ParseMailOptions = {}): Promise<ParsedMail> {
  return parseNested(raw, options, 0);
}

async function parseNested(raw: Uint8Array, options: ParseMailOptions, depth: number): Promise<ParsedMail> {
  const normal = normaliseMail(raw);
  const email = await PostalMime.parse(normal.bytes, { forceRfc822Attachments: true });
  if (normal.isFlowed && email.text) email.text = unflow(email.text, normal.isDelSp);
  const headers = toHeaders(email.headers);
  const subject = readSubject(headers);
  const opened = openBoxes(email.attachments.map((attachment, i) => toAttachment(attachment, i, options.findStored)));
  const { attachments } = opened;
  if (!email.text?.trim() && !email.html?.trim()) Object.assign(email, { text: opened.text, html: opened.html });
  const body = readBody(email, headers.has("subject") ? subject : "");
  const people = readPeople(headers, options.envelopeFrom ?? null);
  const facts = {
    headers,
    partTypes: attachments.map(({ type }) => type),
    from: people.from?.address ?? null,
    subject,
    text: body.text,
  };
  const mailClass = classifyMail(facts);
  const forwarded = mailClass === "person" ? await readForward(body.stripped, attachments, depth) : null;
  return {
    ...people,
    ...readThreading(headers),
    subject,
    messageId: parseMessageId(firstHeader(headers, "message-id")) ?? (await generateId(headers, body, attachments)),
    date: parseMailDate(firstHeader(headers, "date")),
    class: mailClass,
    text: body.stripped.text,
    quoted: body.stripped.quoted,
    html: body.html === null ? null : body.html.slice(0, body.stripped.htmlEnd ?? body.html.length),
    fullHtml: body.fullHtml,
    forwardedFrom: forwarded?.from ?? null,
    forwardNote: forwarded?.note ?? "",
    forwardedText: forwarded?.text ?? "",
    attachments,
    bounce: mailClass === "bounce" ? readBounce({ headers, subject, body: body.text, attachments }) : null,
    report: mailClass === "complaint" || mailClass === "receipt" ? readReport({ body: body.text, attachments }) : null,
    autoSubmitted: readAutoSubmitted(headers),
    unwantedAnswers: parseUnwantedAnswers(firstHeader(headers, "x-auto-response-suppress")),
    loopMarker: firstHeader(headers, LOOP_HEADER.toLowerCase()).trim() || null,
    mentionedAddresses: readMentioned(people.replyTo, body),
    authentication: readAuthentication(headers, options.authservId ?? null),
    isMarkedSpam: readSpamMark(headers, options.authservId ?? null),
    invitation: readInvitation(attachments),
    protection: readProtection(headers, { text: body.text, attachments }),
  };
}

function readInvitation(attachments: readonly MailAttachment[]): Invitation | null {
  const calendar = attachments.find(({ type }) => type === "text/calendar" || type === "application/ics");
  return calendar === undefined ? null : parseInvitation(calendar.content);
}

function readSubject(headers: MailHeaders): string {
  const text = decodeHeaderText(firstHeader(headers, "subject"));
  // Folding, control and direction characters have no meaning in one line.
  return text
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim()
    .slice(0, SUBJECT_LENGTH_MAX);
}

function readAddresses(headers: MailHeaders, name: string): MailAddress[] {
  return (headers.get(name) ?? []).flatMap((value) => parseAddressList(value));
}

type People = Pick<ParsedMail, "from" | "sender" | "to" | "cc" | "replyTo">;

/** The author is `From`; the others only stand in where it holds no valid address at all. */
function readPeople(headers: MailHeaders, envelopeFrom: string | null): People {
  const sender = readAddresses(headers, "sender")[0] ?? null;
  const replyTo = readAddresses(headers, "reply-to");
  const envelope = envelopeFrom === null ? null : parseAddress(envelopeFrom);
  const from = readAddresses(headers, "from")[0] ?? sender ?? replyTo[0] ?? (envelope ? { address: envelope, name: null } : null);
  return { from, sender, to: readAddresses(headers, "to"), cc: readAddresses(headers, "cc"), replyTo };
}

function readThreading(headers: MailHeaders): Pick<ParsedMail, "inReplyTo" | "references" | "listId"> {
  const ids = (name: string): string[] => [
    ...new Set((headers.get(name) ?? []).flatMap((value) => parseMessageIds(decodeHeaderText(value)))),
  ];
  const listId = firstHeader(headers, "list-id");
  return {
    inReplyTo: ids("in-reply-to"),
    references: ids("references"),
    listId: /<([^<>]{1,255})>/.exec(listId)?.[1] ?? (listId.trim() || null),
  };
}

function cleanBody(text: string | undefined): string {
  return repairControls((text ?? "").slice(0, BODY_LENGTH_MAX)).replaceAll("\u0000", "");
}

/** The HTML part is what the sender saw; the plain one stands in where it is empty. */
function readBody(email: Email, subject: string): Body {
  const fullHtml = cleanBody(email.html) || null;
  const html = fullHtml === null ? null : dropHiddenText(fullHtml);
  const plain = cleanBody(email.text);
  const lines = html === null ? [] : htmlToLines(html);
  if (lines.some((line) => line.bare !== "")) {
    return { text: lines.map((line) => line.text).join("\n"), html, fullHtml, stripped: stripQuotes(lines, subject) };
  }
  const { lines: plainLines, rest } = splitLines(plain);
  const stripped = stripQuotes(plainLines, subject);
  const quoted = rest ? [stripped.quoted, rest.trim()].filter(Boolean).join("\n") : stripped.quoted;
  return { text: plain, html, fullHtml, stripped: { ...stripped, quoted } };
}

function toBytes(content: Attachment["content"]): Uint8Array {
  if (typeof content === "string") return new TextEncoder().encode(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}

const EXTENSIONS = new Map([
  ["message/rfc822", "eml"],
  ["text/calendar", "ics"],
  ["text/plain", "txt"],
  ["text/html", "html"],
  ["application/pdf", "pdf"],
  ["image/jpeg", "jpg"],
  ["image/png", "png"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);

function toAttachment(attachment: Attachment, index: number, findStored: ParseMailOptions["findStored"]): MailAttachment {
  const type = attachment.mimeType.toLowerCase() || "application/octet-stream";
  const name = cleanDisplayName(decodeHeaderText(attachment.filename ?? ""))
    ?.replace(/[/\\]/g, "_")
    .slice(-FILE_NAME_LENGTH_MAX);
  const extension = EXTENSIONS.get(type);
  const contentId = attachment.contentId?.replace(/[<>\s]/g, "") || null;
  const content = toBytes(attachment.content);
  return {
    name: name || `attachment-${index + 1}${extension ? `.${extension}` : ""}`,
    type,
    ...(findStored?.(content) ?? { content }),
    isInline: contentId !== null && (attachment.related === true || attachment.disposition === "inline"),
    contentId,
  };
}

/** Made of what stays the same when a mail is delivered twice; trace headers do not. */
async function generateId(headers: MailHeaders, body: Body, attachments: readonly MailAttachment[]): Promise<string> {
  const fields = ["from", "to", "cc", "date", "subject"].map((name) => firstHeader(headers, name));
  const files = attachments.map((file) => `${file.name} ${attachmentSize(file)}`);
  const bytes = new TextEncoder().encode(JSON.stringify([fields, body.text, body.fullHtml, files]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return GENERATED_ID_PREFIX + [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface FoundForward {
  from: ForwardedFrom;
  note: string;
  text: string;
}

/** A forward inside the text, or a mail forwarded as an attachment. */
async function readForward(
  stripped: StrippedMail,
  attachments: readonly MailAttachment[],
  depth: number,
): Promise<FoundForward | null> {
  if (stripped.forward) {
    const note = stripped.quoted === "" ? "" : stripped.text;
    return { from: stripped.forward.from, note, text: stripped.forward.body };
  }
  const attached = attachments.find(({ type }) => type === "message/rfc822");
  if (!attached || depth >= NESTING_MAX) return null;
  try {
    const inner = await parseNested(attached.content, {}, depth + 1);
    if (!inner.from) return null;
    return { from: { ...inner.from, subject: inner.subject || null }, note: stripped.text, text: inner.text };
  } catch {
    return null; // An attached mail that cannot be read is still there to download.
  }
}

/** Only an address with a `+` part can carry a token. */
function readMentioned(replyTo: readonly MailAddress[], body: Body): string[] {
  const found = [...replyTo.map(({ address }) => address), ...findAddresses(body.text, MENTIONED_MAX * 5)];
  if (body.fullHtml !== null) found.push(...findAddresses(body.fullHtml, MENTIONED_MAX * 5));
  return [...new Set(found)].filter((address) => address.includes("+")).slice(0, MENTIONED_MAX);
}
