/** Cuts HTML mail into tags and text, in one pass; never throws, whatever the input. */
import type { Steps } from "./pace.ts";

export const ATTRIBUTES_LENGTH_MAX = 8_000; // characters of a tag that are searched
/** Characters of text that are told of at once; no entity is cut. */
const TEXT_PIECE_LENGTH = 4_096;
/** Characters of the longest entity. */
const ENTITY_LENGTH_MAX = 12;
/** Characters between two yields inside one tag. */
const TAG_STOPS_AT_ONCE = 1_000;
/** Steps between two yields, and characters of a tag that cost one more. */
const STEPS_AT_ONCE = 20;
const TAG_LENGTH_PER_STEP = 40;
/** Steps of a piece of text. */
const TEXT_STEPS = 80;

export interface HtmlSink {
  /** True when no more is wanted. */
  readonly isFull: boolean;
  /** Raw text between tags, entities not yet decoded. */
  onText(start: number, end: number): void;
  onOpen(tag: HtmlTag): void;
  onClose(name: string, start: number): void;
}

export interface HtmlTag {
  /** Lower-case, without namespace marks changed: `o:p` stays `o:p`. */
  name: string;
  start: number;
  end: number;
  isSelfClosing: boolean;
}

/** Elements whose content is no text. */
const RAW_ELEMENTS = new Set(["script", "style", "title", "textarea", "noscript", "template", "svg", "math", "object", "xml"]);
const NAME = /[a-z][a-z0-9:_-]{0,60}/iy;

interface Cursor {
  html: string;
  position: number;
  /** Quote characters that do not occur any more: searching them again would be quadratic. */
  missing: Set<string>;
}

function indexOf(cursor: Cursor, text: string, from: number): number {
  if (cursor.missing.has(text)) return -1;
  const found = cursor.html.indexOf(text, from);
  if (found < 0) cursor.missing.add(text);
  return found;
}

/** Spaces may stand between them, as many as the sender likes; no two quotes share theirs. */
function isAfterEquals(html: string, quote: number): boolean {
  let before = quote - 1;
  while (/\s/.test(html[before] ?? "")) before -= 1;
  return html[before] === "=";
}

