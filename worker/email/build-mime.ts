/** An outgoing mail as the bytes of RFC 5322 and MIME, 7-bit throughout, so that any server takes it. Pure. */
import {
  encodeBase64Lines,
  encodeDate,
  encodeHeaderText,
  encodeMailbox,
  encodeParameter,
  encodeQuotedPrintable,
} from "./mime-text.ts";
import type { MailAddress } from "./mail.ts";
import type { OutgoingAttachment, OutgoingMail } from "./outgoing-mail.ts";

export interface MimeIdentity {
  /** Without brackets. */
  messageId: string;
  /** Epoch ms. */
  sentAt: number;
  /** Occurs in no part: made of random characters. */
  boundary: string;
}

/** The message with CRLF line ends and without a final dot. `Bcc` is never written. */
export function buildMime(mail: OutgoingMail, identity: MimeIdentity): string {
  const headers = [
    `Date: ${encodeDate(identity.sentAt)}`,
    `From: ${encodeMailbox(mail.from.address, mail.from.name)}`,
    ...formatAddresses("To", mail.to),
    ...formatAddresses("Cc", mail.cc),
    // A mail that goes to hidden recipients only still needs a destination field for many filters.
    ...(mail.to.length + mail.cc.length === 0 ? ["To: undisclosed-recipients:;"] : []),
    ...(mail.replyTo === null ? [] : [`Reply-To: <${mail.replyTo}>`]),
    `Subject: ${encodeHeaderText(mail.subject)}`,
    `Message-ID: <${identity.messageId}>`,
    ...Object.entries(mail.headers).map(([name, value]) => `${name}: ${encodeHeaderText(value)}`),
    "MIME-Version: 1.0",
  ];
  const alternative = buildMultipart("alternative", `${identity.boundary}-a`, [
    buildTextPart("plain", mail.text),
    buildTextPart("html", mail.html),
  ]);
  if (mail.attachments.length === 0) return `${headers.join("\r\n")}\r\n${alternative}`;
  const mixed = buildMultipart("mixed", `${identity.boundary}-m`, [alternative, ...mail.attachments.map(buildAttachment)]);
  return `${headers.join("\r\n")}\r\n${mixed}`;
}

function formatAddresses(name: string, addresses: readonly MailAddress[]): string[] {
  if (addresses.length === 0) return [];
  return [`${name}: ${addresses.map(({ address, name }) => encodeMailbox(address, name)).join(",\r\n ")}`];
}

function buildMultipart(subtype: string, boundary: string, parts: readonly string[]): string {
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("");
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${body}--${boundary}--\r\n`;
}

function buildTextPart(subtype: string, text: string): string {
  const head = `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable`;
  return `${head}\r\n\r\n${encodeQuotedPrintable(text)}`;
}

function buildAttachment({ name, type, content }: OutgoingAttachment): string {
  return [
    `Content-Type: ${type}; ${encodeParameter("name", name)}`,
    `Content-Disposition: attachment; ${encodeParameter("filename", name)}`,
    "Content-Transfer-Encoding: base64",
    "",
    encodeBase64Lines(content),
  ].join("\r\n");
}
