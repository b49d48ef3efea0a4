/** Which characters a run of bytes means, when its declared charset cannot be trusted. */

/** Bytes looked at to guess; more does not change the guess. */
const GUESS_BYTES_MAX = 16_384;
/** Fewer bytes beyond ASCII are a few accents: almost any two of them make some Chinese character. */
const GUESS_HIGH_BYTES_MIN = 6;
const CYRILLIC_LOWER_SHARE_MIN = 0.7;
/** Labels tried where neither UTF-8 nor the declared charset fits. */
const CANDIDATES = ["gb18030", "shift_jis", "euc-jp", "big5", "euc-kr"] as const;
/** Labels that ICU-backed decoders do not know, and what they are decoded as. */
const ALIASES = new Map([
  ["utf8", "utf-8"],
  ["cp932", "shift_jis"],
  ["cp936", "gbk"],
  ["cp949", "euc-kr"],
  ["cp950", "big5"],
  ["iso-8859-8-i", "iso-8859-8"],
  ["ansi_x3.110-1983", "windows-1252"],
  ["x-unknown", ""],
  ["unknown-8bit", ""],
  ["default", ""],
]);
/** 0x80–0x9F in windows-1252; runtimes differ in whether TextDecoder maps them. */
const WINDOWS_1252_C1 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
const SINGLE_BYTE = /^(windows-125\d|iso-8859-\d+|koi8-[ru]|macintosh|ibm866|x-mac-cyrillic)$/;
const LATIN = /^(windows-1252|iso-8859-1|us-ascii|ascii|latin1)$/;

export function isAscii(bytes: Uint8Array): boolean {
  return firstBeyondAscii(bytes) < 0;
}

/** Index of the first byte beyond ASCII; -1 where there is none. */
function firstBeyondAscii(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i += 1) if ((bytes[i] ?? 0) > 0x7f) return i;
  return -1;
}

/** Whether the bytes decode as UTF-8; a character cut at the very end is forgiven when `isCut`. */
export function isUtf8(bytes: Uint8Array, isCut = false): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes, { stream: isCut });
    return true;
  } catch {
    return false;
  }
}

/** The label a decoder understands, or an empty string where there is none. */
export function normaliseCharset(declared: string): string {
  const label = declared.trim().toLowerCase().replace(/^"|"$/g, "");
  const known = ALIASES.get(label) ?? label;
  if (!known) return "";
  try {
    return new TextDecoder(known).encoding;
  } catch {
    return "";
  }
}

function tryDecode(bytes: Uint8Array, label: string, isCut: boolean): string | null {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: false }).decode(bytes, { stream: isCut });
  } catch {
    return null;
  }
}

const ASIAN = /[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]/gu;
const BEYOND_ASCII = /[\u0080-\u{10ffff}]/gu;
const UNLIKELY = /[\ue000-\uf8ff\uff61-\uff9f\u0080-\u009f\ufffd]|[\u{20000}-\u{3ffff}]/gu;
const KANA = /[\u3041-\u309f\u30a1-\u30fc]/gu;
/**
 * Almost any bytes decode to *some* characters in all of these charsets, so what counts is how many of the very
 * common ones of the language come out.
 */
const COMMON: Record<(typeof CANDIDATES)[number], RegExp> = {
  gb18030: /[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能请问好您没谢订单]/gu,
  shift_jis: KANA,
  "euc-jp": KANA,
  big5: /[的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能請問好您沒謝訂單]/gu,
  "euc-kr": /[이다는을를가에의로고하은지도서한기어나사리니시자해요습까안녕그있아]/gu,
};
/** Share of common characters from which on a guess is believed. */
const COMMON_SHARE_MIN = 0.05;
const COMMON_SHARE_MIN_IF_LATIN = 0.15;