const TAG_STOP = /[>"']/g;

/** Index behind the `>` that ends the tag; quoted attribute values may hold one. */
function* findTagEnd(cursor: Cursor, from: number): Steps<number> {
  let position = from;
  for (let stops = 1; ; stops += 1) {
    TAG_STOP.lastIndex = position;
    const stop = TAG_STOP.exec(cursor.html);
    if (!stop) return cursor.html.length;
    if (stop[0] === ">") return stop.index + 1;
    // A quote counts only as the start of a value (`=`); a stray one is no more than a character.
    const isValue = isAfterEquals(cursor.html, stop.index);
    const close = isValue ? indexOf(cursor, stop[0], stop.index + 1) : stop.index;
    position = (close < 0 ? stop.index : close) + 1;
    if (stops % TAG_STOPS_AT_ONCE === 0) yield TAG_STOPS_AT_ONCE / 10;
  }
}

/** Content of script, style and the like is skipped up to its end tag. */
function skipRaw(cursor: Cursor, name: string, from: number): number {
  const close = new RegExp(`</${name}[\\s>/]`, "gi");
  close.lastIndex = from;
  const found = cursor.missing.has(name) ? null : close.exec(cursor.html);
  if (found) return found.index;
  cursor.missing.add(name);
  // Without an end tag browsers would hide the rest; a title or textarea left open must not hide the mail.
  return name === "script" || name === "style" ? cursor.html.length : from;
}

function readMarkup(cursor: Cursor, start: number): number {
  if (cursor.html.startsWith("<!--", start)) {
    const end = indexOf(cursor, "-->", start + 4);
    return end < 0 ? cursor.html.length : end + 3;
  }
  const end = indexOf(cursor, ">", start);
  return end < 0 ? cursor.html.length : end + 1;
}

function nameAt(html: string, position: number): string {
  NAME.lastIndex = position;
  return NAME.exec(html)?.[0].toLowerCase() ?? "";
}

function* readOpenTag(cursor: Cursor, start: number, sink: HtmlSink): Steps<number> {
  const name = nameAt(cursor.html, start + 1);
  const end = yield* findTagEnd(cursor, start + 1 + name.length);
  const isSelfClosing = cursor.html[end - 2] === "/";
  if (RAW_ELEMENTS.has(name)) return isSelfClosing ? end : skipRaw(cursor, name, end);
  sink.onOpen({ name, start, end, isSelfClosing });
  return end;
}

/**
 * A long text is told of in pieces.
 *
 * @returns the steps of the last piece, for which it has not yielded
 */
function* readText(cursor: Cursor, end: number, sink: HtmlSink): Steps<number> {
  while (end - cursor.position > TEXT_PIECE_LENGTH && !sink.isFull) {
    const at = cursor.position + TEXT_PIECE_LENGTH;
    const reference = cursor.html.lastIndexOf("&", at - 1);
    const cut = reference > at - ENTITY_LENGTH_MAX ? reference : at;
    sink.onText(cursor.position, cut);
    cursor.position = cut;
    yield TEXT_STEPS;
  }
  const rest = end - cursor.position;
  if (rest > 0) sink.onText(cursor.position, end);
  cursor.position = end;
  return Math.floor((rest * TEXT_STEPS) / TEXT_PIECE_LENGTH);
}

function* readToken(cursor: Cursor, open: number, sink: HtmlSink): Steps<number> {
  const { html } = cursor;
  const next = html[open + 1] ?? "";
  if (next === "!" || next === "?") return readMarkup(cursor, open);
  if (/[a-z]/i.test(next)) return yield* readOpenTag(cursor, open, sink);
  if (next === "/" && nameAt(html, open + 2)) {
    const close = indexOf(cursor, ">", open);
    sink.onClose(nameAt(html, open + 2), open);
    return close < 0 ? html.length : close + 1;
  }
  // `a < b`: no tag, just a character.
  sink.onText(open, open + 1);
  return open + 1;
}

/**
 * Walks the text once, telling the sink what it meets.
 *
 * @returns how far it came: to the end, unless the sink was full, or there were more tags
 */
export function* scanHtml(html: string, sink: HtmlSink, tagsMax: number): Steps<number> {
  const cursor: Cursor = { html, position: 0, missing: new Set() };
  let steps = 0;
  for (let tokens = 1; cursor.position < html.length && !sink.isFull && tokens <= tagsMax; tokens += 1) {
    const open = html.indexOf("<", cursor.position);
    steps += yield* readText(cursor, open < 0 ? html.length : open, sink);
    if (open < 0 || sink.isFull) break;
    cursor.position = yield* readToken(cursor, open, sink);
    steps += 1 + Math.ceil(Math.min(cursor.position - open, ATTRIBUTES_LENGTH_MAX) / TAG_LENGTH_PER_STEP);
    if (steps < STEPS_AT_ONCE) continue;
    yield steps;
    steps = 0;
  }
  return cursor.position;
}

/** One attribute after the other, as browsers cut them: what stands in a value is none, and a slash parts them as a space does. */
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s>]*)))?/y;
const NAMES = new Set("class id type name style alt cite start color bgcolor background size hidden".split(" "));

/** The few attributes that tell quotes from text and what can be seen of it, lower-case names, values as written. */
export function readAttributes(html: string, tag: HtmlTag): Map<string, string> {
  const out = new Map<string, string>();
  const text = html.slice(tag.start + 1 + tag.name.length, Math.min(tag.end, tag.start + ATTRIBUTES_LENGTH_MAX));
  ATTRIBUTE.lastIndex = 0;
  for (let match = ATTRIBUTE.exec(text); match !== null; match = ATTRIBUTE.exec(text)) {
    const name = (match[1] ?? "").toLowerCase();
    if (NAMES.has(name) && !out.has(name)) out.set(name, match[2] ?? match[3] ?? match[4] ?? "");
  }
  return out;
}
