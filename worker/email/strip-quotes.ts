import { joinLines, type MailLine, splitLines } from "./mail-line.ts";
import { doAtOnce, type Steps } from "./pace.ts";
import { isReplyMarkerLine } from "./reply-marker.ts";
import { matchAttribution } from "./strip-quotes-attribution.ts";
import { dividerAbove, findForward, type Forward } from "./strip-quotes-forward.ts";
import { isForwardPhrase, isRule, matchHeaderBlock, readDivider } from "./strip-quotes-headers.ts";
import { findClosing, isSignatureStart } from "./strip-quotes-signature.ts";

/**
 * Cuts a mail into what its sender wrote and what lies below it: quotes, old threads, signatures.
 * One pass over the lines; each looks only a bounded number of lines ahead, so the time is linear.
 */

/** Quoted lines at least this long may have been wrapped by a relay, losing their mark. */
const WRAPPED_LINE_LENGTH_MIN = 60; // characters
const WRAPPED_LINES_MAX = 2;
const LINES_JOINED_PER_STEP = 20;

export interface StrippedMail {
  /** What an agent sees; everything where nothing else would be left. */
  text: string;
  /** What was folded away; empty where nothing was. */
  quoted: string;
  /** Offset in the HTML source where the reply ends; null where it is not simply its beginning. */
  htmlEnd: number | null;
  forward: Forward | null;
}

interface Segment {
  kind: "own" | "quote" | "signature" | "tail";
  start: number;
  end: number;
  /** A quote that its client introduced (*On … wrote:*), so it was not picked by hand. */
  isIntroduced: boolean;
}

function isQuote(line: MailLine | undefined): boolean {
  return line !== undefined && (line.depth > 0 || line.role === "quote");
}

function hasText(lines: readonly MailLine[], segment: Segment): boolean {
  return lines.slice(segment.start, segment.end).some((line) => line.bare !== "");
}

