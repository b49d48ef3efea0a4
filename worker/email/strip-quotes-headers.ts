import { firstAddressIn } from "./find-address.ts";
import type { MailLine } from "./mail-line.ts";
import { FORWARD_STEMS, HEADER_LABELS, type HeaderField, ORIGINAL_STEMS } from "./strip-quotes-words.ts";

/** Finds dividers (`----- Forwarded message -----`) and the block of headers that stands above an old mail. */

const LABEL_LENGTH_MAX = 34; // characters
const BLOCK_LINES_MAX = 30;
const CONTINUATION_LINES_MAX = 5;
const PHRASE_LENGTH_MAX = 80; // characters
const VALUE_LENGTH_MAX = 4_000; // characters

const DIVIDER_CHARS = new Set("-–—_=*~#─━‐⁃ ");

const CLOCK_AND_YEAR = /(?=.*\b(?:19|20)\d{2}\b).*\b\d{1,2}[:.]\d{2}\b/;
const SUBJECT_LABEL_LENGTH_MIN = 4; // characters; shorter ones are found inside of words

export interface HeaderBlock {
  start: number;
  /** Behind its last line. */
  end: number;
  fields: Map<HeaderField, string>;
}

/** `*From:* Ana` → the field and its value; null where the line begins with no label. */
function readLabel(bare: string): { field: HeaderField; value: string } | null {
  const head = bare.slice(0, LABEL_LENGTH_MAX);
  const colon = head.search(/[:：]/u);
  if (colon < 1) return null;
  const label = head.slice(0, colon).replace(/[*_|]/g, "").trim().toLowerCase();
  const field = HEADER_LABELS.get(label);
  if (!field) return null;
  return { field, value: bare.slice(colon + 1).replace(/^[\s*_]+|[\s*_]+$/g, "") };
}

const hasAddress = (text: string): boolean => firstAddressIn(text) !== null;

function isBlockProven(fields: Map<HeaderField, string>): boolean {
  const from = fields.get("from");
  if (from === undefined) return false;
  const isAddressed = hasAddress(from) || hasAddress(fields.get("to") ?? "");
  // `From: Madrid, To: Rome, Date: Monday` is what a traveller writes.
  const isProven = isAddressed || fields.has("subject") || CLOCK_AND_YEAR.test(fields.get("date") ?? "");
  return (fields.size >= 3 && isProven) || (fields.size >= 2 && hasAddress(from));
}

function addValue(fields: Map<HeaderField, string>, field: HeaderField, value: string): void {
  const before = fields.get(field);
  if (before === undefined) fields.set(field, value);
  else if (before.length < VALUE_LENGTH_MAX) fields.set(field, `${before} ${value}`.trim());
}

/** Whether an empty line inside a block is only HTML's paragraph spacing. */
function continuesAfterBlank(lines: readonly MailLine[], index: number): boolean {
  const next = lines[index + 1]?.bare ? lines[index + 1] : lines[index + 2];
  return next !== undefined && readLabel(next.bare) !== null;
}

/** The header block that begins at this line, or null. `isDivided`: a divider above it proves it already. */
export function matchHeaderBlock(lines: readonly MailLine[], start: number, isDivided: boolean): HeaderBlock | null {
  const fields = new Map<HeaderField, string>();
  const first = readLabel(lines[start]?.bare ?? "");
  if (!first) return null;
  let last: HeaderField = first.field;
  let continued = 0;
  let end = start;
  for (let i = start; i < lines.length && i < start + BLOCK_LINES_MAX; i++) {
    const bare = lines[i]?.bare ?? "";
    const label = readLabel(bare);
    if (bare === "" && !continuesAfterBlank(lines, i)) break;
    if (bare === "") continue;
    if (!label && (++continued > CONTINUATION_LINES_MAX || !needsContinuation(lines, i, last))) break;
    if (label && fields.has(label.field)) break;
    if (label) {
      last = label.field;
      continued = 0;
    }
    addValue(fields, last, label ? label.value : bare);
    end = i + 1;
  }
  const isProven = isBlockProven(fields) || (isDivided && fields.has("from"));
  return isProven ? { start, end, fields } : null;
}

