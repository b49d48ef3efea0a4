/** UUIDv7 (RFC 9562 §5.7): 48 bits of epoch ms, then random bits. Time and randomness are arguments. */

const RANDOM_BYTES = 10;
/** Every byte in two digits: made once, because every message has an id. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * @param at epoch ms
 * @param random at least 10 bytes; the same bytes give the same id
 */
export function uuidV7(at: number, random: Uint8Array): string {
  if (random.length < RANDOM_BYTES) throw new Error("uuidV7 needs 10 random bytes");
  const time = at.toString(16).padStart(12, "0");
  const hex = (index: number): string => HEX[random[index] ?? 0] ?? "";
  const version = HEX[0x70 | ((random[0] ?? 0) & 0x0f)] ?? "";
  const variant = HEX[0x80 | ((random[2] ?? 0) & 0x3f)] ?? "";
  const tail = `${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(1)}-${variant}${hex(3)}-${tail}`;
}

/** Epoch ms inside a UUIDv7. */
export function uuidV7Time(uuid: string): number {
  return Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16);
}