/** How many unmarked lines at `index` are the wrapped ends of a long quoted line. */
function countWrapped(lines: readonly MailLine[], index: number): number {
  const before = lines[index - 1];
  if (!before || before.depth === 0 || before.htmlEnd >= 0 || before.text.length < WRAPPED_LINE_LENGTH_MIN) return 0;
  // A new sentence below a finished one is an answer that was written without an empty line.
  if (/[.!?:…。？！]$/u.test(before.bare) && !/^[\p{Ll}\d(]/u.test(lines[index]?.bare ?? "")) return 0;
  for (let count = 1; count <= WRAPPED_LINES_MAX; count++) {
    if (!lines[index + count - 1]?.bare) return 0;
    if ((lines[index + count]?.depth ?? 0) > 0) return count;
  }
  return 0;
}

/** Behind the last line of the quote that begins at `start`. */
function quoteEnd(lines: readonly MailLine[], start: number): number {
  let end = start;
  for (let i = start; i < lines.length; i++) {
    const line = lines[i];
    if (isQuote(line)) {
      end = i + 1;
      continue;
    }
    if (line?.bare === "") continue;
    const wrapped = i === end ? countWrapped(lines, i) : 0;
    if (wrapped === 0) break;
    i += wrapped - 1;
  }
  return end;
}

/** First non-empty line from `index` on. */
function skipBlank(lines: readonly MailLine[], index: number): number {
  let i = index;
  while (i < lines.length && lines[i]?.bare === "") i++;
  return i;
}

/** Whether everything from this line on is an old mail: our own marker, a divider, or a block of headers. */
function isTailStart(lines: readonly MailLine[], index: number): boolean {
  const bare = lines[index]?.bare ?? "";
  if (isReplyMarkerLine(bare)) return true;
  const divider = readDivider(bare);
  if (divider && divider.kind !== "unknown") return true;
  const below = skipBlank(lines, index + 1);
  if (divider || isForwardPhrase(bare)) return below <= index + 3 && matchHeaderBlock(lines, below, true) !== null;
  return matchHeaderBlock(lines, index, false) !== null;
}

/** The segment that begins at a line, when it is not the sender's own text. */
function matchSegment(lines: readonly MailLine[], index: number): Segment | null {
  if (isQuote(lines[index])) {
    const isIntroduced = lines[index]?.role === "quote" || matchAttribution(lines, index) !== null;
    return { kind: "quote", start: index, end: quoteEnd(lines, index), isIntroduced };
  }
  if (isTailStart(lines, index))
    return { kind: "tail", start: dividerAbove(lines, index), end: lines.length, isIntroduced: true };
  const attribution = matchAttribution(lines, index);
  if (!attribution) return null;
  const below = skipBlank(lines, attribution.end);
  const end = isQuote(lines[below]) ? quoteEnd(lines, below) : lines.length;
  return { kind: isQuote(lines[below]) ? "quote" : "tail", start: index, end, isIntroduced: true };
}

/** Steps of looking what begins at a line, which is compared with the words of all languages. */
const LINE_STEPS = 8;

function* findSegments(lines: readonly MailLine[]): Steps<Segment[]> {
  const segments: Segment[] = [];
  let kind: "own" | "signature" = "own";
  let start = 0;
  const close = (end: number): void => {
    if (end > start) segments.push({ kind, start, end, isIntroduced: false });
  };
  for (let i = skipBlank(lines, 0); i < lines.length; i = skipBlank(lines, i)) {
    const segment = matchSegment(lines, i);
    yield LINE_STEPS;
    if (segment) {
      // A rule above a header block may already belong to the quote before it.
      segment.start = Math.max(start, segment.start);
      close(segment.start);
      segments.push(segment);
      kind = "own";
      start = segment.end;
      i = segment.end;
      continue;
    }
    const isSignature = isSignatureStart(lines, i);
    // Markup says where a signature ends; in plain text it goes on to the next quote or the end.
    const isOver = kind === "signature" && lines[i - 1]?.role === "signature" && lines[i]?.role === "text";
    if (isSignature !== (kind === "signature") && (isSignature || isOver)) {
      close(i);
      kind = isSignature ? "signature" : "own";
      start = i;
    }
    i++;
  }
  close(lines.length);
  return segments;
}

/** The segments that make up the reply, in order. */
function chooseSegments(lines: readonly MailLine[], segments: readonly Segment[]): Segment[] {
  const last = segments.findLastIndex((segment) => segment.kind === "own" && hasText(lines, segment));
  if (last < 0) return [];
  const upToLast = segments.slice(0, last + 1);
  const quotes = upToLast.filter((segment) => segment.kind === "quote");
  // Answers between quotes make no sense without them.
  if (quotes.length > 1) return upToLast.filter((segment) => segment.kind !== "signature");
  const firstOwn = upToLast.findIndex((segment) => segment.kind === "own" && hasText(lines, segment));
  return upToLast.filter(
    (segment, i) => segment.kind === "own" || (segment.kind === "quote" && !segment.isIntroduced && i > firstOwn),
  );
}

/** The last own segment ends before a signature block that only a closing introduces. */
function trimClosing(lines: readonly MailLine[], chosen: readonly Segment[]): Segment[] {
  const last = chosen.at(-1);
  if (!last) return [];
  const from = chosen.length > 1 ? last.start - 1 : skipBlank(lines, last.start);
  let end = findClosing(lines, from, last.end);
  // A line drawn above what was cut has nothing left to divide.
  while (end > from + 1 && end < lines.length && (lines[end - 1]?.bare === "" || isRule(lines[end - 1]?.bare ?? ""))) end--;
  return [...chosen.slice(0, -1), { ...last, end }];
}

function pick(lines: readonly MailLine[], segments: readonly Segment[]): { kept: MailLine[]; cut: MailLine[] } {
  const kept: MailLine[] = [];
  const cut: MailLine[] = [];
  let position = 0;
  for (const segment of segments) {
    for (const line of lines.slice(position, segment.start)) cut.push(line);
    for (const line of lines.slice(segment.start, segment.end)) kept.push(line);
    position = segment.end;
  }
  for (const line of lines.slice(position)) cut.push(line);
  return { kept, cut };
}

function htmlEndOf(lines: readonly MailLine[], kept: readonly MailLine[]): number | null {
  const last = kept.findLastIndex((line) => line.bare !== "");
  const line = kept[last];
  if (!line || line.htmlEnd < 0 || lines[last] !== line) return null;
  // Below the last words there may be pictures: all of the mail's where nothing was cut, else those up to an empty line.
  if (lines.slice(last + 1).every(({ bare }) => bare === "")) return null;
  let end = line.htmlEnd;
  for (let i = last + 1; lines[i]?.bare === "" && !isQuote(lines[i]); i += 1) end = Math.max(end, lines[i]?.htmlEnd ?? 0);
  return end;
}

/** Everything above a forwarded mail is the forwarder's note; without one the whole mail is shown. */
function* stripForward(lines: readonly MailLine[], forward: Forward): Steps<StrippedMail> {
  const note = yield* stripThread(lines.slice(0, forward.start));
  const all = joinLines(lines);
  if (!note.text) return { text: all, quoted: "", htmlEnd: null, forward };
  const quoted = [note.quoted, joinLines(lines.slice(forward.start))].filter(Boolean).join("\n\n");
  return { ...note, quoted, forward };
}

function* stripThread(lines: readonly MailLine[]): Steps<StrippedMail> {
  const chosen = trimClosing(lines, chooseSegments(lines, yield* findSegments(lines)));
  const { kept, cut } = pick(lines, chosen);
  yield Math.ceil(lines.length / LINES_JOINED_PER_STEP);
  const text = joinLines(kept);
  if (!text) return { text: joinLines(lines), quoted: "", htmlEnd: null, forward: null };
  return { text, quoted: joinLines(cut), htmlEnd: htmlEndOf(lines, kept), forward: null };
}

/**
 * Cuts the lines of a mail. `subject` is the mail's own, null where it is not known: it tells a forward from an
 * answer where both look the same.
 */
export function* cutQuotes(lines: readonly MailLine[], subject: string | null): Steps<StrippedMail> {
  const forward = yield* findForward(lines, subject);
  return yield* forward ? stripForward(lines, forward) : stripThread(lines);
}

export function stripQuotes(lines: readonly MailLine[], subject: string | null): StrippedMail {
  return doAtOnce(cutQuotes(lines, subject));
}

/** The same for a plain text. */
export function* cutQuotesOfText(text: string, subject: string | null): Steps<StrippedMail> {
  const { lines, rest } = yield* splitLines(text);
  const stripped = yield* cutQuotes(lines, subject);
  if (!rest) return stripped;
  return { ...stripped, quoted: [stripped.quoted, rest.trim()].filter(Boolean).join("\n") };
}

export function stripQuotesFromText(text: string, subject: string | null): StrippedMail {
  return doAtOnce(cutQuotesOfText(text, subject));
}
