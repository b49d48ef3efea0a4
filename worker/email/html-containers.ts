import { TRANSCRIPT_CLASS } from "./reply-marker.ts";

/** The elements that mail clients wrap around what is not the reply itself. */

export type ContainerKind =
  /** Holds the quoted mail, and perhaps answers between its block quotes. */
  | "quote"
  /** From here on everything is the old thread. */
  | "cut-rest"
  | "signature";

/** Outlook and Hotmail put `x_` or `ecx` before the classes and ids of mails they quote. */
const FOREIGN_PREFIX = /^(?:x_|ecx)+/;

const QUOTE_NAMES = new Set([
  TRANSCRIPT_CLASS,
  "gmail_quote",
  "gmail_quote_container",
  "gmail_attr",
  "yahoo_quoted",
  "protonmail_quote",
  "tutanota_quote",
  "zmail_extra",
  "moz-cite-prefix",
  "moz-forward-container",
  "moz-email-headers-table",
  "olk_src_body_section",
  "replysplit",
  "reply-intro",
  "mail-editor-reference-message-container",
  "ms-outlook-mobile-reference-message",
  "messagereplysection",
  "isreplycontent",
  "iwcquote",
  "wmquote",
  "quoted-mail",
  "nylas-quote",
  "front-blockquote",
  "freshdesk_quote",
  "helpscout-quote",
  "hs_reply",
  "mailru-blockquote",
  "aolmail_quote",
  "qt",
]);

const CUT_REST_NAMES = new Set(["divrplyfwdmsg", "appendonsend", "stopspelling", "docs-internal-reply", "original-content"]);

const SIGNATURE_NAMES = new Set([
  "gmail_signature",
  "gmail_signature_prefix",
  "moz-signature",
  "ms-outlook-mobile-signature",
  "ms-outlook-ios-signature",
  "protonmail_signature_block",
  "applemailsignature",
  "tutanota_signature",
  "front-signature",
  "bloop_sign",
  "zmail_signature",
]);

/** Classes of one element that are looked at. */
const NAMES_MAX = 50;

function namesOf(attributes: Map<string, string>): string[] {
  const text = `${attributes.get("class") ?? ""} ${attributes.get("id") ?? ""} ${attributes.get("name") ?? ""}`;
  return text
    .toLowerCase()
    .split(/\s+/, NAMES_MAX)
    .map((name) => name.replace(FOREIGN_PREFIX, ""));
}

function isQuoteName(name: string): boolean {
  // Yahoo writes random letters before and numbers behind its class.
  return QUOTE_NAMES.has(name) || /yahoo_quoted(?:_\d+)?$/.test(name) || /^aolmsgpart_\d/.test(name);
}

/** What this element means for the reply; null for ordinary ones. */
export function containerKind(tagName: string, attributes: Map<string, string>): ContainerKind | null {
  if (attributes.size === 0) return null;
  const names = namesOf(attributes);
  if (tagName !== "blockquote" && names.some(isQuoteName)) return "quote";
  if (names.some((name) => CUT_REST_NAMES.has(name))) return "cut-rest";
  // Outlook on the web calls it just `Signature`; a class of that name may be anything.
  const id = (attributes.get("id") ?? "").toLowerCase().replace(FOREIGN_PREFIX, "");
  if (id === "signature" || names.some((name) => SIGNATURE_NAMES.has(name))) return "signature";
  return null;
}
