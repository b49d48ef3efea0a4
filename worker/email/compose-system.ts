/** Mails that Hilo writes by itself: an invitation, a new password, a test from the settings page. */
import { toAsciiAddress } from "../domain/address.ts";
import { cleanHeaderText } from "./compose.ts";
import { renderDocument, renderText } from "./compose-html.ts";
import { SUBJECT_LENGTH_MAX } from "../../durable-objects/conversation/protocol.ts";
import type { MailAddress } from "./mail.ts";
import type { OutgoingMail } from "./outgoing-mail.ts";
import { LOOP_HEADER, type ReplyMarkerLocale } from "./reply-marker.ts";

export interface ComposeSystemInput {
  locale: ReplyMarkerLocale;
  from: MailAddress;
  to: MailAddress;
  /** Where answers go, if any are wanted. */
  replyTo?: string;
  subject: string;
  /** Plain text; web addresses in it become links. */
  paragraphs: readonly string[];
  /** Without brackets; null where the transport chooses. */
  messageId: string | null;
  loopMarker: string;
}

/** Automatic, answers nothing and asks for no automatic answer. */
export function composeSystemMail(input: ComposeSystemInput): OutgoingMail {
  const body = input.paragraphs.map((paragraph) => `<p dir="auto">${renderText(paragraph)}</p>`).join("");
  return {
    from: travelling(input.from),
    to: [travelling(input.to)],
    cc: [],
    bcc: [],
    withheld: [],
    replyTo: input.replyTo ?? null,
    subject: cleanHeaderText(input.subject, SUBJECT_LENGTH_MAX),
    messageId: input.messageId,
    headers: { "X-Auto-Response-Suppress": "All", "Auto-Submitted": "auto-generated", [LOOP_HEADER]: input.loopMarker },
    text: `${input.paragraphs.join("\n\n")}\n`,
    html: renderDocument(input.locale, body),
    attachments: [],
  };
}

function travelling({ address, name }: MailAddress): MailAddress {
  return { address: toAsciiAddress(address), name };
}
