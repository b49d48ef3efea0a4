import { joinBytes } from "./bytes.ts";
import { decodeBytes } from "./charsets.ts";
import { ENCODED_WORDS_MAX } from "./reading-budget.ts";

/** RFC 2047 encoded words, read with doubts about the charset they declare. */

const ENCODED_WORD = /=\?([^?\s]{1,75})\?([QqBb])\?([^?]*)\?=/g;

interface Word {
  charset: string;
  bytes: Uint8Array;
}

function decodeQ(text: string): Uint8Array {
  const source = new TextEncoder().encode(text);
  const out = new Uint8Array(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0;
    const hex =
      byte === 0x3d ? Number.parseInt(String.fromCharCode(source[i + 1] ?? 0x20, source[i + 2] ?? 0x20), 16) : Number.NaN;
    if (Number.isNaN(hex)) {
      out[length++] = byte === 0x5f ? 0x20 : byte;
    } else {
      out[length++] = hex;
      i += 2;
    }
  }
  return out.subarray(0, length);
}

/** Base64 that forgives missing padding and foreign characters. */
export function decodeBase64(text: string): Uint8Array {
  const clean = text.replace(/[^A-Za-z0-9+/]/g, "");
  const usable = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
  const binary = atob(usable);
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Words of one charset are joined before decoding: some senders cut inside a character. */
function decodeRun(words: Word[]): string {
  let text = "";
  for (let i = 0; i < words.length;) {
    const charset = words[i]?.charset ?? "";
    const parts: Uint8Array[] = [];
    // These shift back to ASCII at the end of each word; joined, the two shifts in a row would be an error.
    if (charset.startsWith("iso-2022")) {
      text += decodeBytes(words[i++]?.bytes ?? new Uint8Array(), charset);
      continue;
    }
    for (; i < words.length && words[i]?.charset === charset; i++) parts.push(words[i]?.bytes ?? new Uint8Array());
    text += decodeBytes(joinBytes(parts), charset);
  }
  return text;
}

/** Header text with its encoded words decoded; everything else stays as it is. */
export function decodeHeaderText(value: string): string {
  if (!value.includes("=?")) return value;
  let out = "";
  let run: Word[] = [];
  let last = 0;
  let count = 0;
  for (const match of value.matchAll(ENCODED_WORD)) {
    if (++count > ENCODED_WORDS_MAX) break;
    const between = value.slice(last, match.index);
    // RFC 2047 §6.2: white space between two encoded words is not shown.
    if (run.length === 0 || between.trim() !== "") {
      out += decodeRun(run) + between;
      run = [];
    }
    const [whole, charset = "", encoding = "", text = ""] = match;
    const bytes = encoding.toUpperCase() === "Q" ? decodeQ(text) : decodeBase64(text);
    run.push({ charset: (charset.split("*")[0] ?? "").toLowerCase(), bytes });
    last = match.index + whole.length;
  }
  return out + decodeRun(run) + value.slice(last);
}
