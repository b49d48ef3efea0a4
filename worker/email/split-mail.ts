/**
 * The one way in for a mail of any size: taken in pieces, its bodies are cut out, decoded and bounded, and what remains
 * for the parser is a skeleton: of each part the fields that say what it is, and a mark for its body. Large files go
 * straight to where they are kept. Pure.
 */
import { dropPreamble, findBareBody } from "./bare-header.ts";
import { joinBytes } from "./bytes.ts";
import { readHeaderText } from "./header-text.ts";
import { LeftOutCount } from "./left-out.ts";
import { MultipartScanner, type FoundBoundary } from "./multipart-scanner.ts";
import type { Work } from "./pace.ts";
import { KeptBodies, type FileSink, type PartBody, type SplitPart } from "./part-body.ts";
import { readPartHeader, type PartHeader } from "./part-header.ts";
import { HeaderLines } from "./header-lines.ts";
import type { ReadingBudget } from "./reading-budget.ts";

export interface SplitOptions {
  budget: ReadingBudget;
  openFile: (index: number) => FileSink;
  /** Stands in the skeleton for a body; a sender must not be able to guess it. */
  nonce: string;
}

export interface SplitMail {
  /** Of the mail itself, as written, without what stands above it. */
  header: Uint8Array;
  skeleton: Uint8Array;
  /** What the marks stand for. */
  parts: SplitPart[];
  leftOut: LeftOutCount;
}

/** Steps of the header of one part, beside its bytes. */
const PART_STEPS = 20;
/** `--nonce:index` could be taken for a boundary. */
const markOf = (nonce: string, index: number): string => `${nonce}:${index}`;

/** @returns the index of the part that this stands for; null where it is no mark */
export function readMark(text: string, nonce: string): number | null {
  const mark = text.trim();
  const index = Number(mark.slice(nonce.length + 1));
  return mark.startsWith(`${nonce}:`) && Number.isSafeInteger(index) ? index : null;
}

export class MailSplitter {
  readonly #options: SplitOptions;
  readonly #scanner: MultipartScanner;
  readonly #encoder = new TextEncoder();
  readonly #skeleton: Uint8Array[] = [];
  readonly #leftOut = new LeftOutCount();
  readonly #bodies: KeptBodies;
  /** Types of the multiparts that are open. */
  readonly #multiparts: string[] = [];
  #partCount = 1;
  /** Of the part whose header is being read. */
  #header: HeaderLines | null;
  readonly #headerRoom: { bytes: number; lines: number };
  #rootHeader: Uint8Array | null = null;
  #body: PartBody | null = null;

  constructor(options: SplitOptions) {
    const { budget, openFile } = options;
    this.#options = options;
    this.#bodies = new KeptBodies({ budget, openFile, leftOut: this.#leftOut });
    this.#headerRoom = { bytes: budget.headerBytes, lines: budget.headerLines };
    this.#header = new HeaderLines(this.#headerRoom, false);
    this.#scanner = new MultipartScanner({
      onRun: (bytes) => this.#onRun(bytes),
      onBoundary: (found, line) => this.#onBoundary(found, line),
    });
  }

  *write(chunk: Uint8Array): Work<void> {
    yield* this.#scanner.write(chunk);
  }

  *end(): Work<SplitMail> {
    yield* this.#scanner.end();
    if (this.#header !== null) yield* this.#endHeader(this.#header);
    yield* this.#endPart();
    return {
      header: this.#rootHeader ?? new Uint8Array(),
      skeleton: joinBytes(this.#skeleton),
      parts: this.#bodies.parts,
      leftOut: this.#leftOut,
    };
  }

  *#onBoundary({ level, isClosing }: FoundBoundary, line: Uint8Array): Work<void> {
    if (this.#header !== null) yield* this.#endHeader(this.#header);
    yield* this.#endPart();
    // What was open inside is over, with an end of its own or without.
    this.#scanner.open.length = isClosing ? level : level + 1;
    this.#multiparts.length = this.#scanner.open.length;
    if (!isClosing && this.#partCount >= this.#options.budget.parts) return this.#leftOut.add("parts", 1);
    this.#skeleton.push(line.slice());
    if (line.at(-1) !== LF) this.#write("\r\n");
    if (isClosing) return;
    this.#partCount += 1;
    this.#header = new HeaderLines(this.#headerRoom, true);
  }

  *#onRun(bytes: Uint8Array): Work<number> {
    const header = this.#header;
    if (header === null) {
      if (this.#body !== null) yield* this.#body.write(bytes);
      return bytes.length;
    }
    const used = header.read(bytes);
    const isOverfull = header.isFull && !header.isEnded && !header.isOverflowing;
    // A mail of words alone looks like one whose header never ends.
    const isBare = isOverfull && this.#rootHeader === null && isBareBody(header);
    if (header.isEnded || isBare) yield* this.#endHeader(header);
    else if (isOverfull) header.isOverflowing = true;
    return used;
  }

  /** The header is complete, or the mail ends in it. */
  *#endHeader(header: HeaderLines): Work<void> {
    this.#header = null;
    this.#leftOut.add("headers", header.leftOut);
    const isRoot = this.#rootHeader === null;
    const { isFirst, bytes } = isRoot ? rootOf(header.take()) : { isFirst: true, bytes: header.take() };
    const start = isRoot && bytes.length > 0 ? findBareBody(bytes, { isFirst, end: header.end }) : null;
    const raw = start === null ? bytes : bytes.subarray(0, start);
    if (isRoot) this.#rootHeader = raw;
    // RFC 2046 §5.1.5: what says nothing of itself in a digest is a mail.
    const defaultType = this.#multiparts.at(-1) === "multipart/digest" ? "message/rfc822" : "text/plain";
    const info = readPartHeader(yield* readHeaderText(raw), defaultType);
    yield PART_STEPS;
    this.#beginPart(info);
    if (start !== null && this.#body !== null) yield* this.#body.write(bytes.subarray(start));
  }

  #beginPart(info: PartHeader): void {
    const isNested = this.#scanner.open.length < this.#options.budget.nesting;
    if (info.boundary !== null) {
      if (!isNested) {
        this.#leftOut.add("nesting", 1);
        return this.#write("Content-Type: application/octet-stream\r\n\r\n");
      }
      // Between the header of a multipart and its first part stands nothing that is shown.
      this.#write(`${info.fields.join("\r\n")}\r\n\r\n`);
      this.#scanner.open.push(this.#encoder.encode(info.boundary));
      this.#multiparts.push(info.type);
      return;
    }
    this.#body = this.#bodies.begin(info);
    const fields = this.#body.isText ? [`Content-Type: ${info.type === "text/html" ? info.type : "text/plain"}`] : info.fields;
    this.#write(`${fields.join("\r\n")}\r\n\r\n${markOf(this.#options.nonce, this.#bodies.parts.length - 1)}\r\n`);
  }

  *#endPart(): Work<void> {
    const body = this.#body;
    this.#body = null;
    if (body !== null) yield* body.end();
  }

  #write(text: string): void {
    this.#skeleton.push(this.#encoder.encode(text));
  }
}

const LF = 0x0a;
const CR = 0x0d;

function isBareBody(header: HeaderLines): boolean {
  const { isFirst, bytes } = rootOf(header.take());
  return findBareBody(bytes, { isFirst, end: "budget" }) !== null;
}

/** Whether the mail begins with its header, and where that is. */
function rootOf(bytes: Uint8Array): { isFirst: boolean; bytes: Uint8Array } {
  return { isFirst: bytes[0] !== CR && bytes[0] !== LF, bytes: dropPreamble(bytes) };
}
