/** Finds what may become a link in a message's text. Everything else stays text. */
export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

const CANDIDATE =
  /\b(?:https?:\/\/|mailto:)[^\s<>"'`{}|\\^\p{Cc}\p{Cf}]+|[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu;
/** Punctuation that ends the sentence and not the address. */
const TRAILING = /[.,;:!?…)\]»”’]+$/u;
const PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

function trimTrailing(candidate: string): string {
  const trimmed = candidate.replace(TRAILING, "");
  // A closing bracket belongs to the address where its opening one is in it too, as in Wikipedia's.
  return candidate[trimmed.length] === ")" && trimmed.split("(").length > trimmed.split(")").length ? `${trimmed})` : trimmed;
}

function toHref(text: string): string | null {
  const href = text.includes(":") ? text : `mailto:${text}`;
  const url = URL.canParse(href) ? new URL(href) : null;
  return url && PROTOCOLS.has(url.protocol) ? url.href : null;
}

export function splitLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const link = trimTrailing(match[0]);
    const href = toHref(link);
    if (href === null) continue;
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    parts.push({ kind: "link", text: link, href });
    from = match.index + link.length;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}