/** How much decoded text looks like something a person wrote: its share of common characters, 0 where it does not. */
function score(text: string, label: (typeof CANDIDATES)[number]): number {
  const all = text.match(BEYOND_ASCII)?.length ?? 0;
  const asian = text.match(ASIAN)?.length ?? 0;
  const odd = text.match(UNLIKELY)?.length ?? 0;
  if (all === 0 || asian < all * 0.7 || odd > all * 0.05) return 0;
  return (text.match(COMMON[label])?.length ?? 0) / all;
}

/**
 * The charset to read these bytes with: UTF-8 where they are valid UTF-8, else the declared one where it fits,
 * else the best of the common multi-byte ones, else windows-1252, which every byte fits.
 */
export function chooseCharset(bytes: Uint8Array, declared: string): string {
  const isCut = bytes.length > GUESS_BYTES_MAX;
  const sample = isCut ? bytes.subarray(0, GUESS_BYTES_MAX) : bytes;
  const label = normaliseCharset(declared);
  if (label === "iso-2022-jp" || label.startsWith("utf-16")) return label;
  if (isAscii(sample) || isUtf8(sample, isCut)) return "utf-8";
  if (label && label !== "utf-8" && !LATIN.test(label) && tryDecode(sample, label, isCut) !== null) return label;
  const guess = guessMultiByte(sample, isCut);
  // Latin labels fit any bytes, so they are doubted only when another reading is clearly better.
  if (guess && (!LATIN.test(label) || guess.score > COMMON_SHARE_MIN_IF_LATIN)) return guess.label;
  return guessCyrillic(sample) ?? (SINGLE_BYTE.test(label) ? label : "windows-1252");
}

/** Text that is mostly bytes beyond ASCII is no western language; read with the wrong charset its case is upside down. */
function guessCyrillic(sample: Uint8Array): string | null {
  const high = sample.filter((byte) => byte > 0x7f).length;
  if (high < GUESS_HIGH_BYTES_MIN || high * 3 < sample.length) return null;
  for (const label of ["windows-1251", "koi8-r"]) {
    const lower = new TextDecoder(label).decode(sample).match(/[а-яё]/gu)?.length ?? 0;
    if (lower > high * CYRILLIC_LOWER_SHARE_MIN) return label;
  }
  return null;
}

function guessMultiByte(sample: Uint8Array, isCut: boolean): { label: string; score: number } | null {
  const high = sample.filter((byte) => byte > 0x7f).length;
  const isolated = sample.filter((byte, i) => byte > 0x7f && (sample[i - 1] ?? 0) < 0x80 && (sample[i + 1] ?? 0) < 0x80).length;
  if (high < GUESS_HIGH_BYTES_MIN || isolated === high) return null;
  // A few accents among ASCII are a western language, never a text in Chinese, Japanese or Korean.
  if (high * 4 < sample.length) return null;
  let best: { label: string; score: number } | null = null;
  for (const label of CANDIDATES) {
    const text = tryDecode(sample, label, isCut);
    const points = text === null ? 0 : score(text, label);
    if (points > COMMON_SHARE_MIN && points > (best?.score ?? 0)) best = { label, score: points };
  }
  return best;
}

/** The charset of a text of any length: it may begin in ASCII, and tell what it is only later. */
export function charsetOf(bytes: Uint8Array, declared: string): string {
  const first = bytes.length > GUESS_BYTES_MAX ? firstBeyondAscii(bytes) : 0;
  return chooseCharset(bytes.subarray(Math.max(0, first - GUESS_BYTES_MAX / 2)), declared) || "utf-8";
}

/** Decodes with the charset that fits; the result does not depend on how the runtime reads windows-1252. */
export function decodeBytes(bytes: Uint8Array, declared: string): string {
  return repairControls(new TextDecoder(charsetOf(bytes, declared)).decode(bytes));
}

/** C1 controls never are text: they are windows-1252 punctuation that was read as ISO 8859-1. */
export function repairControls(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (char) => WINDOWS_1252_C1.charAt(char.charCodeAt(0) - 0x80) || char);
}