/** A line without a label belongs to the block when the list of addresses goes on, or another label follows soon. */
function needsContinuation(lines: readonly MailLine[], index: number, last: HeaderField): boolean {
  const before = lines[index - 1]?.bare ?? "";
  if ((last === "to" || last === "cc") && /[,;<]$/u.test(before)) return true;
  for (let i = index + 1; i <= index + CONTINUATION_LINES_MAX; i++) {
    const bare = lines[i]?.bare ?? "";
    if (bare === "") return false;
    if (readLabel(bare)) return true;
  }
  return false;
}

export interface Divider {
  kind: "forward" | "original" | "unknown";
  /** What stands behind the divider on the same line, as one client writes it. */
  rest: string;
}

function kindOf(phrase: string): Divider["kind"] {
  // The capital İ of Turkish becomes an i with a dot above it.
  const lower = phrase.toLowerCase().replaceAll("\u0307", "");
  if (FORWARD_STEMS.some((stem) => lower.includes(stem))) return "forward";
  return ORIGINAL_STEMS.some((stem) => lower.includes(stem)) ? "original" : "unknown";
}

function countEdge(text: string, from: number, step: 1 | -1): number {
  let count = 0;
  for (let i = from; i >= 0 && i < text.length && DIVIDER_CHARS.has(text[i] ?? ""); i += step) count++;
  return count;
}

/** `----- phrase -----`, with anything behind it; null for other lines. */
export function readDivider(bare: string): Divider | null {
  const lead = countEdge(bare, 0, 1);
  if (lead < 2 || lead === bare.length) return null;
  const tail = countEdge(bare, bare.length - 1, -1);
  const phrase = bare.slice(lead, bare.length - tail);
  if (tail >= 2 && phrase.length <= PHRASE_LENGTH_MAX) return { kind: kindOf(phrase), rest: "" };
  const second = bare.indexOf("---", lead);
  if (second < 0 || second - lead > PHRASE_LENGTH_MAX) return null;
  return { kind: kindOf(bare.slice(lead, second)), rest: bare.slice(second).replace(/^[-\s]+/, "") };
}

/** `Begin forwarded message:` without any dashes. */
export function isForwardPhrase(bare: string): boolean {
  if (bare.length > PHRASE_LENGTH_MAX || bare.length < 3) return false;
  return /[:：]\s*$/u.test(bare) && bare.split(" ").length <= 8 && kindOf(bare) === "forward";
}

/** A line of dashes or underscores only. */
export function isRule(bare: string): boolean {
  return bare.length >= 3 && countEdge(bare, 0, 1) === bare.length;
}

const SUBJECT_LABELS = [...HEADER_LABELS]
  .filter(([label, field]) => field === "subject" && label.length >= SUBJECT_LABEL_LENGTH_MIN)
  .map(([label]) => label.charAt(0).toUpperCase() + label.slice(1));

/** What follows the last occurrence of a label that is glued to the text before it; the colon may be missing. */
function findGlued(text: string, label: string): string | null {
  const index = text.lastIndexOf(label);
  const rest = text.slice(index + label.length);
  return index > 0 && /^\s?[:： ]/u.test(rest) ? rest.replace(/^[\s:：]+/u, "").trim() || null : null;
}

/** Behind the first address, or what stands in brackets like one. */
function addressEnd(value: string): number | null {
  const brackets = /<[^<>]{1,254}>/u.exec(value);
  const bare = firstAddressIn(value);
  if (brackets !== null && (bare === null || brackets.index < bare.index)) return brackets.index + brackets[0].length;
  return bare === null ? null : bare.index + bare.text.length;
}

/** Fields that follow each other on one line without any space, as one webmail writes them. */
export function readInlineFields(text: string): Map<HeaderField, string> {
  const fields = new Map<HeaderField, string>();
  const first = readLabel(text);
  if (!first) return fields;
  const end = first.field === "from" ? addressEnd(first.value) : null;
  if (end !== null) fields.set("from", first.value.slice(0, end));
  const subject = SUBJECT_LABELS.map((label) => findGlued(text, label)).find((found) => found !== null);
  if (subject) fields.set("subject", subject);
  return fields;
}
