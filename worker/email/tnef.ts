/**
 * Opens a `winmail.dat`: the box that Outlook puts files and rich text into (MS-OXTNEF). Reads names, types and bytes of
 * the files and the HTML or plain text; everything else is passed over. Pure, bounded, never throws.
 */
import type { Steps } from "./pace.ts";
import { BYTES_PER_STEP } from "./reading-budget.ts";
import { readProperties, type TnefProperties } from "./tnef-properties.ts";

const SIGNATURE = 0x223e_9f78;
/** Attributes and files of one box that are read. */
const ATTRIBUTES_MAX = 10_000;
const FILES_MAX = 100;
/** Signature, and a key that nobody uses. */
const HEADER_BYTES = 6;
/** Level, id and length before the value; checksum after it. */
const ATTRIBUTE_HEAD_BYTES = 9;
const CHECKSUM_BYTES = 2;

const ATTRIBUTE = {
  body: 0x0002_800c,
  messageProperties: 0x0006_9003,
  /** Each one begins a file. */
  fileBegin: 0x0006_9002,
  fileTitle: 0x0001_8010,
  fileData: 0x0006_800f,
  fileProperties: 0x0006_9005,
} as const;

const PROPERTY = {
  text: 0x1000,
  html: 0x1013,
  fileData: 0x3701,
  fileName: 0x3704,
  longFileName: 0x3707,
  mediaType: 0x370e,
  contentId: 0x3712,
} as const;

export interface TnefFile {
  name: string;
  /** Empty where the box does not say. */
  type: string;
  content: Uint8Array;
  contentId: string | null;
}

export interface Tnef {
  files: TnefFile[];
  text: string;
  html: string;
}

/** Yields what it costs. @returns null where these bytes are no such box */
export function* readTnef(bytes: Uint8Array): Steps<Tnef | null> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== SIGNATURE) return null;
  const box: Tnef = { files: [], text: "", html: "" };
  let at = HEADER_BYTES;
  for (let n = 0; n < ATTRIBUTES_MAX && at + ATTRIBUTE_HEAD_BYTES <= bytes.length; n += 1) {
    const id = view.getUint32(at + 1, true);
    const length = view.getUint32(at + 5, true);
    const start = at + ATTRIBUTE_HEAD_BYTES;
    // Cut off: what was read so far is what there is.
    if (start + length > bytes.length) break;
    yield* readAttribute(box, id, bytes.subarray(start, start + length));
    yield 1;
    at = start + length + CHECKSUM_BYTES;
  }
  box.files = box.files.filter(({ content }) => content.length > 0);
  return box;
}

function* readAttribute(box: Tnef, id: number, value: Uint8Array): Steps<void> {
  const file = box.files.at(-1);
  switch (id) {
    case ATTRIBUTE.body:
      yield Math.ceil(value.length / BYTES_PER_STEP);
      box.text ||= textOf(value);
      return;
    case ATTRIBUTE.messageProperties: {
      const found = yield* readProperties(value, [PROPERTY.text, PROPERTY.html]);
      box.text ||= stringOf(found, PROPERTY.text);
      box.html ||= stringOf(found, PROPERTY.html);
      return;
    }
    case ATTRIBUTE.fileBegin:
      if (box.files.length < FILES_MAX) box.files.push({ name: "", type: "", content: new Uint8Array(), contentId: null });
      return;
    case ATTRIBUTE.fileTitle:
      if (file !== undefined) file.name ||= textOf(value);
      return;
    case ATTRIBUTE.fileData:
      if (file !== undefined) file.content = value;
      return;
    case ATTRIBUTE.fileProperties:
      if (file !== undefined) yield* describeFile(file, value);
  }
}

function* describeFile(file: TnefFile, value: Uint8Array): Steps<void> {
  const { fileData, fileName, longFileName, mediaType, contentId } = PROPERTY;
  const found = yield* readProperties(value, [fileData, fileName, longFileName, mediaType, contentId]);
  file.name = stringOf(found, longFileName) || file.name || stringOf(found, fileName);
  file.type = stringOf(found, mediaType).toLowerCase();
  file.contentId = stringOf(found, contentId).replace(/[<>\s]/g, "") || null;
  if (file.content.length === 0) file.content = found.get(fileData)?.bytes ?? file.content;
}

function stringOf(found: TnefProperties, id: number): string {
  const property = found.get(id);
  if (property === undefined) return "";
  return property.isUnicode
    ? trimNul(new TextDecoder("utf-16le").decode(property.bytes.subarray(0, TEXT_BYTES_MAX)))
    : textOf(property.bytes);
}

/** Bytes of a text that are read; no title and no note is longer. */
const TEXT_BYTES_MAX = 1024 * 1024;

/** Valid UTF-8, else the commonest code page of Windows. */
function textOf(value: Uint8Array): string {
  const bytes = value.subarray(0, TEXT_BYTES_MAX);
  try {
    return trimNul(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return trimNul(new TextDecoder("windows-1252").decode(bytes));
  }
}

function trimNul(text: string): string {
  const end = text.indexOf("\u0000");
  return end < 0 ? text : text.slice(0, end);
}
