/** Mails as a customer's own program would write them. */
import { randomUUID } from "node:crypto";
import { createTransport } from "nodemailer";
import type { MailDetail } from "./mail-view.ts";

export interface NewMail {
  from: string;
  name?: string | undefined;
  to: string;
  subject: string;
  text: string;
  html?: string | undefined;
  inReplyTo?: string | undefined;
  references?: string[] | undefined;
}

export type Language = "en" | "es";

const escapeHtml = (text: string) =>
  text.replace(/[&<>"]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[mark] ?? mark);

const toHtml = (text: string) => escapeHtml(text).replace(/\r?\n/g, "<br>");

function formatAttribution(mail: MailDetail, language: Language): { text: string; html: string } {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options).format(mail.at);
  const date = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const time = format({ hour: "numeric", minute: "2-digit" });
  const { address, name } = mail.from ?? { address: "", name: "" };
  const before = language === "es" ? `El ${date} a las ${time}, ${name}` : `On ${date} at ${time} ${name}`;
  const after = language === "es" ? "escribió:" : "wrote:";
  return {
    text: `${before} <${address}> ${after}`.replace(/ +/g, " "),
    html: `${escapeHtml(before)} &lt;<a href="mailto:${escapeHtml(address)}">${escapeHtml(address)}</a>&gt; ${after}`,
  };
}

export interface ReplyInput {
  /** The mail that is answered, and its HTML. */
  mail: MailDetail;
  html: string;
  text: string;
  language: Language;
}

/** Answers to where the mail asks for, and quotes it as Gmail does. */
export function composeReply({ mail, html, text, language }: ReplyInput): NewMail {
  const attribution = formatAttribution(mail, language);
  const quotedText = mail.text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");
  const quotedHtml = html === "" ? toHtml(mail.text) : html;
  const me = mail.envelope.to[0] ?? mail.to[0]?.address ?? "";
  return {
    from: me,
    name: mail.to.find(({ address }) => address.toLowerCase() === me.toLowerCase())?.name,
    to: mail.replyTo?.address ?? mail.from?.address ?? "",
    subject: /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`,
    text: `${text}\n\n${attribution.text}\n\n${quotedText}\n`,
    html:
      `<div dir="ltr">${toHtml(text)}</div><br><div class="gmail_quote gmail_quote_container">` +
      `<div dir="ltr" class="gmail_attr">${attribution.html}<br></div>` +
      '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">' +
      `${quotedHtml}</blockquote></div>`,
    ...(mail.messageId === null ? {} : { inReplyTo: mail.messageId, references: [...mail.references, mail.messageId] }),
  };
}

/** The raw mail, with a Message-ID of the sender's own domain. */
export async function buildRaw(mail: NewMail): Promise<Buffer> {
  const domain = mail.from.split("@").at(-1) || "localhost";
  const composer = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  const { message } = await composer.sendMail({
    from: mail.name === undefined || mail.name === "" ? mail.from : { address: mail.from, name: mail.name },
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    ...(mail.html === undefined ? {} : { html: mail.html }),
    ...(mail.inReplyTo === undefined ? {} : { inReplyTo: mail.inReplyTo }),
    ...(mail.references === undefined ? {} : { references: mail.references }),
    messageId: `<${randomUUID()}@${domain}>`,
  });
  if (!Buffer.isBuffer(message)) throw new Error("The mail was not built in memory.");
  return message;
}
