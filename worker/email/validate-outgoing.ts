/**
 * The one place that says what may leave (T15). Every transport is behind it: the SMTP client writes what it
 * is given, and Cloudflare's binding would only answer with a code.
 */
import { RECIPIENTS_MAX } from "../../durable-objects/conversation/protocol.ts";
import { ADDRESS_BYTES_MAX, isAsciiAddress } from "../domain/address.ts";
import type { MailAddress } from "./mail.ts";
import { copiesOf, type OutgoingMail } from "./outgoing-mail.ts";

/** Bytes of the whole mail as it is transmitted (Cloudflare). */
export const MAIL_BYTES_MAX = 5 * 1_024 * 1_024;
/** Bytes of one header value (Cloudflare). */
export const HEADER_VALUE_BYTES_MAX = 2_048;
/** Bytes (Cloudflare). */
export const HEADER_NAME_BYTES_MAX = 100;
/** Bytes of all custom headers (Cloudflare). */
export const HEADERS_BYTES_MAX = 16_384;
/** UTF-16 code units (RFC 5322, 2.1.1). */
export const SUBJECT_LENGTH_LIMIT = 998;
/** UTF-16 code units of a file's name. */
export const FILE_NAME_LENGTH_MAX = 255;

/** Headers that a mail may set besides `X-…`: Cloudflare refuses most others. */
const HEADER_NAMES = new Set(["in-reply-to", "references", "auto-submitted"]);

export type OutgoingProblemCode =
  | "no_recipient"
  | "too_many_recipients"
  | "bad_address"
  | "bad_header"
  | "header_too_long"
  | "subject_too_long"
  | "bad_attachment"
  | "empty"
  | "too_large";

export type OutgoingCheck =
  | { kind: "ok" }
  /** `reason` is in plain words, for the agent. */
  | { kind: "problem"; code: OutgoingProblemCode; reason: string };

/** The first problem of a mail, or ok. */
export function validateOutgoing(mail: OutgoingMail): OutgoingCheck {
  for (const check of [checkRecipients, checkAddresses, checkHeaders, checkSubject, checkContent, checkSize]) {
    const found = check(mail);
    if (found !== null) return { kind: "problem", ...found };
  }
  return { kind: "ok" };
}

interface Problem {
  code: OutgoingProblemCode;
  reason: string;
}

function checkRecipients(mail: OutgoingMail): Problem | null {
  const count = mail.to.length + mail.cc.length + mail.bcc.length;
  if (copiesOf(mail).length === 0) return { code: "no_recipient", reason: "This mail has no recipient." };
  if (count <= RECIPIENTS_MAX) return null;
  return { code: "too_many_recipients", reason: `A mail can go to ${RECIPIENTS_MAX} addresses at most; this one has ${count}.` };
}

function checkAddresses(mail: OutgoingMail): Problem | null {
  const replyTo: MailAddress[] = mail.replyTo === null ? [] : [{ address: mail.replyTo, name: null }];
  for (const { address, name } of [mail.from, ...mail.to, ...mail.cc, ...mail.bcc, ...replyTo]) {
    if (!isAsciiAddress(address))
      return { code: "bad_address", reason: `“${toLine(address)}” is not an address that mail can be sent to.` };
    if (name !== null && hasBreak(name)) return { code: "bad_header", reason: `The name of ${address} contains a line break.` };
  }
  return null;
}

function checkHeaders({ headers, messageId }: OutgoingMail): Problem | null {
  if (messageId !== null && !/^[^\s<>@]+@[^\s<>@]+$/.test(messageId))
    return { code: "bad_header", reason: "The Message-ID is malformed." };
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    const length = countBytes(value);
    bytes += name.length + length + ": \r\n".length;
    const isAllowed = HEADER_NAMES.has(name.toLowerCase()) || /^X-[A-Za-z0-9-]+$/.test(name);
    if (!isAllowed || name.length > HEADER_NAME_BYTES_MAX)
      return { code: "bad_header", reason: `The header “${toLine(name)}” can't be set.` };
    if (value === "" || hasBreak(value))
      return { code: "bad_header", reason: `The header ${name} is empty or contains a line break.` };
    if (length > HEADER_VALUE_BYTES_MAX) return { code: "header_too_long", reason: `The header ${name} is too long.` };
  }
  if (bytes > HEADERS_BYTES_MAX) return { code: "header_too_long", reason: "The headers of this mail are too long." };
  return null;
}

function checkSubject({ subject }: OutgoingMail): Problem | null {
  if (hasBreak(subject)) return { code: "bad_header", reason: "The subject contains a line break." };
  if (subject.length > SUBJECT_LENGTH_LIMIT) return { code: "subject_too_long", reason: "The subject is too long." };
  return null;
}

function checkContent({ text, html, attachments }: OutgoingMail): Problem | null {
  for (const { name, type } of attachments) {
    const isNamed = name !== "" && name.length <= FILE_NAME_LENGTH_MAX && !hasBreak(name);
    if (!isNamed)
      return { code: "bad_attachment", reason: `The file name “${toLine(name).slice(0, 80)}” can't be used in a mail.` };
    if (!/^[\w.+-]+\/[\w.+-]+$/.test(type))
      return { code: "bad_attachment", reason: `The type of the file “${name}” is malformed.` };
  }
  if (text.trim() === "" && html.trim() === "" && attachments.length === 0)
    return { code: "empty", reason: "This mail is empty." };
  return null;
}

function checkSize(mail: OutgoingMail): Problem | null {
  const bytes = computeEncodedBytes(mail);
  if (bytes <= MAIL_BYTES_MAX) return null;
  const megabytes = (bytes / 1_048_576).toFixed(1);
  return {
    code: "too_large",
    reason: `With its files this mail is ${megabytes} MiB; the limit is ${MAIL_BYTES_MAX / 1_048_576} MiB.`,
  };
}

/** Files as base64 in lines of 76 and texts as quoted-printable: what counts is what is transmitted. */
function computeEncodedBytes(mail: OutgoingMail): number {
  const files = mail.attachments.reduce((sum, { content }) => sum + Math.ceil((Math.ceil(content.length / 3) * 4 * 78) / 76), 0);
  const headers = Object.entries(mail.headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return files + headers + countQuotedPrintable(mail.text) + countQuotedPrintable(mail.html);
}

function countQuotedPrintable(text: string): number {
  const escaped = countBytes(text.replace(/[\x20-\x3c\x3e-\x7e]/g, ""));
  const plain = countBytes(text) - escaped;
  return Math.ceil((plain + escaped * 3) * (78 / 75));
}

function hasBreak(text: string): boolean {
  return /[\r\n\0]/.test(text);
}

/** A reason is shown and logged: it never carries a line break itself. */
function toLine(text: string): string {
  return text.replace(/\p{Cc}/gu, " ").slice(0, ADDRESS_BYTES_MAX);
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
