/** Cuts HTML mail into tags and text, in one pass; never throws, whatever the input. */

export interface HtmlSink {
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

const TAG_STOP = /[>"']/g;

/** Index behind the `>` that ends the tag; quoted attribute values may hold one. */
function findTagEnd(cursor: Cursor, from: number): number {
  let position = from;
  for (;;) {
    TAG_STOP.lastIndex = position;
    const stop = TAG_STOP.exec(cursor.html);
    if (!stop) return cursor.html.length;
    if (stop[0] === ">") return stop.index + 1;
    // A quote counts only as the start of a value (`=`); a stray one is no more than a character.
    const isValue = cursor.html[stop.index - 1] === "=";
    const close = isValue ? indexOf(cursor, stop[0], stop.index + 1) : stop.index;
    position = (close < 0 ? stop.index : close) + 1;
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

function readOpenTag(cursor: Cursor, start: number, sink: HtmlSink): number {
  const name = nameAt(cursor.html, start + 1);
  const end = findTagEnd(cursor, start + 1 + name.length);
  const isSelfClosing = cursor.html[end - 2] === "/";
  if (RAW_ELEMENTS.has(name)) return isSelfClosing ? end : skipRaw(cursor, name, end);
  sink.onOpen({ name, start, end, isSelfClosing });
  return end;
}

/** Walks the whole text once, telling the sink what it meets. */
export function scanHtml(html: string, sink: HtmlSink): void {
  const cursor: Cursor = { html, position: 0, missing: new Set() };
  while (cursor.position < html.length) {
    const open = html.indexOf("<", cursor.position);
    const textEnd = open < 0 ? html.length : open;
    if (textEnd > cursor.position) sink.onText(cursor.position, textEnd);
    if (open < 0) return;
    const next = html[open + 1] ?? "";
    if (next === "!" || next === "?") cursor.position = readMarkup(cursor, open);
    else if (/[a-z]/i.test(next)) cursor.position = readOpenTag(cursor, open, sink);
    else if (next === "/" && nameAt(html, open + 2)) {
      const close = indexOf(cursor, ">", open);
      sink.onClose(nameAt(html, open + 2), open);
      cursor.position = close < 0 ? html.length : close + 1;
    } else {
      // `a < b`: no tag, just a character.
      sink.onText(open, open + 1);
      cursor.position = open + 1;
    }
  }
}

const ATTRIBUTES_LENGTH_MAX = 2_000; // characters of a tag that are searched
const ATTRIBUTE =
  /[\s"'](class|id|type|name|style|alt|cite|start|color|bgcolor|background)\s{0,5}=\s{0,5}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** The few attributes that tell quotes from text and what can be seen of it, lower-case names, values as written. */
export function readAttributes(html: string, tag: HtmlTag): Map<string, string> {
  const out = new Map<string, string>();
  const text = html.slice(tag.start, Math.min(tag.end, tag.start + ATTRIBUTES_LENGTH_MAX));
  for (const match of text.matchAll(ATTRIBUTE)) {
    const name = (match[1] ?? "").toLowerCase();
    if (!out.has(name)) out.set(name, match[2] ?? match[3] ?? match[4] ?? "");
  }
  return out;
}
