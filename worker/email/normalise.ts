import { joinBytes } from "./bytes.ts";
import { chooseCharset, isAscii, isUtf8, repairControls } from "./charsets.ts";
import { type CorrectedMail, correctParts } from "./normalise-parts.ts";

/** Raw bytes as they arrive → bytes that a MIME parser reads correctly. Nothing but form is changed. */

const LF = 0x0a;
const CR = 0x0d;
/** How far to look for the line ends of a mail. */
const LINE_END_SAMPLE_BYTES = 65_536;
/** Of empty lines in a row this much is kept; even, so that no CRLF is cut. No mail means anything by more. */
const EMPTY_RUN_BYTES_MAX = 4_000;
/** Longer header sections are left as they are; the parser has its own limit. */
const HEADER_BYTES_MAX = 2 * 1024 * 1024;

/** Some old gateways end lines with a bare CR; a parser would see one endless header. */
function hasBareCrLines(raw: Uint8Array): boolean {
  const sample = raw.subarray(0, LINE_END_SAMPLE_BYTES);
  return sample.includes(CR) && !sample.includes(LF);
}

function bareCrToLf(raw: Uint8Array): Uint8Array {
  return raw.map((byte, i) => (byte === CR && raw[i + 1] !== LF ? LF : byte));
}

function startsWith(raw: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (raw[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Drops what stands before the first header: a byte order mark, empty lines, the `From ` line of an mbox file. */
function dropPreamble(raw: Uint8Array): Uint8Array {
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
 * @param isFirst the mail begins here: after empty lines only a well-known field is a header
 */
function findBareBody(raw: Uint8Array, isFirst: boolean): number | null {
  let damaged = 0;
  let isHeader = false;
  let isKnown = false;
  for (const { start, text } of linesOf(raw)) {
    if (/^\r?\n/.test(text)) return isHeader ? null : 0;
    isKnown ||= WELL_KNOWN.test(text);
    if (HEADER_LINE.test(text)) isHeader ||= (start === 0 && isFirst) || isKnown;
    else if (start > 0 && /^[ \t]/.test(text)) continue;
    else if (isHeader) return hasEmptyLine(raw, start) ? null : start;
    else damaged += 1;
    if (damaged >= DAMAGED_LINES_MAX) return 0;
  }
  return isKnown ? null : 0;
}

function hasEmptyLine(raw: Uint8Array, from: number): boolean {
  for (let i = raw.indexOf(LF, from); i >= 0; i = raw.indexOf(LF, i + 1))
    if (raw[i + 1] === LF || (raw[i + 1] === CR && raw[i + 2] === LF)) return true;
  return false;
}

/** The empty line that should be there. */
function separateHeader(raw: Uint8Array, isFirst: boolean): Uint8Array {
  const start = raw.length === 0 ? null : findBareBody(raw, isFirst);
  return start === null ? raw : joinBytes([raw.subarray(0, start), Uint8Array.of(CR, LF), raw.subarray(start)]);
}

/** Index just behind the last header line. */
function findHeaderEnd(raw: Uint8Array): number {
  for (let i = raw.indexOf(LF); i >= 0 && i < HEADER_BYTES_MAX; i = raw.indexOf(LF, i + 1)) {
    if (raw[i + 1] === LF || (raw[i + 1] === CR && raw[i + 2] === LF)) return i + 1;
  }
  return Math.min(raw.length, HEADER_BYTES_MAX);
}

/** Headers may hold raw 8-bit text in any charset; each line is read by itself and written as UTF-8 (RFC 6532). */
function headersToUtf8(header: Uint8Array): Uint8Array {
  // Who writes raw headers writes them in the charset of the body.
  const hint =
    /^content-type:[^\n]*(?:\n[ \t][^\n]*)*?charset\s*=\s*"?([\w.:-]{1,40})/im.exec(new TextDecoder().decode(header))?.[1] ?? "";
  const encoder = new TextEncoder();
  const out: Uint8Array[] = [];
  for (let start = 0; start < header.length;) {
    const lf = header.indexOf(LF, start);
    const end = lf < 0 ? header.length : lf + 1;
    const line = header.subarray(start, end);
    if (isAscii(line) || isUtf8(line)) out.push(line);
    else out.push(encoder.encode(repairControls(new TextDecoder(chooseCharset(trimToHighBytes(line), hint)).decode(line))));
    start = end;
  }
  return joinBytes(out);
}

/** The header name and ASCII words around it would dilute the guess. */
function trimToHighBytes(line: Uint8Array): Uint8Array {
  const first = line.findIndex((byte) => byte > 0x7f);
  const last = line.findLastIndex((byte) => byte > 0x7f);
  return line.subarray(first, last + 2);
}

/** The parser takes some microseconds for each line, so a mail of nothing but line ends would hold a worker for seconds. */
function dropEmptyRuns(raw: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let kept = 0;
  let runStart = 0;
  let runEnd = 0;
  const endRun = (): void => {
    if (runEnd - runStart <= EMPTY_RUN_BYTES_MAX) return;
    pieces.push(raw.subarray(kept, runStart + EMPTY_RUN_BYTES_MAX));
    kept = runEnd;
  };
  for (let i = raw.indexOf(LF); i >= 0; i = raw.indexOf(LF, i + 1)) {
    const isEmpty = raw[i - 1] === LF || (raw[i - 1] === CR && raw[i - 2] === LF);
    if (!isEmpty) {
      endRun();
      runStart = i + 1;
    }
    runEnd = i + 1;
  }
  endRun();
  return pieces.length === 0 ? raw : joinBytes([...pieces, raw.subarray(kept)]);
}

/** Makes a raw mail readable: line ends, preamble, header charset, the charset each text part really has. */
export function normaliseMail(raw: Uint8Array): CorrectedMail {
  const lines = hasBareCrLines(raw) ? bareCrToLf(raw) : raw;
  const isFirst = lines[0] !== CR && lines[0] !== LF;
  const mail = separateHeader(dropEmptyRuns(dropPreamble(lines)), isFirst);
  const headerEnd = findHeaderEnd(mail);
  const header = mail.subarray(0, headerEnd);
  const clean = isAscii(header) || isUtf8(header) ? mail : joinBytes([headersToUtf8(header), mail.subarray(headerEnd)]);
  return correctParts(clean);
}
