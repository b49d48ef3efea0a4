/** The header of a mail or of a part, as text and as fields. Pure, linear. */
import { chooseCharset, isAscii, isUtf8, repairControls } from "./charsets.ts";
import { type MailHeaders, toHeaders } from "./mail-headers.ts";
import type { Steps } from "./pace.ts";
import { BYTES_PER_STEP } from "./reading-budget.ts";

const LF = 0x0a;
/** Lines between two looks at the clock of steps. */
const LINES_AT_ONCE = 50;
/** Steps of a line whose charset has to be guessed. */
const GUESS_STEPS = 20;
/** Making characters costs more than looking at bytes. */
const DECODING = 4;
/** Bytes of a line that tell its charset. */
const GUESS_BYTES_MAX = 2_048;

/** A byte order mark within is a character, and makes no field out of what is none. */
const utf8 = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Headers may hold raw 8-bit text in any charset; each line is read by itself (RFC 6532 wants UTF-8). */
export function* readHeaderText(header: Uint8Array): Steps<string> {
  yield Math.ceil(header.length / BYTES_PER_STEP);
  if (isAscii(header) || isUtf8(header)) return utf8.decode(header);
  // Who writes raw headers writes them in the charset of the body.
  const hint = /\bcharset\s{0,5}=\s{0,5}"?([\w.:-]{1,40})/i.exec(utf8.decode(header))?.[1] ?? "";
  const lines: string[] = [];
  for (let start = 0; start < header.length;) {
    const lf = header.indexOf(LF, start);
    const end = lf < 0 ? header.length : lf + 1;
    const line = header.subarray(start, end);
    const isPlain = isAscii(line) || isUtf8(line);
    lines.push(isPlain ? utf8.decode(line) : decodeLine(line, hint));
    yield isPlain ? 1 : GUESS_STEPS + Math.ceil((line.length * DECODING) / BYTES_PER_STEP);
    start = end;
  }
  return lines.join("");
}

function decodeLine(line: Uint8Array, hint: string): string {
  const charset = chooseCharset(trimToHighBytes(line).subarray(0, GUESS_BYTES_MAX), hint);
  return repairControls(new TextDecoder(charset).decode(line));
}

/** The header name and ASCII words around it would dilute the guess. */
function trimToHighBytes(line: Uint8Array): Uint8Array {
  const first = line.findIndex((byte) => byte > 0x7f);
  const last = line.findLastIndex((byte) => byte > 0x7f);
  return line.subarray(first, last + 2);
}

/** Fields in order, unfolded: only the line ends of folds go (RFC 5322 §2.2.3). A line that is no field has no value. */
export function* readHeaderFields(text: string): Steps<MailHeaders> {
  const fields: string[][] = [];
  for (let start = 0, count = 0; start < text.length; count += 1) {
    const lf = text.indexOf("\n", start);
    const line = text.slice(start, lf < 0 ? text.length : lf).replace(/\r{1,10}$/, "");
    const last = fields.at(-1);
    if (last !== undefined && /^[ \t]/.test(line)) last.push(line);
    else if (line !== "") fields.push([line]);
    start = lf < 0 ? text.length : lf + 1;
    if (count % LINES_AT_ONCE === 0) yield LINES_AT_ONCE;
  }
  return toHeaders(fields.map((pieces) => readField(pieces.join(""))));
}

function readField(line: string): { key: string; value: string } {
  const colon = line.indexOf(":");
  const key = trimBlanks(colon < 0 ? line : line.slice(0, colon)).toLowerCase();
  return { key, value: colon < 0 ? "" : trimBlanks(line.slice(colon + 1).replace(/[\r\n]+/g, " ")) };
}

/** Only what may stand around a name: other white space would make a field out of what is none. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === " " || text[start] === "\t")) start += 1;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end -= 1;
  return text.slice(start, end);
}
