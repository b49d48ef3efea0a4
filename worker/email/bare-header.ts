/** Where the header of a mail really begins and ends, when something on its way has damaged it. Pure, linear. */

const LF = 0x0a;
const CR = 0x0d;

function startsWith(raw: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (raw[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Drops what stands before the first header: a byte order mark, empty lines, the `From ` line of an mbox file. */
export function dropPreamble(raw: Uint8Array): Uint8Array {
  let start = startsWith(raw, 0, "\u00ef\u00bb\u00bf") ? 3 : 0;
  while (start < raw.length && (raw[start] === LF || raw[start] === CR)) start++;
  if (startsWith(raw, start, "From ") || startsWith(raw, start, ">From ")) {
    const end = raw.indexOf(LF, start);
    start = end < 0 ? start : end + 1;
  }
  return start === 0 ? raw : raw.subarray(start);
}

const HEADER_LINE = /^[!-9;-~]+[ \t]*:/;
/** Lines that are no field and may stand above the headers of a mail that some gateway has damaged. */
const DAMAGED_LINES_MAX = 5;
const WELL_KNOWN = /^(?:from|to|subject|date|received|return-path|message-id|mime-version|content-type|delivered-to):/i;
/** Of a line, to see what it is. */
const LINE_SAMPLE_BYTES = 200;

function* linesOf(raw: Uint8Array): Generator<{ start: number; text: string }> {
  for (let start = 0; start < raw.length;) {
    const lf = raw.indexOf(LF, start);
    const end = lf < 0 ? raw.length : lf + 1;
    yield { start, text: String.fromCharCode(...raw.subarray(start, Math.min(end, start + LINE_SAMPLE_BYTES))) };
    start = end;
  }
}

/**
 * Where the words of a mail begin that does not say so by an empty line; null where it does. A mail without a header is
 * nothing but words, and one that never has an empty line ends its header where a line is none.
 *
 * @param header all up to where it ends: at its empty line, with the mail, or because nobody reads more of it
 * @param isFirst the mail begins here: after empty lines only a well-known field is a header
 */
export function findBareBody(
  header: Uint8Array,
  { isFirst, end }: { isFirst: boolean; end: "empty line" | "mail" | "budget" },
): number | null {
  let damaged = 0;
  let isHeader = false;
  let isKnown = false;
  for (const { start, text } of linesOf(header)) {
    if (/^\r?\n/.test(text)) return isHeader ? null : 0;
    isKnown ||= WELL_KNOWN.test(text);
    if (HEADER_LINE.test(text)) isHeader ||= (start === 0 && isFirst) || isKnown;
    else if (start > 0 && /^[ \t]/.test(text)) continue;
    else if (isHeader) return end === "empty line" ? null : start;
    else damaged += 1;
    if (damaged >= DAMAGED_LINES_MAX) return 0;
  }
  return isKnown || (isHeader && end !== "mail") ? null : 0;
}
