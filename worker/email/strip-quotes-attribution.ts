import { firstAddressIn } from "./find-address.ts";
import type { MailLine } from "./mail-line.ts";
import { ATTRIBUTION_START, DATE_START, WROTE_AT_END, WROTE_PATTERN } from "./strip-quotes-words.ts";

/** Finds the line a mail client writes above a quoted mail: *On … Ana wrote:* */

/** Long names and addresses break it over this many lines at most. */
const ATTRIBUTION_LINES_MAX = 4;
const ATTRIBUTION_LENGTH_MAX = 420; // characters
const PLAIN_ATTRIBUTION_LENGTH_MAX = 80; // characters, where only quote marks below prove it

const DATE = /(?:^|[^\d])(?:(?:19|20)\d{2}(?!\d)|\d{1,2}[:.h]\d{2}(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})/u;
const ENDS_AFTER_ADDRESS = /[>)\]»]\s*[:：]$/u;
const ENDS_WITH_COLON = /[:：]$/u;

/** Finnish and Hungarian put the name first and the date last. */
const VERB_THEN_DATE = /(?:kirjoitti|skrev følgende den)\s\d|ezt írta\s\(/iu;

/** What the line names, for forwards that have nothing else. */
export interface Attribution {
  /** Index of its first and behind its last line. */
  start: number;
  end: number;
  text: string;
}

function isProven(text: string): boolean {
  const hasAddress = firstAddressIn(text) !== null;
  const hasDate = DATE.test(text);
  if (WROTE_AT_END.test(text))
    return ENDS_WITH_COLON.test(text) || text.endsWith("-") ? hasAddress || hasDate : hasAddress && hasDate;
  if (!ENDS_WITH_COLON.test(text)) return false;
  // *Ana <ana@example.com> kirjoitti 28.10.2021 12.46:* puts the verb in the middle.
  if (WROTE_PATTERN.test(text) && hasDate && (hasAddress || startsLikeOne(text) || VERB_THEN_DATE.test(text))) return true;
  return hasAddress && hasDate && ENDS_AFTER_ADDRESS.test(text);
}

function startsLikeOne(text: string): boolean {
  return ATTRIBUTION_START.test(text) || DATE_START.test(text);
}

function isQuotedNext(lines: readonly MailLine[], index: number, depth: number): boolean {
  const next = lines.slice(index, index + 3).find((line) => line.bare !== "");
  return next !== undefined && (next.depth > depth || (next.role === "quote" && lines[index - 1]?.role !== "quote"));
}

/** Words this line adds to the attribution so far; null where it is no part of one. */
function continuation(line: MailLine | undefined, depth: number, text: string): string | null {
  // The `>` that closes an address may be wrapped to the next line, where it looks like a quote mark.
  if (line?.text.startsWith(">") && text.lastIndexOf("<") > text.lastIndexOf(">")) return line.text.trim();
  return line && line.depth === depth ? line.bare || null : null;
}

/** The attribution that begins at this line, or null. */
export function matchAttribution(lines: readonly MailLine[], start: number): Attribution | null {
  const first = lines[start];
  if (!first || first.bare === "") return null;
  let text = "";
  for (let end = start; end < lines.length && end < start + ATTRIBUTION_LINES_MAX; end++) {
    const piece = continuation(lines[end], first.depth, text);
    if (!piece) return null;
    text = text === "" || text.endsWith("<") ? text + piece : `${text} ${piece}`;
    if (text.length > ATTRIBUTION_LENGTH_MAX) return null;
    if (isProven(text)) return { start, end: end + 1, text };
    if (end === start && text.length <= PLAIN_ATTRIBUTION_LENGTH_MAX && WROTE_AT_END.test(text) && ENDS_WITH_COLON.test(text)) {
      if (isQuotedNext(lines, end + 1, first.depth)) return { start, end: end + 1, text };
    }
    if (end === start && !startsLikeOne(text)) return null;
  }
  return null;
}

/** The person an attribution names: the address, and the name that stands before it. */
export function readAttribution(text: string): { address: string; name: string | null } | null {
  const found = firstAddressIn(text);
  if (!found) return null;
  const before = text.slice(0, found.index).replace(/[\s<([]+$/u, "");
  const quoted = /["“„«]\s*([^"“”„«»]{1,100}?)\s*["”»]$/u.exec(before);
  const name = quoted?.[1] ?? /(?:[\d:.,]\s|^|\p{Ll}\s|[AP]M,?\s)((?:\p{Lu}[\p{L}'’.-]*\s?){1,5})$/u.exec(before)?.[1];
  return { address: found.text, name: name?.trim() || null };
}
