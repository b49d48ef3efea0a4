export type TextPart = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

// Linear: one character class, no nesting. Trailing punctuation belongs to the sentence, not to the address.
const WEB_ADDRESS = /https?:\/\/[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?)\]}»”’]+$/u;

function hrefOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, href } = new URL(address);
  return protocol === "http:" || protocol === "https:" ? href : null;
}

/** A closing bracket stays with an address that opened it, as in encyclopedia links. */
function withoutTrailing(address: string): string {
  const bare = address.replace(TRAILING, "");
  const rest = address.slice(bare.length);
  return rest.startsWith(")") && bare.includes("(") && !bare.includes(")") ? `${bare})` : bare;
}

/** Cuts plain text into text and web addresses; nothing in it is ever markup (T12). */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(WEB_ADDRESS)) {
    const address = withoutTrailing(match[0]);
    const href = hrefOf(address);
    if (href === null) continue;
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    parts.push({ kind: "link", text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}
