/** The body of one part: decoded as it comes, kept within the budget, or sent on to the store. */
import { joinBytes } from "./bytes.ts";
import type { LeftOutCount } from "./left-out.ts";
import type { Work } from "./pace.ts";
import type { PartHeader } from "./part-header.ts";
import { BYTES_PER_STEP, type ReadingBudget } from "./reading-budget.ts";
import { transferDecoder, type TransferDecoder } from "./transfer-decoder.ts";

/** Bytes of a stored file that are kept at hand, to tell its type, or who wrote an attached mail. */
const HEAD_BYTES = 64 * 1024;

/** Where a large file goes. */
export interface FileSink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface SplitPart {
  header: PartHeader;
  /** Decoded; of a file that is stored only its beginning. */
  content: Uint8Array;
  /** Bytes of all of it. */
  size: number;
  /** Index of the file in the store; null where it is all in `content`, or nowhere but in the raw mail. */
  fileIndex: number | null;
  isLeftOut: boolean;
}

interface BodiesOptions {
  budget: ReadingBudget;
  openFile: (index: number) => FileSink;
  leftOut: LeftOutCount;
}

/** What is kept of all bodies, and how much room is left for more. */
export class KeptBodies {
  readonly parts: SplitPart[] = [];
  readonly budget: ReadingBudget;
  readonly leftOut: LeftOutCount;
  readonly room: { text: number; html: number; files: number; filesKept: number };
  readonly #openFile: (index: number) => FileSink;
  #opened = 0;

  constructor({ budget, openFile, leftOut }: BodiesOptions) {
    this.budget = budget;
    this.leftOut = leftOut;
    this.#openFile = openFile;
    this.room = { text: budget.textBytes, html: budget.htmlBytes, files: budget.files, filesKept: budget.filesKeptBytes };
  }

  begin(header: PartHeader): PartBody {
    const part: SplitPart = { header, content: new Uint8Array(), size: 0, fileIndex: null, isLeftOut: false };
    this.parts.push(part);
    return new PartBody(this, part);
  }

  openFile(): { index: number; sink: FileSink } {
    const index = this.#opened;
    this.#opened += 1;
    return { index, sink: this.#openFile(index) };
  }
}

export class PartBody {
  /** Whether it is what is read, and not a file. */
  readonly isText: boolean;
  readonly #bodies: KeptBodies;
  readonly #part: SplitPart;
  readonly #decoder: TransferDecoder;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #sink: FileSink | null = null;

  constructor(bodies: KeptBodies, part: SplitPart) {
    const { type, isAttachment, encoding } = part.header;
    this.#bodies = bodies;
    this.#part = part;
    this.#decoder = transferDecoder(encoding);
    this.isText = !isAttachment && /^(?:text\/(?:plain|html)|multipart\/.*)$/.test(type);
    if (this.isText) return;
    if (bodies.room.files > 0) bodies.room.files -= 1;
    else {
      part.isLeftOut = true;
      bodies.leftOut.add("files", 1);
    }
  }

  *write(bytes: Uint8Array): Work<void> {
    // What is not kept need not be decoded.
    if (this.#part.isLeftOut) return;
    if (this.isText && this.#bodies.room[this.#textKind] === 0) this.#bodies.leftOut.add(this.#textKind, bytes.length);
    else yield* this.#take(this.#decoder.decode(bytes));
  }

  get #textKind(): "text" | "html" {
    return this.#part.header.type === "text/html" ? "html" : "text";
  }

  *end(): Work<void> {
    if (!this.#part.isLeftOut) yield* this.#take(this.#decoder.end());
    this.#part.content = joinBytes(this.#pieces);
    if (this.#sink !== null) yield this.#sink.close();
  }

  *#take(decoded: Uint8Array): Work<void> {
    yield Math.ceil(decoded.length / BYTES_PER_STEP);
    this.#part.size += decoded.length;
    if (this.isText) return this.#keepText(decoded);
    if (this.#sink === null && this.#kept + decoded.length > this.#fileRoom()) yield* this.#store();
    if (this.#sink === null) this.#keep(decoded);
    else {
      if (this.#kept < HEAD_BYTES) this.#keep(decoded.subarray(0, HEAD_BYTES - this.#kept), false);
      yield this.#sink.write(decoded);
    }
  }

  #keepText(decoded: Uint8Array): void {
    const { room, leftOut } = this.#bodies;
    const kind = this.#textKind;
    const kept = decoded.subarray(0, room[kind]);
    room[kind] -= kept.length;
    this.#keep(kept, false);
    leftOut.add(kind, decoded.length - kept.length);
  }

  /** Bytes of this file that may stay in memory. */
  #fileRoom(): number {
    const { budget, room } = this.#bodies;
    const isBox = this.#part.header.type.endsWith("ms-tnef");
    return Math.min(isBox ? budget.boxBytes : budget.fileKeptBytes, this.#kept + room.filesKept);
  }

  *#store(): Work<void> {
    const { index, sink } = this.#bodies.openFile();
    this.#part.fileIndex = index;
    this.#sink = sink;
    const held = this.#pieces.splice(0);
    this.#bodies.room.filesKept += this.#kept;
    this.#kept = 0;
    for (const piece of held) {
      if (this.#kept < HEAD_BYTES) this.#keep(piece.subarray(0, HEAD_BYTES - this.#kept), false);
      yield sink.write(piece);
    }
  }

  /** A copy: decoders use their buffers again. */
  #keep(piece: Uint8Array, isCounted = true): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece.slice());
    this.#kept += piece.length;
    if (isCounted) this.#bodies.room.filesKept -= piece.length;
  }
}
