import { findAddresses, parseAddress, parseAddressList } from "./addresses.ts";
import type { Bounce, MailAttachment, Report } from "./mail.ts";
import { firstHeader, type MailHeaders, parseHeaderText } from "./mail-headers.ts";
import { parseMessageIds } from "./message-ids.ts";

/** What a bounce says: who could not be reached, why, and which mail it was. */

const BODY_LENGTH_MAX = 50_000; // characters looked at
const REPORT_BYTES_MAX = 100_000;
/** Recipients of one report that are looked at. */
const REPORT_BLOCKS_MAX = 200;
const DIAGNOSTIC_LENGTH_MAX = 500; // characters

const STATUS = /\b([245]\.\d{1,3}\.\d{1,3})\b/;
const SMTP_CODE = /(?:^|[\s:"'(])([45]\d\d)[ -](?=\S)/m;
const DELAY =
  /delayed|delay notification|still being retried|will (?:be retried|keep trying|continue)|temporar|not yet been delivered|warning message only/i;

interface RecipientReport {
  recipient: string | null;
  status: string | null;
  action: string;
  diagnostic: string | null;
}

function textOf(attachment: MailAttachment): string {
  return new TextDecoder().decode(attachment.content.subarray(0, REPORT_BYTES_MAX));
}

function oneLine(text: string): string | null {
  return text.replace(/\s+/g, " ").trim().slice(0, DIAGNOSTIC_LENGTH_MAX) || null;
}

/** `rfc822; ana@example.com` → the address. */
function recipientOf(value: string): string | null {
  const text = value.slice(value.indexOf(";") + 1).trim();
  return parseAddress(text.replace(/[<>]/g, "")) ?? findAddresses(text, 1)[0] ?? null;
}

/** RFC 3464: one block for the message, then one for each recipient. */
function readRecipients(report: string): RecipientReport[] {
  return report
    .split(/\r?\n[ \t]*\r?\n/, REPORT_BLOCKS_MAX)
    .map((block) => parseHeaderText(block))
    .filter(
      (fields) =>
        fields.has("final-recipient") || fields.has("original-recipient") || fields.has("action") || fields.has("status"),
    )
    .map((fields) => ({
      recipient: recipientOf(firstHeader(fields, "original-recipient")) ?? recipientOf(firstHeader(fields, "final-recipient")),
      status: STATUS.exec(firstHeader(fields, "status"))?.[1] ?? STATUS.exec(firstHeader(fields, "diagnostic-code"))?.[1] ?? null,
      action: firstHeader(fields, "action").trim().toLowerCase(),
      diagnostic: oneLine(firstHeader(fields, "diagnostic-code").replace(/^[a-z0-9-]{1,20};\s*/i, "")),
    }));
}

function isHardReport(report: RecipientReport): boolean {
  if (report.status?.startsWith("4") || report.action === "delayed") return false;
  return report.action === "failed" || report.status?.startsWith("5") === true;
}

/** The report tells of several recipients; the failed one matters most. */
function chooseReport(reports: readonly RecipientReport[]): RecipientReport | null {
  const failed = reports.find((report) => isHardReport(report));
  return failed ?? reports.find((report) => report.status?.startsWith("4") || report.action === "delayed") ?? reports[0] ?? null;
}

/** Servers without reports write the address above what the other side said. */
function readBody(headers: MailHeaders, subject: string, body: string): RecipientReport {
  const text = body.slice(0, BODY_LENGTH_MAX);
  const failed = parseAddressList(firstHeader(headers, "x-failed-recipients"))[0]?.address;
  const named = /^[ \t]*<([^<>\s]{3,254})>[^\n]{0,80}:?[ \t]*\r?$/m.exec(text)?.[1];
  const status = STATUS.exec(text)?.[1] ?? null;
  const code = SMTP_CODE.exec(text);
  const line = code ? text.slice(code.index).trimStart().split("\n", 1)[0] : undefined;
  const isDelayed = DELAY.test(subject) || (status === null && !code && DELAY.test(text));
  const digit = status?.[0] ?? code?.[1]?.[0];
  return {
    recipient: failed ?? (named ? parseAddress(named) : null) ?? findAddresses(text, 1)[0] ?? null,
    status,
    action: isDelayed || digit === "4" ? "delayed" : "failed",
    diagnostic: oneLine(line ?? ""),
  };
}

/** Headers of the mail that came back: an attached message, its headers alone, or a copy in the text. */
function readOriginalHeaders(attachments: readonly MailAttachment[], body: string): MailHeaders {
  const part = attachments.find(({ type }) => /^(?:message\/(?:rfc822|global)|text\/rfc822|message\/rfc822-headers)/.test(type));
  if (part) return parseHeaderText(textOf(part));
  const text = body.slice(0, BODY_LENGTH_MAX);
  const copy = /^(?:received|return-path|message-id|from|date):/im.exec(text);
  return parseHeaderText(copy ? text.slice(copy.index) : "");
}

function readOriginal(
  attachments: readonly MailAttachment[],
  body: string,
): Pick<Bounce, "originalMessageId" | "originalReplyTo"> {
  const headers = readOriginalHeaders(attachments, body);
  return {
    originalMessageId: parseMessageIds(firstHeader(headers, "message-id"))[0] ?? null,
    originalReplyTo: parseAddressList(firstHeader(headers, "reply-to")).map(({ address }) => address),
  };
}

export interface BounceParts {
  headers: MailHeaders;
  subject: string;
  /** The body as text. */
  body: string;
  attachments: readonly MailAttachment[];
}

/** RFC 5965 and 3798: the fields of the report, and the mail that it has with it. */
export function readReport({ body, attachments }: Pick<BounceParts, "body" | "attachments">): Report {
  const part = attachments.find(({ type }) => /^message\/(?:feedback-report|disposition-notification)$/.test(type));
  const fields = parseHeaderText(part === undefined ? "" : textOf(part));
  const original = readOriginal(attachments, body);
  const recipients = [...(fields.get("original-rcpt-to") ?? []), ...(fields.get("final-recipient") ?? [])];
  return {
    // A complaint that names several does not say whose it is.
    recipient: recipients.length === 1 ? recipientOf(recipients[0] ?? "") : null,
    originalMessageId: original.originalMessageId ?? parseMessageIds(firstHeader(fields, "original-message-id"))[0] ?? null,
    originalReplyTo: original.originalReplyTo,
    isOpened: /\bdisplayed\b/i.test(firstHeader(fields, "disposition")),
  };
}

export function readBounce({ headers, subject, body, attachments }: BounceParts): Bounce {
  const reports = attachments
    .filter(({ type }) => type === "message/delivery-status")
    .flatMap((part) => readRecipients(textOf(part)));
  const report = chooseReport(reports) ?? readBody(headers, subject, body);
  return {
    recipient: report.recipient,
    status: report.status,
    isHard: isHardReport(report),
    diagnostic: report.diagnostic,
    ...readOriginal(attachments, body),
  };
}
