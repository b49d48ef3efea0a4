/**
 * Finds the boundaries of a mail that comes in pieces of any size. Its cost is by the byte, however many lines there are:
 * a line is looked at only where it begins with two dashes. Pure.
 */
import { joinBytes } from "./bytes.ts";
import type { Work } from "./pace.ts";
import { BYTES_PER_STEP } from "./reading-budget.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;
/** RFC 2046 allows 70 characters in a boundary; some senders use more. */
const BOUNDARY_LINE_BYTES_MAX = 300;
/** How far to look for the line ends of a mail. */
const LINE_END_SAMPLE_BYTES = 65_536;
/** Bytes that are looked at between two yields. */
const PIECE_BYTES = 16 * 1024;
/** Boundaries that cost as much as a step. */
const BOUNDARIES_PER_STEP = 4;

export interface FoundBoundary {
  /** Of the multipart that it belongs to: 0 is the outermost. */
  level: number;
  isClosing: boolean;
}

export interface ScanSink {
  /** Bytes between boundaries, valid during the call. @returns how many were taken: after a header others are boundaries */
  onRun(bytes: Uint8Array): Work<number>;
  /** @param line with its line end */
  onBoundary(found: FoundBoundary, line: Uint8Array): Work<void>;
}

export class MultipartScanner {
  /** Boundaries of the multiparts that are open, the innermost last; the sink's to change. */
  readonly open: Uint8Array[] = [];
  readonly #sink: ScanSink;
  /** What could be the beginning of a boundary, or of a mail whose line ends are not known yet. */
  #held: Uint8Array = new Uint8Array();
  #isAtLineStart = true;
  /** Some old gateways end lines with a bare CR. Null until the first bytes tell. */
  #hasBareCr: boolean | null = null;
  #boundaries = 0;

  constructor(sink: ScanSink) {
    this.#sink = sink;
  }

  *write(chunk: Uint8Array): Work<void> {
    const bytes = this.#held.length === 0 ? chunk : joinBytes([this.#held, chunk]);
    if (this.#hasBareCr === null && bytes.length < LINE_END_SAMPLE_BYTES && !bytes.includes(LF)) {
      this.#held = bytes.slice();
      return;
    }
    yield* this.#read(bytes, false);
  }

  *end(): Work<void> {
    const rest = this.#held;
    this.#held = new Uint8Array();
    yield* this.#read(rest, true);
  }

  *#read(bytes: Uint8Array, isEnd: boolean): Work<void> {
    const sample = bytes.subarray(0, LINE_END_SAMPLE_BYTES);
    this.#hasBareCr ??= sample.includes(CR) && !sample.includes(LF);
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + PIECE_BYTES + BOUNDARY_LINE_BYTES_MAX);
      const used = yield* this.#scan(this.#hasBareCr ? bareCrToLf(piece) : piece, isEnd && at + piece.length === bytes.length);
      yield Math.ceil(used / BYTES_PER_STEP) + Math.ceil(this.#boundaries / BOUNDARIES_PER_STEP);
      this.#boundaries = 0;
      if (used === 0) break;
      at += used;
    }
    this.#held = bytes.slice(at);
  }

  /** @returns how many bytes are done with; fewer than all where the last line may be a boundary whose end has not come */
  *#scan(bytes: Uint8Array, isEnd: boolean): Work<number> {
    let at = 0;
    while (at < bytes.length) {
      const stop = this.#findStop(bytes, at, isEnd);
      if (stop.end > at) {
        const used = yield* this.#sink.onRun(bytes.subarray(at, stop.end));
        at += used;
        if (used > 0) this.#isAtLineStart = bytes[at - 1] === LF;
        // A header that ended here may have opened a multipart: what follows is looked at with its boundary.
        continue;
      }
      if (stop.found === null) break;
      this.#boundaries += 1;
      yield* this.#sink.onBoundary(stop.found, bytes.subarray(stop.end, stop.next));
      at = stop.next;
      this.#isAtLineStart = true;
    }
    return at;
  }

  /** Where the next boundary is, or a line that may become one. */
  #findStop(bytes: Uint8Array, from: number, isEnd: boolean): { end: number; next: number; found: FoundBoundary | null } {
    const { length } = bytes;
    let isStart = this.#isAtLineStart;
    for (let at = from; at < length; at += 1) {
      if (isStart && bytes[at] === DASH) {
        if (!isEnd && length - at < BOUNDARY_LINE_BYTES_MAX && bytes.indexOf(LF, at) < 0)
          return { end: at, next: at, found: null };
        const found = this.open.length === 0 ? null : this.#match(bytes, at);
        if (found !== null) return { end: at, next: lineEnd(bytes, at), found };
      }
      isStart = bytes[at] === LF;
    }
    return { end: length, next: length, found: null };
  }

  /** The innermost open multipart whose boundary this line is; blanks may follow it (RFC 2046 §5.1.1). */
  #match(bytes: Uint8Array, at: number): FoundBoundary | null {
    if (bytes[at + 1] !== DASH) return null;
    for (let level = this.open.length - 1; level >= 0; level -= 1) {
      const boundary = this.open[level];
      if (boundary === undefined || !startsWith(bytes, at + 2, boundary)) continue;
      const behind = at + 2 + boundary.length;
      if (isBlankTo(bytes, behind)) return { level, isClosing: false };
      if (bytes[behind] === DASH && bytes[behind + 1] === DASH && isBlankTo(bytes, behind + 2)) return { level, isClosing: true };
    }
    return null;
  }
}

function bareCrToLf(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (byte === CR && bytes[i + 1] !== LF ? LF : byte));
}

function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i += 1) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** Whether nothing but blanks stands from here to the end of the line. */
function isBlankTo(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length && at < from + BOUNDARY_LINE_BYTES_MAX; at += 1) {
    const byte = bytes[at];
    if (byte === LF) return true;
    if (byte !== SPACE && byte !== TAB && byte !== CR) return false;
  }
  return true;
}

/** Behind the line end. */
function lineEnd(bytes: Uint8Array, at: number): number {
  const lf = bytes.indexOf(LF, at);
  return lf < 0 ? bytes.length : lf + 1;
}
