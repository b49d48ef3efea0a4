import { joinBytes } from "./bytes.ts";
import { chooseCharset, isAscii, normaliseCharset } from "./charsets.ts";
import { decodeBase64 } from "./encoded-words.ts";
import { boundaryOf, headerValue } from "./part-header.ts";

/**
 * Finds the text parts whose charset lies and corrects the label in their header, so that the MIME parser decodes
 * them well. One pass over the lines; only text parts are decoded, and of each only a sample.
 */

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;
/** Of each text part this much is looked at. */
const SAMPLE_BYTES_MAX = 65_536;
const BOUNDARIES_MAX = 256;
const PART_HEADER_BYTES_MAX = 65_536;
const DELIMITER_BYTES_MAX = 210;

interface Part {
  headerStart: number;
  bodyStart: number;
  bodyEnd: number;
}

interface Fix {
  start: number;
  end: number;
  text: string;
  isFlowed: boolean;
  isDelSp: boolean;
}

const ascii = new TextDecoder("utf-8");

/** Index behind the line that starts at `start`. */
function nextLine(raw: Uint8Array, start: number): number {
  const lf = raw.indexOf(LF, start);
  return lf < 0 ? raw.length : lf + 1;
}

function isBlankLine(raw: Uint8Array, start: number): boolean {
  return raw[start] === LF || (raw[start] === CR && raw[start + 1] === LF);
}

function headerText(raw: Uint8Array, part: Part): string {
  const end = Math.min(part.bodyStart, part.headerStart + PART_HEADER_BYTES_MAX);
  return ascii.decode(raw.subarray(part.headerStart, end));
}

const CHARSET = /charset\s{0,10}=\s{0,10}(?:"([^"]{0,80})"|'([^']{0,80})'|([^\s;"']{1,80}))/i;
const FLOWED = /;\s{0,10}format\s{0,5}=\s{0,5}"?flowed"?/i;
const DELSP = /;\s{0,10}delsp\s{0,5}=\s{0,5}"?yes"?/i;

function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== 0x3d) {
      out.push(byte);
      continue;
    }
    const hex = Number.parseInt(String.fromCharCode(bytes[i + 1] ?? 0x20, bytes[i + 2] ?? 0x20), 16);
    if (!Number.isNaN(hex) && bytes[i + 1] !== CR) {
      out.push(hex);
      i += 2;
    } else {
      i += bytes[i + 1] === CR ? 2 : 1;
    }
  }
  return Uint8Array.from(out);
}

function decodeSample(raw: Uint8Array, part: Part, encoding: string): Uint8Array {
  const sample = raw.subarray(part.bodyStart, Math.min(part.bodyEnd, part.bodyStart + SAMPLE_BYTES_MAX));
  if (/quoted-printable/i.test(encoding)) return decodeQuotedPrintable(sample);
  if (/base64/i.test(encoding)) return decodeBase64(ascii.decode(sample.subarray(0, sample.length - (sample.length % 4))));
  return sample;
}

/** The sample may end inside a character; a few bytes less never change the verdict. */
function dropCutCharacter(sample: Uint8Array, isCut: boolean): Uint8Array {
  if (!isCut) return sample;
  let end = sample.length;
  while (end > 0 && sample.length - end < 4 && (sample[end - 1] ?? 0) > 0x7f) end--;
  return sample.subarray(0, end);
}

/** The charset to read this part with instead of the declared one; null where that is right. */
function honestCharset(raw: Uint8Array, part: Part, header: string, label: string): string | null {
  const isCut = part.bodyEnd - part.bodyStart > SAMPLE_BYTES_MAX;
  const sample = dropCutCharacter(decodeSample(raw, part, headerValue(header, "content-transfer-encoding")), isCut);
  if (isAscii(sample)) return null;
  const chosen = chooseCharset(sample, label);
  return chosen && chosen !== (normaliseCharset(label) || "utf-8") ? chosen : null;
}

