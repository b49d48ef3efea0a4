/** Transfer encodings (RFC 2045 §6) undone piece by piece, so that a file of any size needs no memory of its size. Pure. */
import { joinBytes } from "./bytes.ts";

export interface TransferDecoder {
  /** What can be decoded now. Valid until the next call: a file of any size is decoded in one small buffer. */
  decode(bytes: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;
const NONE = new Uint8Array();

/** @param encoding `Content-Transfer-Encoding` as written */
export function transferDecoder(encoding: string): TransferDecoder {
  const token = /[\w-]+/.exec(encoding.replace(/\([^()]*\)/g, "").toLowerCase())?.[0] ?? "";
  if (token === "base64") return new Base64Decoder();
  if (token === "quoted-printable") return new QuotedPrintableDecoder();
  return new PlainDecoder();
}

/** A buffer that is used again and again. */
class Scratch {
  #buffer = new Uint8Array();

  take(length: number): Uint8Array {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    return this.#buffer;
  }
}

const NO_DIGIT = 0xff;
const DIGITS = new Uint8Array(256).fill(NO_DIGIT);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let value = 0; value < ALPHABET.length; value += 1) DIGITS[ALPHABET.charCodeAt(value)] = value;

/** Foreign characters are passed over; padding ends a group, as some mailers pad each line. */
class Base64Decoder implements TransferDecoder {
  readonly #scratch = new Scratch();
  #bits = 0;
  #digits = 0;

  decode(bytes: Uint8Array): Uint8Array {
    const out = this.#scratch.take(Math.ceil(((bytes.length + 4) * 3) / 4));
    let length = 0;
    let bits = this.#bits;
    let digits = this.#digits;
    for (const byte of bytes) {
      const value = DIGITS[byte] ?? NO_DIGIT;
      if (value !== NO_DIGIT) {
        bits = (bits << 6) | value;
        digits += 1;
        if (digits < 4) continue;
        out[length++] = bits >> 16;
        out[length++] = bits >> 8;
        out[length++] = bits;
      } else if (byte === EQUALS) {
        length = flushGroup(out, length, { bits, digits });
      } else continue;
      bits = 0;
      digits = 0;
    }
    this.#bits = bits;
    this.#digits = digits;
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    const out = new Uint8Array(3);
    return out.subarray(0, flushGroup(out, 0, { bits: this.#bits, digits: this.#digits }));
  }
}

/** The bytes of a group that has less than four digits. @returns the new length */
function flushGroup(out: Uint8Array, length: number, group: { bits: number; digits: number }): number {
  const { bits, digits } = group;
  if (digits === 2) out[length] = bits >> 4;
  if (digits === 3) {
    out[length] = bits >> 10;
    out[length + 1] = bits >> 2;
  }
  return length + Math.max(0, digits - 1);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1;
}

class QuotedPrintableDecoder implements TransferDecoder {
  readonly #scratch = new Scratch();
  /** An escape, a soft line break or a line end that is not complete yet. */
  #held: Uint8Array = NONE;

  decode(bytes: Uint8Array): Uint8Array {
    const input = this.#held.length === 0 ? bytes : joinBytes([this.#held, bytes]);
    this.#held = NONE;
    const out = this.#scratch.take(input.length);
    let length = 0;
    for (let i = 0; i < input.length; i += 1) {
      const byte = input[i] ?? 0;
      // The last line end belongs to the boundary that follows it.
      if (input.length - i <= 2 && (byte === EQUALS || byte === CR || byte === LF)) {
        this.#held = input.slice(i);
        break;
      }
      if (byte !== EQUALS) {
        out[length++] = byte;
        continue;
      }
      const value = hexDigit(input[i + 1] ?? 0) * 16 + hexDigit(input[i + 2] ?? 0);
      if (input[i + 1] === LF) i += 1;
      else if (input[i + 1] === CR && input[i + 2] === LF) i += 2;
      else if (hexDigit(input[i + 1] ?? 0) >= 0 && hexDigit(input[i + 2] ?? 0) >= 0) {
        out[length++] = value;
        i += 2;
      } else out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    return withoutLineEnd(this.#held[0] === EQUALS ? NONE : this.#held);
  }
}

/** 7bit, 8bit, binary and what nobody knows. */
class PlainDecoder implements TransferDecoder {
  readonly #scratch = new Scratch();
  /** The last line end belongs to the boundary that follows it. */
  #held: Uint8Array = NONE;

  decode(bytes: Uint8Array): Uint8Array {
    const length = this.#held.length + bytes.length;
    const input = this.#scratch.take(length);
    input.set(this.#held);
    input.set(bytes, this.#held.length);
    let end = length;
    if (input[end - 1] === LF) end -= input[end - 2] === CR && end > 1 ? 2 : 1;
    else if (input[end - 1] === CR) end -= 1;
    this.#held = end === length ? NONE : input.slice(end, length);
    return input.subarray(0, end);
  }

  end(): Uint8Array {
    return withoutLineEnd(this.#held);
  }
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) === LF ? (bytes.at(-2) === CR ? -2 : -1) : bytes.length;
  return bytes.slice(0, end);
}
