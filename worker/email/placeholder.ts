/** What stands in a conversation for a mail that cannot be read: visible, with the raw bytes a click away. Pure. */
import { canonicalAddress } from "../domain/address.ts";
import type { ParsedMail } from "./mail.ts";

const TEXTS = {
  en: {
    subject: "An email that could not be displayed",
    text: "This email could not be displayed. Its raw source can be downloaded.",
  },
  es: { subject: "Un correo que no se pudo mostrar", text: "Este correo no se pudo mostrar. Se puede descargar el original." },
} as const;

export function placeholderMail(row: { envelopeFrom: string; rawHash: string }, locale: "en" | "es"): ParsedMail {
  const address = canonicalAddress(row.envelopeFrom);
  return {
    from: address.includes("@") ? { address, name: null } : null,
    sender: null,
    to: [],
    cc: [],
    replyTo: [],
    subject: TEXTS[locale].subject,
    messageId: `gen-${row.rawHash}`,
    inReplyTo: [],
    references: [],
    date: null,
    class: "person",
    text: TEXTS[locale].text,
    quoted: "",
    html: null,
    fullHtml: null,
    forwardedFrom: null,
    forwardNote: "",
    forwardedText: "",
    autoSubmitted: null,
    attachments: [],
    bounce: null,
    report: null,
    loopMarker: null,
    mentionedAddresses: [],
    authentication: { dmarc: "none", spf: "none", dkim: "none" },
    listId: null,
  };
}
