/** The raw bytes of a mail to R2, with their hash, without holding a large mail in memory. */
import { toHex } from "../auth/hmac.ts";
import { BlobWriter } from "./blob-writer.ts";
import { joinBytes } from "./bytes.ts";
import { restAWhile } from "./rest.ts";

/** Bytes of a mail that is stored in one piece, under its hash: the same mail again is the same object. */
const WHOLE_BYTES_MAX = 1024 * 1024;

/** Bytes between two turns of others: a mail that has come already would be stored in one go. */
const SLICE_BYTES = 512 * 1024;

export type StoredMail =
  | { kind: "stored"; key: string; /** Hex SHA-256. */ hash: string; /** Bytes. */ size: number }
  | { kind: "empty" }
  | { kind: "too-large" };

/** @throws Error where the stream or the store fails; then nothing stays that is named anywhere */
export async function storeRawMail(
  bucket: R2Bucket,
  source: Uint8Array | ReadableStream<Uint8Array>,
  bytesMax: number,
): Promise<StoredMail> {
  const stream = source instanceof Uint8Array ? new Blob([source]).stream() : source;
  const reader = stream.getReader();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size <= WHOLE_BYTES_MAX) {
    const { done, value } = await reader.read();
    if (done) return storeWhole(bucket, joinBytes(first));
    first.push(value);
    size += value.byteLength;
  }
  const stored = await storeStream(bucket, { first: joinBytes(first), reader, bytesMax });
  if (stored.kind === "too-large") await reader.cancel().catch(() => undefined);
  return stored;
}

async function storeWhole(bucket: R2Bucket, raw: Uint8Array): Promise<StoredMail> {
  if (raw.byteLength === 0) return { kind: "empty" };
  const hash = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)));
  const key = `raw/${hash}`;
  await bucket.put(key, raw);
  return { kind: "stored", key, hash, size: raw.byteLength };
}

interface OpenStream {
  first: Uint8Array;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  bytesMax: number;
}

async function storeStream(bucket: R2Bucket, { first, reader, bytesMax }: OpenStream): Promise<StoredMail> {
  // Its hash is known when all of it is there, so the key is a name of its own.
  const key = `raw/${crypto.randomUUID()}`;
  const digest = new crypto.DigestStream("SHA-256");
  const hasher = digest.getWriter();
  const writer = new BlobWriter(bucket, key);
  let size = 0;
  let rested = 0;
  try {
    for (let bytes: Uint8Array | undefined = first; bytes !== undefined; bytes = (await reader.read()).value) {
      size += bytes.byteLength;
      if (size > bytesMax) break;
      await Promise.all([hasher.write(bytes), writer.write(bytes)]);
      if (size - rested < SLICE_BYTES) continue;
      rested = size;
      await restAWhile();
    }
    if (size > bytesMax) {
      await writer.abort();
      return { kind: "too-large" };
    }
    await hasher.close();
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return { kind: "stored", key, hash: toHex(new Uint8Array(await digest.digest)), size };
}
