/** The lines of one header, as they come in pieces, up to the empty line that ends it. Bounded, pure. */
import { joinBytes } from "./bytes.ts";

const LF = 0x0a;
const CR = 0x0d;

/** What is left for the headers of the whole mail. */
export interface HeaderRoom {
  bytes: number;
  lines: number;
}

export class HeaderLines {
  readonly #room: HeaderRoom;
  readonly #pieces: Uint8Array[] = [];
  /** False while only empty lines were seen, which are no end of a header. */
  #hasFields: boolean;
  /** Bytes of the line that is being read, and whether they are one CR. */
  #lineBytes = 0;
  #isOnlyCr = false;
  /** Whether the empty line was there. */
  isEnded = false;
  /** Set by the reader: there is no more room, and the end is still looked for. Until then nothing is passed over. */
  isOverflowing = false;
  /** Lines that were passed over. */
  leftOut = 0;

  /** @param isPart an empty line at once means that a part has no header */
  constructor(room: HeaderRoom, isPart: boolean) {
    this.#room = room;
    this.#hasFields = isPart;
  }

  get isFull(): boolean {
    return this.#room.bytes <= 0 || this.#room.lines <= 0;
  }

  get end(): "empty line" | "mail" | "budget" {
    if (this.isEnded) return "empty line";
    return this.isFull ? "budget" : "mail";
  }

  /** @returns how many bytes were taken; fewer than all where the header ends, or there is no room for more */
  read(bytes: Uint8Array): number {
    const input = this.isOverflowing ? bytes : bytes.subarray(0, Math.max(0, this.#room.bytes));
    let at = 0;
    while (at < input.length && !this.isEnded && (this.isOverflowing || this.#room.lines > 0)) {
      const lf = input.indexOf(LF, at);
      const end = lf < 0 ? input.length : lf + 1;
      const isEmpty = this.#note(input, at, { end, hasEnd: lf >= 0 });
      at = end;
      if (isEmpty && this.#hasFields) this.isEnded = true;
      else if (!isEmpty) this.#hasFields = true;
      if (this.isOverflowing && lf >= 0) this.leftOut += 1;
    }
    if (at > 0 && !this.isOverflowing) {
      this.#pieces.push(input.slice(0, at));
      this.#room.bytes -= at;
    }
    return at;
  }

  /** All that was kept. */
  take(): Uint8Array {
    return joinBytes(this.#pieces);
  }

  /** @returns whether the line that ends here is empty */
  #note(bytes: Uint8Array, start: number, { end, hasEnd }: { end: number; hasEnd: boolean }): boolean {
    const length = end - start - (hasEnd ? 1 : 0);
    if (length > 0) this.#isOnlyCr = this.#lineBytes === 0 && length === 1 && bytes[start] === CR;
    this.#lineBytes += length;
    if (!hasEnd) return false;
    const isEmpty = this.#lineBytes === 0 || (this.#lineBytes === 1 && this.#isOnlyCr);
    this.#room.lines -= 1;
    this.#lineBytes = 0;
    this.#isOnlyCr = false;
    return isEmpty;
  }
}
