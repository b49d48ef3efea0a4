import { cleanDisplayName, parseAddress } from "./addresses.ts";
import { findAddressesIn } from "./find-address.ts";
import type { ForwardedFrom } from "./mail.ts";
import { joinLines, type MailLine, trimBlankLines } from "./mail-line.ts";
import type { Steps } from "./pace.ts";
import { matchAttribution, readAttribution } from "./strip-quotes-attribution.ts";
import {
  type HeaderBlock,
  isForwardPhrase,
  isRule,
  matchHeaderBlock,
  readDivider,
  readInlineFields,
} from "./strip-quotes-headers.ts";
import { FORWARD_PREFIXES, type HeaderField, REPLY_PREFIXES } from "./strip-quotes-words.ts";

/** Recovers who wrote a forwarded mail, from the divider and headers its forwarder's client put above it. */

/** Between a divider and its headers there may be this many lines, empty ones among them. */
const DIVIDER_GAP_LINES_MAX = 4;
const SUBJECT_PREFIXES_MAX = 8;
/** Further down only an old thread can be. */
const FORWARD_SCAN_LINES_MAX = 2_000;
/** Times that `@` is looked at for the person of one field. */
const PERSON_AT_SIGNS_MAX = 50;
/** Steps of looking what begins at a line. */
const LINE_STEPS = 8;

export interface Forward {
  /** First line of the divider; what stands above is the forwarder's note. */
  start: number;
  from: ForwardedFrom;
  /** The forwarded mail itself, without headers and one level of quote marks. */
  body: string;
}

/** Where the subject is not known, only a block with all of these is taken for a forward. */
const FULL_BLOCK: readonly HeaderField[] = ["date", "to", "subject"];

export type SubjectKind = "forward" | "reply" | "plain" | "unknown";

