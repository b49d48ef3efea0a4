/**
 * A hash of a mail without the headers that relays add: the same mail delivered again has it, though its raw bytes have
 * changed.
 */
import { toHex } from "../auth/hmac.ts";

const TRACE_HEADERS =
  /^(received|return-path|delivered-to|x-received|x-original-to|x-forwarded-\w+|authentication-results|dkim-signature|x-google-dkim-signature|x-gm-message-state|received-spf|arc-[\w-]+|x-ms-exchange-[\w-]+|x-spam-[\w-]+)\s*:/i;
/** Bytes of headers that are looked at. */
const HEADER_BYTES_MAX = 256 * 1024;

export async function hashContent(raw: Uint8Array): Promise<string> {
  const end = headerEnd(raw);
  const kept = headerFields(new TextDecoder("latin1").decode(raw.subarray(0, end))).filter((field) => !TRACE_HEADERS.test(field));
  const head = new TextEncoder().encode(kept.join("\n"));
  const body = raw.subarray(end);
  const all = new Uint8Array(head.byteLength + body.byteLength);
  all.set(head);
  all.set(body, head.byteLength);
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", all)));
}

/** Offset of the empty line after the headers. */
function headerEnd(raw: Uint8Array): number {
  const max = Math.min(raw.byteLength, HEADER_BYTES_MAX);
  for (let at = 0; at < max; at += 1) {
    if (raw[at] !== 0x0a) continue;
    if (raw[at + 1] === 0x0a || (raw[at + 1] === 0x0d && raw[at + 2] === 0x0a)) return at;
  }
  return max;
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
