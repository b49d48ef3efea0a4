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

/** Takes a mail in pieces, and holds no more of it than its headers. */
export class ContentHasher {
  readonly #digest = new crypto.DigestStream("SHA-256");
  readonly #writer = this.#digest.getWriter();
  /** Null once the headers are hashed. */
  #head: Uint8Array | null = new Uint8Array();

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#head === null) return this.#writer.write(bytes);
    this.#head = joinBytes([this.#head, bytes]);
    // The line end after the last header may come with the next piece.
    const end = headerEnd(this.#head);
    if (end !== null || this.#head.byteLength > HEADER_BYTES_MAX) await this.#writeHead(this.#head, end);
  }

  /** @returns hex SHA-256 */
  async digest(): Promise<string> {
    if (this.#head !== null) await this.#writeHead(this.#head, null);
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

export async function hashContent(raw: Uint8Array): Promise<string> {
  const hasher = new ContentHasher();
  await hasher.write(raw);
  return hasher.digest();
}

/** Offset of the empty line after the headers; null where it is not among these bytes or beyond the limit. */
function headerEnd(raw: Uint8Array): number | null {
  const max = Math.min(raw.byteLength, HEADER_BYTES_MAX);
  for (let at = raw.indexOf(0x0a); at >= 0 && at < max; at = raw.indexOf(0x0a, at + 1)) {
    if (raw[at + 1] === 0x0a || (raw[at + 1] === 0x0d && raw[at + 2] === 0x0a)) return at;
  }
  return null;
}

/** Header fields with their continuation lines. */
function headerFields(head: string): string[] {
  const fields: string[] = [];
  for (const line of head.split(/\r?\n/)) {
    const last = fields.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) fields[last] = `${fields[last] ?? ""}\n${line}`;
    else fields.push(line);
  }
  return fields;
}
