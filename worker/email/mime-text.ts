/** How text becomes 7-bit in mails: quoted-printable, base64, encoded words, parameters. */

/** Characters of a line without its line end (RFC 2045, 6.7 and 6.8). */
const ENCODED_LINE_MAX = 76;
/** Bytes in one encoded word, so that it stays below 75 characters as base64 (RFC 2047, 2). */
const ENCODED_WORD_BYTES = 42;
/** Bytes that become one line of base64. */
const BASE64_LINE_BYTES = 57;
/** Bytes given to `String.fromCharCode` at once; more would overflow the stack. */
const CHUNK_BYTES = BASE64_LINE_BYTES * 512;

/** RFC 2045, 6.7. Takes any line ends and gives CRLF; no line of the result is longer than 76. */
export function encodeQuotedPrintable(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(encodeLine)
    .join("\r\n");
}

/** Base64 in lines of 76 characters. */
export function encodeBase64Lines(bytes: Uint8Array): string {
  let base64 = "";
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    base64 += btoa(String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES)));
  }
  return base64.replace(/(.{76})(?=.)/g, "$1\r\n");
}

/** Base64 of a text's UTF-8 in one line. */
export function encodeBase64Text(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** Unstructured header text: as it is where it is ASCII, else encoded words, folded (RFC 2047). */
export function encodeHeaderText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes("=?")) return foldWords(text);
  return splitToBytes(text, ENCODED_WORD_BYTES)
    .map((part) => `=?UTF-8?B?${encodeBase64Text(part)}?=`)
    .join("\r\n ");
}

/** `"Name" <address>`; an encoded name is never quoted, because quotes would show its encoding (RFC 2047, 5). */
export function encodeMailbox(address: string, name: string | null): string {
  if (name === null || name === "") return `<${address}>`;
  if (/^[\x20-\x7e]*$/.test(name) && !name.includes("=?")) return `"${name.replace(/["\\]/g, "\\$&")}" <${address}>`;
  return `${encodeHeaderText(name)} <${address}>`;
}

/** A parameter such as `filename`: with an ASCII fallback and RFC 2231 for what isn't ASCII. */
export function encodeParameter(name: string, value: string): string {
  const ascii = value.replace(/[^\x20-\x7e]|["\\]/gu, "_");
  const plain = `${name}="${ascii}"`;
  if (ascii === value) return plain;
  const escaped = encodeURIComponent(value.toWellFormed()).replace(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${plain};\r\n ${name}*=UTF-8''${escaped}`;
}

/** RFC 5322, 3.3. `at` is epoch ms. */
export function encodeDate(at: number): string {
  return new Date(at).toUTCString().replace("GMT", "+0000");
}

function encodeLine(line: string): string {
  let encoded = "";
  let column = 0;
  const bytes = new TextEncoder().encode(line);
  for (const [index, byte] of bytes.entries()) {
    const isLast = index === bytes.length - 1;
    const isBlank = byte === 0x20 || byte === 0x09;
    // White space at the end of a line would be cut off on the way.
    const isPlain = isBlank ? !isLast : byte > 0x20 && byte < 0x7f && byte !== 0x3d;
    const unit = isPlain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    const room = isLast ? ENCODED_LINE_MAX : ENCODED_LINE_MAX - 1;
    if (column + unit.length > room) {
      encoded += "=\r\n";
      column = 0;
    }
    encoded += unit;
    column += unit.length;
  }
  return encoded;
}

/** Parts of whole characters. */
function splitToBytes(text: string, bytesMax: number): string[] {
  const parts: string[] = [];
  let part = "";
  let bytes = 0;
  for (const character of text.toWellFormed()) {
    const length = new TextEncoder().encode(character).length;
    if (bytes + length > bytesMax) {
      parts.push(part);
      part = "";
      bytes = 0;
    }
    part += character;
    bytes += length;
  }
  return [...parts, part];
}

/** Folds before a word, at 76 where the words allow it: lines above 998 octets are refused by servers. */
function foldWords(text: string): string {
  let folded = "";
  let column = 0;
  for (const word of text.split(/(?<=[^ ])(?= )/)) {
    if (column > 0 && column + word.length > ENCODED_LINE_MAX) {
      folded += "\r\n";
      column = 0;
    }
    folded += word;
    column += word.length;
  }
  return folded;
}
