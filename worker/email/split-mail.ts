/**
 * A mail too large to be parsed whole, taken in pieces: its large files are decoded straight to where they are kept, and
 * what remains (headers, texts, small files, a mark in place of each large one) is a small mail for the parser.
 */
import { joinBytes } from "./bytes.ts";
import { MailLines } from "./mail-lines.ts";
import { readPartHeader, type PartHeader } from "./part-header.ts";
import { transferDecoder, type TransferDecoder } from "./transfer-decoder.ts";

/** Bytes of a file, as encoded, that stays in the small mail. */
const FILE_KEPT_BYTES = 64 * 1024;
/** Bytes of a text, as encoded; nobody reads more, and the raw mail has it. */
const TEXT_KEPT_BYTES = 2 * 1024 * 1024;
/** A box of files in one file, which is opened in memory. */
const BOX_KEPT_BYTES = 3 * 1024 * 1024;
/** Bytes of all bodies in the small mail. */
const KEPT_BYTES_MAX = 6 * 1024 * 1024;
/** Bytes of all headers; the parser refuses more than 2 MiB. */
const HEADER_BYTES_MAX = 3 * 1024 * 1024;
const BOUNDARIES_MAX = 512;
const PARTS_MAX = 5_000;
/** Large files of one mail that are kept; the raw mail has the rest. */
const FILES_MAX = 50;
/** Bytes of a large file that are kept at hand, to tell its type, or who wrote an attached mail. */
const HEAD_BYTES = 128 * 1024;

/** Where a large file goes. */
export interface FileSink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface SplitOptions {
  openFile: (index: number) => FileSink;
  /** Stands in the small mail for a large file; a sender must not be able to guess it. */
  nonce: string;
}

export interface SplitFile {
  /** Bytes. */
  size: number;
  head: Uint8Array;
  /** False where the mail has more large files than are kept. */
  isStored: boolean;
}

export interface SplitMail {
  small: Uint8Array;
  files: SplitFile[];
}

interface OpenFile {
  decoder: TransferDecoder;
  sink: FileSink | null;
  file: SplitFile;
  head: Uint8Array[];
}

interface Part {
  header: Uint8Array[];
  /** False while only empty lines were seen, which are no end of a header. */
  hasFields: boolean;
  info: PartHeader | null;
  body: Uint8Array[];
  bodyBytes: number;
  large: OpenFile | null;
}

const LF = 0x0a;
const newPart = (hasFields: boolean): Part => ({ header: [], hasFields, info: null, body: [], bodyBytes: 0, large: null });

/** `--nonce:index` could be taken for a boundary. */
const markOf = (nonce: string, index: number): string => `${nonce}:${index}`;

/** @returns the index of the large file that this content stands for; null where it is content */
export function readMark(content: Uint8Array, nonce: string): number | null {
  if (content.length > nonce.length + 12) return null;
  const text = new TextDecoder().decode(content).trim();
  const index = Number(text.slice(nonce.length + 1));
  return text.startsWith(`${nonce}:`) && Number.isSafeInteger(index) ? index : null;
}

export class MailSplitter {
  readonly #options: SplitOptions;
  readonly #lines: MailLines;
  readonly #boundaries = new Map<string, { isClosing: boolean }>();
  readonly #small: Uint8Array[] = [];
  readonly #files: SplitFile[] = [];
  #part: Part | null = newPart(false);
  #isInHeader = true;
  #partCount = 1;
  #headerBytes = 0;
  #keptBytes = 0;

  constructor(options: SplitOptions) {
    this.#options = options;
    this.#lines = new MailLines({ onDashes: (line) => this.#onDashes(line), onRun: (bytes) => this.#onRun(bytes) });
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#lines.write(chunk);
  }

