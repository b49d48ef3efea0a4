/** UUIDv7 (RFC 9562 §5.7): 48 bits of epoch ms, then random bits. Time and randomness are arguments. */

const RANDOM_BYTES = 10;

/**
 * @param at epoch ms
 * @param random at least 10 bytes; the same bytes give the same id
 */
export function uuidV7(at: number, random: Uint8Array): string {
  if (random.length < RANDOM_BYTES) throw new Error("uuidV7 needs 10 random bytes");
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at) << 16n);
  bytes.set(random.subarray(0, RANDOM_BYTES), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Epoch ms inside a UUIDv7. */
export function uuidV7Time(uuid: string): number {
  return Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16);
}
