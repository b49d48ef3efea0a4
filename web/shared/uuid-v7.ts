const TIME_HEX_DIGITS = 12;
/** 74 bits are needed: ten bytes, six bits of which are overwritten. */
const RANDOM_BYTES = 10;

/**
 * Makes a UUIDv7 (RFC 9562, section 5.7) in lower case.
 * @param now epoch ms
 * @param random fills the array with random bytes
 */
export function makeUuidV7(now: number, random: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const bytes = new Uint8Array(RANDOM_BYTES);
  random(bytes);
  // The version in the high half of the third group, the variant in the top bits of the fourth.
  bytes[0] = ((bytes[0] ?? 0) & 0x0f) | 0x70;
  bytes[2] = ((bytes[2] ?? 0) & 0x3f) | 0x80;
  const tail = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const hex = now.toString(16).padStart(TIME_HEX_DIGITS, "0") + tail;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Ms by which an id may be ahead of the clock, so that it sorts after the one before. */
const AHEAD_MAX_MS = 1_000;
/** Epoch ms of the last id of this page. */
let lastAt = 0;

/** A UUIDv7 of this instant, from the browser's own randomness; several of one millisecond sort in the order of their making. */
export function newUuid(): string {
  const now = Date.now();
  const isAhead = lastAt >= now && lastAt - now < AHEAD_MAX_MS;
  lastAt = isAhead ? lastAt + 1 : now;
  return makeUuidV7(lastAt, (bytes) => crypto.getRandomValues(bytes));
}