/** The Content-Type to read this part with; null where its own is right. */
function fixFor(raw: Uint8Array, part: Part): Fix | null {
  const header = headerText(raw, part);
  const type = headerValue(header, "content-type");
  if (type && !/^text\/(plain|html)\b/i.test(type)) return null;
  const declared = CHARSET.exec(type);
  const chosen = honestCharset(raw, part, header, declared?.[1] ?? declared?.[2] ?? declared?.[3] ?? "");
  const isFlowed = /^text\/plain/i.test(type) && FLOWED.test(type);
  if (!chosen && !isFlowed) return null;
  let corrected = type || "text/plain";
  if (isFlowed) corrected = corrected.replace(FLOWED, "");
  if (chosen) corrected = declared ? corrected.replace(declared[0], `charset=${chosen}`) : `${corrected}; charset=${chosen}`;
  // The first header of a name counts for the parser, so the corrected one goes in front of the others.
  const text = `Content-Type: ${corrected}\r\n`;
  return { start: part.headerStart, end: part.headerStart, text, isFlowed, isDelSp: isFlowed && DELSP.test(type) };
}

interface Walk {
  raw: Uint8Array;
  /** Delimiter line without its leading dashes → whether it closes the multipart. */
  delimiters: Map<string, boolean>;
  parts: Part[];
}

/** Reads one header section; returns where its body starts and remembers the boundary it declares. */
function readHeader(walk: Walk, start: number): number {
  let position = start;
  while (position < walk.raw.length && !isBlankLine(walk.raw, position)) position = nextLine(walk.raw, position);
  const bodyStart = Math.min(walk.raw.length, nextLine(walk.raw, position));
  const header = headerText(walk.raw, { headerStart: start, bodyStart, bodyEnd: bodyStart });
  const value = boundaryOf(headerValue(header, "content-type"));
  if (value && walk.delimiters.size < BOUNDARIES_MAX * 2) walk.delimiters.set(value, false).set(`${value}--`, true);
  else if (!value) walk.parts.push({ headerStart: start, bodyStart, bodyEnd: walk.raw.length });
  return bodyStart;
}

/** Whether this line is a known delimiter, and if so a closing one. */
function delimiterAt(walk: Walk, start: number, end: number): { isClosing: boolean } | null {
  if (walk.raw[start] !== DASH || walk.raw[start + 1] !== DASH || end - start > DELIMITER_BYTES_MAX) return null;
  const isClosing = walk.delimiters.get(ascii.decode(walk.raw.subarray(start + 2, end)).trimEnd());
  return isClosing === undefined ? null : { isClosing };
}

function findParts(raw: Uint8Array): Part[] {
  const walk: Walk = { raw, delimiters: new Map(), parts: [] };
  let position = readHeader(walk, 0);
  while (position < raw.length && walk.delimiters.size > 0) {
    const end = nextLine(raw, position);
    const delimiter = delimiterAt(walk, position, end);
    const open = walk.parts.at(-1);
    if (delimiter && open?.bodyEnd === raw.length) open.bodyEnd = position;
    position = delimiter && !delimiter.isClosing ? readHeader(walk, end) : end;
  }
  return walk.parts;
}

export interface CorrectedMail {
  bytes: Uint8Array;
  /** Whether text parts are `format=flowed`. The parser joins quoted lines with what follows them, so it is not told. */
  isFlowed: boolean;
  isDelSp: boolean;
}

/** The same mail with honest charset labels; the very same bytes where all labels are right. */
export function correctParts(raw: Uint8Array): CorrectedMail {
  const fixes = findParts(raw)
    .map((part) => fixFor(raw, part))
    .filter((fix) => fix !== null);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let last = 0;
  for (const fix of fixes) {
    pieces.push(raw.subarray(last, fix.start), encoder.encode(fix.text));
    last = fix.end;
  }
  const bytes = fixes.length === 0 ? raw : joinBytes([...pieces, raw.subarray(last)]);
  return { bytes, isFlowed: fixes.some((fix) => fix.isFlowed), isDelSp: fixes.some((fix) => fix.isDelSp) };
}