  async end(): Promise<SplitMail> {
    await this.#lines.end();
    await this.#finishPart();
    return { small: joinBytes(this.#small), files: this.#files };
  }

  async #onDashes(line: Uint8Array): Promise<boolean> {
    const boundary = this.#boundaries.get(new TextDecoder().decode(line.subarray(2)).trimEnd());
    if (boundary === undefined) return false;
    await this.#finishPart();
    this.#small.push(line.slice());
    this.#part = boundary.isClosing || this.#partCount >= PARTS_MAX ? null : newPart(true);
    this.#partCount += 1;
    this.#isInHeader = this.#part !== null;
    return true;
  }

  async #onRun(bytes: Uint8Array): Promise<void> {
    if (this.#part === null) return;
    const start = this.#isInHeader ? this.#readHeader(this.#part, bytes) : 0;
    if (start < bytes.length) await this.#readBody(this.#part, bytes.subarray(start));
  }

  /** @returns where the body begins */
  #readHeader(part: Part, bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      const lf = bytes.indexOf(LF, at);
      const end = lf < 0 ? bytes.length : lf + 1;
      const isEmpty = lf >= 0 && (lf === at || (lf === at + 1 && bytes[at] === 0x0d));
      at = end;
      if (!isEmpty) part.hasFields = true;
      else if (part.hasFields) {
        this.#keepHeader(part, bytes.subarray(0, at));
        this.#endHeader(part);
        return at;
      }
    }
    this.#keepHeader(part, bytes);
    return bytes.length;
  }

  #keepHeader(part: Part, bytes: Uint8Array): void {
    this.#headerBytes += bytes.length;
    // The parser refuses such a mail, and says so.
    if (this.#headerBytes <= HEADER_BYTES_MAX) part.header.push(bytes.slice());
  }

  #endHeader(part: Part): void {
    this.#isInHeader = false;
    part.info = readPartHeader(new TextDecoder().decode(joinBytes(part.header)));
    const { boundary } = part.info;
    if (boundary === null || this.#boundaries.size >= BOUNDARIES_MAX) return;
    this.#boundaries.set(boundary, { isClosing: false }).set(`${boundary}--`, { isClosing: true });
  }

  async #readBody(part: Part, bytes: Uint8Array): Promise<void> {
    // Between the header of a multipart and its first part stands nothing that is shown.
    if (part.info !== null && part.info.boundary !== null) return;
    if (part.large !== null) return writeLarge(part.large, bytes);
    const max = Math.min(keptBytesOf(part.info), KEPT_BYTES_MAX - this.#keptBytes);
    if (part.bodyBytes + bytes.length <= max) {
      part.body.push(bytes.slice());
      part.bodyBytes += bytes.length;
    } else if (isText(part.info)) {
      const rest = bytes.slice(0, Math.max(0, max - part.bodyBytes));
      if (rest.length > 0) part.body.push(rest);
      part.bodyBytes += rest.length;
    } else {
      part.large = this.#openLarge(part);
      for (const held of part.body) await writeLarge(part.large, held);
      part.body = [];
      await writeLarge(part.large, bytes);
    }
  }

  #openLarge(part: Part): OpenFile {
    const index = this.#files.length;
    const isStored = index < FILES_MAX;
    const file: SplitFile = { size: 0, head: new Uint8Array(), isStored };
    this.#files.push(file);
    const sink = isStored ? this.#options.openFile(index) : null;
    return { decoder: transferDecoder(part.info?.encoding ?? ""), sink, file, head: [] };
  }

  async #finishPart(): Promise<void> {
    const part = this.#part;
    this.#part = null;
    if (part === null) return;
    const encoder = new TextEncoder();
    if (part.large === null) {
      this.#keptBytes += part.bodyBytes;
      this.#small.push(...part.header, ...part.body);
    } else {
      const { large } = part;
      await keepDecoded(large, large.decoder.end());
      large.file.head = joinBytes(large.head);
      await large.sink?.close();
      // The first header of a name counts for the parser.
      this.#small.push(encoder.encode("Content-Transfer-Encoding: 7bit\r\n"), ...part.header);
      this.#small.push(encoder.encode(markOf(this.#options.nonce, this.#files.indexOf(large.file))));
    }
    if (this.#small.at(-1)?.at(-1) !== LF) this.#small.push(encoder.encode("\r\n"));
  }
}

function isText(info: PartHeader | null): boolean {
  return info === null || (!info.isAttachment && /^text\/(plain|html)$/.test(info.type));
}

/** Bytes as encoded that stay with the part. */
function keptBytesOf(info: PartHeader | null): number {
  if (isText(info)) return TEXT_KEPT_BYTES;
  return info !== null && info.type.endsWith("ms-tnef") ? BOX_KEPT_BYTES : FILE_KEPT_BYTES;
}

async function writeLarge(large: OpenFile, bytes: Uint8Array): Promise<void> {
  await keepDecoded(large, large.decoder.decode(bytes));
}

async function keepDecoded(large: OpenFile, decoded: Uint8Array): Promise<void> {
  const { file, head, sink } = large;
  if (file.size < HEAD_BYTES) head.push(decoded.slice(0, HEAD_BYTES - file.size));
  file.size += decoded.length;
  await sink?.write(decoded);
}
