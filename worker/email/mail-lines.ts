/**
 * Cuts a mail that comes in pieces of any size into runs of whole lines, so that a reader sees every line that could be
 * a boundary by itself and all others in bulk. Pure.
 */
import { joinBytes } from "./bytes.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
/** RFC 2046 allows 70 characters in a boundary; some senders use more. */
const BOUNDARY_LINE_BYTES_MAX = 300;
/** How far to look for the line ends of a mail. */
const LINE_END_SAMPLE_BYTES = 65_536;

export interface LineSink {
  /** A line that begins with two dashes, with its line end. @returns whether it was a boundary; else it comes as a run */
  onDashes(line: Uint8Array): Promise<boolean>;
  /** Lines, or pieces of one; valid during the call. */
  onRun(bytes: Uint8Array): Promise<void>;
}

export class MailLines {
  readonly #sink: LineSink;
  /** The beginning of a line whose end has not come. */
  #held: Uint8Array = new Uint8Array();
  #isAtLineStart = true;
  /** Null until the first bytes tell. */
  #hasBareCr: boolean | null = null;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const sample = chunk.subarray(0, LINE_END_SAMPLE_BYTES);
    this.#hasBareCr ??= sample.includes(CR) && !sample.includes(LF);
    const lines = this.#hasBareCr ? chunk.map((byte) => (byte === CR ? LF : byte)) : chunk;
    const bytes = this.#held.length === 0 ? lines : joinBytes([this.#held, lines]);
    const end = await this.#emit(bytes);
    this.#held = bytes.slice(end);
  }

  async end(): Promise<void> {
    const last = this.#held;
    this.#held = new Uint8Array();
    if (last.length > 0 && !(this.#isAtLineStart && isDashes(last, 0) && (await this.#sink.onDashes(last))))
      await this.#sink.onRun(last);
  }

  /** @returns how much was given to the sink */
  async #emit(bytes: Uint8Array): Promise<number> {
    let runStart = 0;
    let at = 0;
    while (at < bytes.length) {
      const lf = bytes.indexOf(LF, at);
      const isDashed = this.#isAtLineStart && isDashes(bytes, at);
      if (lf < 0) {
        const couldBeBoundary = this.#isAtLineStart && bytes.length - at <= BOUNDARY_LINE_BYTES_MAX;
        if (couldBeBoundary) break;
        at = bytes.length;
        this.#isAtLineStart = false;
        break;
      }
      if (isDashed && lf - at <= BOUNDARY_LINE_BYTES_MAX) {
        if (at > runStart) await this.#sink.onRun(bytes.subarray(runStart, at));
        runStart = (await this.#sink.onDashes(bytes.subarray(at, lf + 1))) ? lf + 1 : at;
      }
      at = lf + 1;
      this.#isAtLineStart = true;
    }
    if (at > runStart) await this.#sink.onRun(bytes.subarray(runStart, at));
    return at;
  }
}

function isDashes(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === DASH && bytes[at + 1] === DASH;
}
