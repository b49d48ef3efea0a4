/**
 * Writes bytes of unknown length to R2, which wants to know lengths: small ones in one piece, larger ones as a multipart
 * upload. Holds one part at a time. An upload that is never completed leaves nothing: R2 drops it after a week.
 */

/** Bytes of a part; R2 takes no smaller ones (but the last) and wants all of one size. */
const PART_BYTES = 5 * 1024 * 1024;
/** Bytes of the first buffer; it grows with what is written. */
const FIRST_BUFFER_BYTES = 64 * 1024;

export class BlobWriter {
  readonly #bucket: R2Bucket;
  readonly #key: string;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #used = 0;
  #upload: R2MultipartUpload | null = null;
  readonly #parts: R2UploadedPart[] = [];

  constructor(bucket: R2Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + PART_BYTES - this.#used);
      this.#reserve(this.#used + piece.length);
      this.#buffer.set(piece, this.#used);
      this.#used += piece.length;
      at += piece.length;
      if (this.#used === PART_BYTES) await this.#sendPart();
    }
  }

  /** The object exists when this settles, and not before. */
  async close(): Promise<void> {
    if (this.#upload === null) {
      await this.#bucket.put(this.#key, this.#buffer.subarray(0, this.#used));
      return;
    }
    if (this.#used > 0) await this.#sendPart();
    await this.#upload.complete(this.#parts);
  }

  /** Nothing of it stays. */
  async abort(): Promise<void> {
    // What cannot be taken back now goes by itself.
    await this.#upload?.abort().catch(() => undefined);
  }

  async #sendPart(): Promise<void> {
    this.#upload ??= await this.#bucket.createMultipartUpload(this.#key);
    this.#parts.push(await this.#upload.uploadPart(this.#parts.length + 1, this.#buffer.subarray(0, this.#used)));
    this.#used = 0;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(PART_BYTES, Math.max(size, this.#buffer.length * 2)));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}
