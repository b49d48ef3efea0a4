/** A mail as the content of a message, within its limits; its files are stored on the way. Safe to repeat. */
import type { ReceivedMail } from "../../durable-objects/conversation/intake.ts";
import type { Message } from "../../durable-objects/conversation/protocol.ts";
import { addLeftOut } from "./left-out.ts";
import { storeMailFiles } from "./mail-files.ts";
import { sanitiseMailHtml } from "./html-mail.ts";
import { SHOWN_HTML } from "./reading-budget.ts";
import type { TakenUp } from "./taken-up.ts";
import type { Verdict } from "./verdict.ts";

export interface ApplyInput extends TakenUp {
  verdict: Verdict;
}

/** UTF-16 code units of HTML kept in a message; longer HTML is read from the raw mail when somebody wants to see it. */
const HTML_LENGTH_MAX = 100_000;
/** UTF-16 code units; what people type is limited to less (C12), and the raw mail keeps the rest. */
const MAIL_TEXT_LENGTH_MAX = 100_000;
const QUOTED_LENGTH_MAX = 60_000;

export type Content = Pick<
  ReceivedMail,
  "messageId" | "variant" | "mailbox" | "references" | "subject" | "text" | "html" | "quoted" | "attachments"
>;

export async function contentOf(input: ApplyInput, conversationId: string): Promise<Content> {
  const { row, mail } = input;
  const shown = shownOf(input);
  const html = shown.html === null ? null : (sanitiseMailHtml(shown.html, SHOWN_HTML)?.html ?? null);
  return {
    messageId: mail.messageId,
    // Another mail has this id: it must not hide this one (M2).
    variant: variantOf(input),
    mailbox: { id: row.mailboxId, address: mailboxAddress(input) },
    references: [...mail.references, ...mail.inReplyTo],
    subject: mail.subject.slice(0, 250),
    text: shown.text.slice(0, MAIL_TEXT_LENGTH_MAX),
    html: html !== null && html.length <= HTML_LENGTH_MAX ? html : null,
    quoted: shown.quoted.slice(0, QUOTED_LENGTH_MAX),
    attachments: await storeMailFiles(input.env, input.db, { row, mail, conversationId }),
  };
}

/** Of a forwarded mail, what its author wrote; of one that only says that it is one, all of it, for somebody to judge. */
function shownOf({ mail, verdict }: ApplyInput): { text: string; quoted: string; html: string | null } {
  const { text, quoted, html, fullHtml, forwardedText } = mail;
  if (verdict.code === "forwarded:unverified")
    return { text: [text, quoted].filter((part) => part !== "").join("\n\n"), quoted: "", html: fullHtml };
  return { text: verdict.code === "forwarded" && forwardedText !== "" ? forwardedText : text, quoted, html };
}

/** Tells it from another mail with its id, and the whole of it from the part that was stored before. */
function variantOf({ verdict, contentHash, isReadAgain }: ApplyInput): string | null {
  if (isReadAgain) return `${contentHash}-whole`;
  return verdict.isIdReused ? contentHash : null;
}

/** What was not read, and what is too long for a message. */
export function leftOutOf(input: ApplyInput): Pick<NonNullable<Message["mail"]>, "leftOut" | "isPartial"> {
  const { leftOut = [] } = input.mail;
  const { text, quoted } = shownOf(input);
  const cut = Math.max(0, text.length - MAIL_TEXT_LENGTH_MAX) + Math.max(0, quoted.length - QUOTED_LENGTH_MAX);
  const all = addLeftOut(leftOut, { kind: "text", count: cut });
  return { ...(all.length > 0 && { leftOut: all }), ...(input.isPartial && { isPartial: true }) };
}

function mailboxAddress({ mailboxes, row }: ApplyInput): string {
  return mailboxes.find(({ id }) => id === row.mailboxId)?.address ?? row.envelopeTo;
}
