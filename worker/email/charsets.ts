/** Which characters a run of bytes means, when its declared charset cannot be trusted. */

/** Bytes looked at to guess; more does not change the guess. */
const GUESS_BYTES_MAX = 65_536;
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
  return !bytes.some((byte) => byte > 0x7f);
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

const LIKELY_CJK = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60\u3000-\u3011]/g;
const KANA_OR_HANGUL = /[\u3041-\u309f\u30a1-\u30ff\uac00-\ud7a3]/g;
const UNLIKELY = /[\ue000-\uf8ff\uff61-\uff9f\u0080-\u009f\ufffd]|[\u{20000}-\u{3ffff}]/gu;

/** How much decoded text looks like something a person wrote, per character. */
function score(text: string, byteCount: number): number {
  const common = text.match(LIKELY_CJK)?.length ?? 0;
  const telling = text.match(KANA_OR_HANGUL)?.length ?? 0;
  const odd = text.match(UNLIKELY)?.length ?? 0;
  return (common + telling - 4 * odd) / Math.max(1, byteCount);
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
  if (guess && (!LATIN.test(label) || guess.score > 0.35)) return guess.label;
  return SINGLE_BYTE.test(label) ? label : "windows-1252";
}

function guessMultiByte(sample: Uint8Array, isCut: boolean): { label: string; score: number } | null {
  const high = sample.filter((byte) => byte > 0x7f).length;
  // A few accents among ASCII are a western language, never a text in Chinese, Japanese or Korean.
  if (high * 4 < sample.length) return null;
  let best: { label: string; score: number } | null = null;
  for (const label of CANDIDATES) {
    const text = tryDecode(sample, label, isCut);
    const points = text === null ? 0 : score(text, high);
    if (points > 0.2 && points > (best?.score ?? 0)) best = { label, score: points };
  }
  return best;
}

/** Decodes with the charset that fits; the result does not depend on how the runtime reads windows-1252. */
export function decodeBytes(bytes: Uint8Array, declared: string): string {
  const label = chooseCharset(bytes, declared);
  return repairControls(new TextDecoder(label || "utf-8").decode(bytes));
}

/** C1 controls never are text: they are windows-1252 punctuation that was read as ISO 8859-1. */
export function repairControls(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (char) => WINDOWS_1252_C1.charAt(char.charCodeAt(0) - 0x80) || char);
}
