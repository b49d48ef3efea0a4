/** What the mailbox page and tests see of a mail. */
import PostalMime, { type Address, type Email } from "postal-mime";

/** Characters of the line that the list shows. */
const PREVIEW_LENGTH = 140;

export interface MailPerson {
  address: string;
  name: string;
}

/** Where a stored mail came from: Hilo wrote it to a customer, or a customer wrote it here. */
export type MailDirection = "received" | "sent";

export interface MailEnvelope {
  id: string;
  /** Epoch ms. */
  at: number;
  direction: MailDirection;
  /** Envelope addresses; `from` is empty for bounces. */
  from: string;
  to: string[];
}

export interface MailSummary extends Omit<MailEnvelope, "from" | "to"> {
  envelope: { from: string; to: string[] };
  from: MailPerson | null;
  to: MailPerson[];
  replyTo: MailPerson | null;
  subject: string;
  messageId: string | null;
  inReplyTo: string | null;
  references: string[];
  preview: string;
  attachmentCount: number;
}

export interface MailDetail extends MailSummary {
  text: string;
  hasHtml: boolean;
  headers: { name: string; value: string }[];
  attachments: { index: number; name: string; type: string; size: number }[];
}

export const parseRaw = (raw: Uint8Array): Promise<Email> => PostalMime.parse(raw, { attachmentEncoding: "arraybuffer" });

const toPeople = (addresses: Address[] | undefined): MailPerson[] =>
  (addresses ?? [])
    .flatMap((entry) => entry.group ?? [entry])
    .flatMap((entry) => (entry.address === undefined ? [] : [{ address: entry.address, name: entry.name }]));

const toText = (email: Email): string => email.text ?? (email.html ?? "").replace(/<style[\s\S]*?<\/style>|<[^>]*>/gi, " ");

function toPreview(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > PREVIEW_LENGTH ? `${line.slice(0, PREVIEW_LENGTH)}…` : line;
}

/** The part before what is quoted, as a preview shows it. */
const withoutQuotes = (text: string): string => text.split(/\n(?:>|-{3,}|On .{1,200}wrote:|El .{1,200}escribió:)/)[0] ?? text;

export function toSummary(email: Email, envelope: MailEnvelope): MailSummary {
  const { id, at, direction } = envelope;
  return {
    id,
    at,
    direction,
    envelope: { from: envelope.from, to: envelope.to },
    from: toPeople(email.from === undefined ? [] : [email.from])[0] ?? null,
    to: toPeople(email.to),
    replyTo: toPeople(email.replyTo)[0] ?? null,
    subject: email.subject ?? "",
    messageId: email.messageId ?? null,
    inReplyTo: email.inReplyTo ?? null,
    references: email.references?.match(/<[^<>\s]+>/g) ?? [],
    preview: toPreview(withoutQuotes(toText(email))),
    attachmentCount: email.attachments.length,
  };
}

export function toDetail(email: Email, envelope: MailEnvelope): MailDetail {
  return {
    ...toSummary(email, envelope),
    text: toText(email),
    hasHtml: email.html !== undefined && email.html !== "",
    headers: email.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
    attachments: email.attachments.map(({ filename, mimeType, content }, index) => ({
      index,
      name: filename ?? `attachment-${index + 1}`,
      type: mimeType,
      size: typeof content === "string" ? content.length : content.byteLength,
    })),
  };
}

/**
 * The HTML of a mail as a page of its own. It is shown in a frame that runs no scripts and loads nothing from
 * elsewhere; pictures that came with the mail become part of the page.
 */
export function toHtmlPage(email: Email): string {
  let html = email.html ?? "";
  for (const { contentId, mimeType, content } of email.attachments) {
    if (contentId === undefined || typeof content === "string") continue;
    const type = /^image\/[\w.+-]+$/.test(mimeType) ? mimeType : "application/octet-stream";
    const source = `data:${type};base64,${Buffer.from(new Uint8Array(content)).toString("base64")}`;
    // A function, because in a text `$` would mean something.
    html = html.replaceAll(`cid:${contentId.replace(/^<|>$/g, "")}`, () => source);
  }
  // A mail that was not made for dark screens is shown on white, as mail clients do.
  const scheme = /color-scheme/i.test(html) ? "light dark" : "light";
  const style = "body{margin:16px;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%}";
  return `<!doctype html><meta charset="utf-8"><base target="_blank"><meta name="color-scheme" content="${scheme}"><style>${style}</style>${html}`;
}