function prefixOf(subject: string): string | null {
  const match = /^\s*\[?([\p{L}.]{1,12})(?:[[(]\d{1,3}[\])])?\s?[:：]/u.exec(subject);
  return match?.[1]?.toLowerCase() ?? null;
}

/** What the mail's subject says it is; null where the subject is not known. */
export function subjectKind(subject: string | null): SubjectKind {
  if (subject === null) return "unknown";
  const prefix = prefixOf(subject);
  if (prefix === null) return "plain";
  if (REPLY_PREFIXES.includes(prefix)) return "reply";
  return FORWARD_PREFIXES.includes(prefix) || FORWARD_PREFIXES.includes(prefix.normalize("NFKD").replace(/\u0307/g, ""))
    ? "forward"
    : "plain";
}

/** The subject without its `Re:` and `Fwd:` in any language. */
export function bareSubject(subject: string): string {
  let text = subject.trim();
  for (let i = 0; i < SUBJECT_PREFIXES_MAX && ["forward", "reply"].includes(subjectKind(text)); i++) {
    text = text.slice(text.search(/[:：]/u) + 1).trim();
  }
  return text;
}

function readPerson(value: string): { address: string; name: string | null } | null {
  const plain = value.replace(/[<[(]?mailto:/gi, "<");
  for (const found of findAddressesIn(plain, "loose", PERSON_AT_SIGNS_MAX)) {
    const address = parseAddress(found.text);
    if (!address) continue;
    const name = cleanDisplayName((plain.slice(0, found.index).split(/[<[]/)[0] ?? "").replace(/[("]+$/, ""));
    return { address, name: name === null || name.toLowerCase().includes("@") ? null : name };
  }
  return null;
}

function bodyAfter(lines: readonly MailLine[], start: number): string {
  const rest = lines.slice(start);
  const isQuoted = (rest.find((line) => line.bare !== "")?.depth ?? 0) > 0;
  const text = joinLines(rest);
  return isQuoted ? trimBlankLines(text.replace(/^[ \t]*> ?/gm, "")) : text;
}

interface Search {
  lines: readonly MailLine[];
  subject: string | null;
  kind: SubjectKind;
}

function toForward(search: Search, start: number, end: number, fields: Map<HeaderField, string>): Forward | null {
  const person = readPerson(fields.get("from") ?? "");
  if (!person) return null;
  const own = search.subject === null ? null : bareSubject(search.subject) || null;
  const subject = fields.get("subject")?.replace(/\s+/g, " ").trim() || own;
  return { start, from: { ...person, subject }, body: bodyAfter(search.lines, end) };
}

/** The header block that follows a divider at `index`, over a few empty lines. */
function blockBelow(lines: readonly MailLine[], index: number): HeaderBlock | null {
  for (let i = index + 1; i <= index + DIVIDER_GAP_LINES_MAX && i < lines.length; i++) {
    const block = matchHeaderBlock(lines, i, true);
    if (block) return block;
  }
  return null;
}

function hasTextAbove(lines: readonly MailLine[], index: number): boolean {
  return lines.slice(0, index).some((line) => line.bare !== "" && !isRule(line.bare) && readDivider(line.bare) === null);
}

/** Start of the rule or divider above a header block, else the block itself. */
export function dividerAbove(lines: readonly MailLine[], index: number): number {
  let start = index;
  for (let i = index - 1; i >= 0 && i >= index - DIVIDER_GAP_LINES_MAX; i--) {
    const bare = lines[i]?.bare ?? "";
    if (bare === "") continue;
    if (!isRule(bare) && readDivider(bare) === null) break;
    start = i;
  }
  return start;
}

/** A header block without a forward divider: the same marks stand above answers, so the subject decides. */
function fromBareBlock(search: Search, block: HeaderBlock): Forward | null {
  const { lines, kind } = search;
  const start = dividerAbove(lines, block.start);
  // Finnish writes *VS:* above answers, Danish and Norwegian above forwards.
  const isFinnishReply = prefixOf(search.subject ?? "") === "vs" && /^lähettäjä/i.test(lines[block.start]?.bare ?? "");
  const isQuotedDivider = start < block.start && (lines[start]?.depth ?? 0) > 0;
  const isFull = FULL_BLOCK.every((field) => block.fields.has(field));
  const isLikely =
    kind === "forward" ||
    (kind === "unknown" && isFull) ||
    (kind !== "reply" && (isQuotedDivider || !hasTextAbove(lines, start)));
  return isLikely && !isFinnishReply ? toForward(search, start, block.end, block.fields) : null;
}

function fromDivider(search: Search, index: number): Forward | null {
  const { lines } = search;
  const bare = lines[index]?.bare ?? "";
  const divider = readDivider(bare);
  const isForward = divider ? divider.kind === "forward" : isForwardPhrase(bare);
  if (!isForward) return null;
  if (divider?.rest) return toForward(search, index, index + 1, readInlineFields(divider.rest));
  const block = blockBelow(lines, index);
  return block ? toForward(search, index, block.end, block.fields) : null;
}

/** Whether the text below has no quote marks, as one client forwards it. */
function isUnmarked(lines: readonly MailLine[], index: number): boolean {
  return lines.slice(index).find((line) => line.bare !== "")?.depth === 0;
}

/** Who wrote the mail that is forwarded here; null where nothing proves a forward. */
export function* findForward(lines: readonly MailLine[], subject: string | null): Steps<Forward | null> {
  const search: Search = { lines, subject, kind: subjectKind(subject) };
  for (let i = 0; i < lines.length && i < FORWARD_SCAN_LINES_MAX; i++) {
    if (lines[i]?.bare === "") continue;
    yield LINE_STEPS;
    const divided = fromDivider(search, i);
    if (divided) return divided;
    const block = matchHeaderBlock(lines, i, false);
    if (block) return fromBareBlock(search, block);
    const attribution = matchAttribution(lines, i);
    if (!attribution) continue;
    // One client forwards under *On … Ana <ana@example.com> wrote:*; only the subject tells it from an answer.
    const isAlone =
      search.kind === "unknown" && !hasTextAbove(lines, i) && lines[i]?.depth === 0 && isUnmarked(lines, attribution.end);
    const person = search.kind === "forward" || isAlone ? readAttribution(attribution.text) : null;
    return person ? toForward(search, i, attribution.end, new Map([["from", `${person.name ?? ""} <${person.address}>`]])) : null;
  }
  return null;
}
