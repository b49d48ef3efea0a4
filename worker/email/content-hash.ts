/**
 * A hash of a mail without the headers that relays add: the same mail delivered again has it, though its raw bytes have
 * changed.
 */
import { toHex } from "../auth/hmac.ts";
import { joinBytes } from "./bytes.ts";

const TRACE_HEADERS =
  /^(received|return-path|delivered-to|x-received|x-original-to|x-forwarded-\w+|authentication-results|dkim-signature|x-google-dkim-signature|x-gm-message-state|received-spf|arc-[\w-]+|x-ms-exchange-[\w-]+|x-spam-[\w-]+)\s*:/i;
/** Bytes of headers that are looked at. */
const HEADER_BYTES_MAX = 256 * 1024;
const HEADER_LINES_MAX = 5_000;

/** Takes a mail in pieces, and holds no more of it than its headers. */
export class ContentHasher {
  readonly #digest = new crypto.DigestStream("SHA-256");
  readonly #writer = this.#digest.getWriter();
  /** Null once the headers are hashed. */
  #head: Uint8Array[] | null = [];
  #headBytes = 0;

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#head === null) return this.#writer.write(bytes);
    this.#head.push(bytes.slice());
    this.#headBytes += bytes.byteLength;
    const isEnough = this.#headBytes > HEADER_BYTES_MAX;
    if (!isEnough && this.#head.length % PIECES_AT_ONCE !== 0 && !hasEmptyLine(bytes)) return;
    const head = joinBytes(this.#head);
    this.#head = [head];
    // The line end after the last header may come with the next piece.
    const end = headerEnd(head);
    if (end !== null || isEnough) await this.#writeHead(head, end);
  }

  /** @returns hex SHA-256 */
  async digest(): Promise<string> {
    if (this.#head !== null) {
      const head = joinBytes(this.#head);
      await this.#writeHead(head, headerEnd(head));
    }
    await this.#writer.close();
    return toHex(new Uint8Array(await this.#digest.digest));
  }

  async #writeHead(bytes: Uint8Array, end: number | null): Promise<void> {
    this.#head = null;
    const length = end ?? Math.min(bytes.byteLength, HEADER_BYTES_MAX);
    const fields = headerFields(new TextDecoder("latin1").decode(bytes.subarray(0, length)));
    const kept = fields.filter((field) => !TRACE_HEADERS.test(field));
    await this.#writer.write(new TextEncoder().encode(kept.join("\n")));
    await this.#writer.write(bytes.subarray(length));
  }
}

/** Pieces after which the header is looked through though none of them showed its end: it may lie between two. */
const PIECES_AT_ONCE = 16;

const hasEmptyLine = (bytes: Uint8Array): boolean => headerEnd(bytes) !== null;

/** Offset of the empty line after the headers; null where it is not among these bytes or beyond the limit. */
function headerEnd(raw: Uint8Array): number | null {
  const max = Math.min(raw.byteLength, HEADER_BYTES_MAX);
  for (let at = raw.indexOf(0x0a); at >= 0 && at < max; at = raw.indexOf(0x0a, at + 1)) {
    if (raw[at + 1] === 0x0a || (raw[at + 1] === 0x0d && raw[at + 2] === 0x0a)) return at;
  }
  return null;
}

/** Header fields with their continuation lines; lines beyond the limit count as part of the last. */
function headerFields(head: string): string[] {
  const fields: string[][] = [];
  let start = 0;
  for (let lines = 0; start <= head.length && lines < HEADER_LINES_MAX; lines += 1) {
    const lf = head.indexOf("\n", start);
    const end = lf < 0 ? head.length : lf;
    const line = head.slice(start, lf > start && head[lf - 1] === "\r" ? lf - 1 : end);
    const last = fields.at(-1);
    if (last !== undefined && /^[ \t]/.test(line)) last.push(line);
    else fields.push([line]);
    start = end + 1;
  }
  if (start <= head.length) fields.at(-1)?.push(head.slice(start));
  return fields.map((lines) => lines.join("\n"));
}
