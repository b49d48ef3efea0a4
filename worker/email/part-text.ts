/** The words of a part: decoded with the charset they really have, unfolded, and no more lines than are read. Pure. */
import { charsetOf } from "./charsets.ts";
import { joinFlowed } from "./flowed-text.ts";
import type { LeftOutCount } from "./left-out.ts";
import type { Steps } from "./pace.ts";
import type { SplitPart } from "./part-body.ts";
import { BYTES_PER_STEP, EMPTY_LINES_MAX } from "./reading-budget.ts";

/** A look at the clock of steps after so many lines. */
const LINES_AT_ONCE = 100;
/** Bytes of the longest character. */
const CHARACTER_BYTES_MAX = 4;
/** Bytes that are decoded between two yields. */
const SLICE_BYTES = 16_384;
/** Decoding costs more than looking, and guessing a charset most. */
const SLICE_STEPS = 100;
const GUESS_STEPS = 1_000;
const GUESS_STEPS_PER_BLOCK = 30;

export function* readPartText(part: SplitPart, options: { lines: number; leftOut: LeftOutCount }): Steps<string> {
  const { header, content, size } = part;
  const bytes = size > content.length ? dropCutCharacter(content) : content;
  const decoded = yield* decodeText(bytes, header.charset);
  // What is not base64 ends its last line, too: the line end before a boundary is the boundary's.
  const whole = /base64/i.test(header.encoding) ? decoded : `${decoded}\n`;
  if (header.type === "text/html") return whole;
  const text = yield* boundLines(whole, options);
  return header.isFlowed ? yield* joinFlowed(text, header.isDelSp) : text;
}

/** With line ends of one character. */
function* decodeText(bytes: Uint8Array, declared: string): Steps<string> {
  const decoder = new TextDecoder(charsetOf(bytes, declared));
  yield Math.min(GUESS_STEPS, Math.ceil(bytes.length / BYTES_PER_STEP) * GUESS_STEPS_PER_BLOCK);
  const pieces: string[] = [];
  let held = "";
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const text = held + decoder.decode(bytes.subarray(at, at + SLICE_BYTES), { stream: true });
    // The other half of a line end may come with the next piece.
    held = text.endsWith("\r") ? "\r" : "";
    pieces.push((held === "" ? text : text.slice(0, -1)).replaceAll("\r\n", "\n"));
    yield SLICE_STEPS;
  }
  pieces.push(held + decoder.decode());
  return pieces.join("");
}

/** A text that was cut may end inside a character, which would make its charset look like another one. */
function dropCutCharacter(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes.length - end < CHARACTER_BYTES_MAX && (bytes[end - 1] ?? 0) > 0x7f) end -= 1;
  return bytes.subarray(0, end);
}

/** The first lines, without the endless runs of empty ones that mean nothing. What is left out is counted. */
function* boundLines(text: string, { lines, leftOut }: { lines: number; leftOut: LeftOutCount }): Steps<string> {
  const pieces: string[] = [];
  let start = 0;
  let kept = 0;
  let empty = 0;
  let left = 0;
  let pieceStart = 0;
  for (let count = 1; start < text.length; count += 1) {
    const lf = text.indexOf("\n", start);
    const end = lf < 0 ? text.length : lf + 1;
    empty = end - start === 1 ? empty + 1 : 0;
    if (kept >= lines) left += 1;
    else if (empty <= EMPTY_LINES_MAX) kept += 1;
    const isKept = left === 0 && empty <= EMPTY_LINES_MAX;
    if (!isKept) {
      if (start > pieceStart) pieces.push(text.slice(pieceStart, start));
      pieceStart = end;
    }
    start = end;
    if (count % LINES_AT_ONCE === 0) yield LINES_AT_ONCE / 20;
  }
  leftOut.add("lines", left);
  if (pieces.length === 0 && pieceStart === 0) return text;
  return pieces.join("") + text.slice(pieceStart);
}
