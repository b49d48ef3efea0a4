/** A `winmail.dat` as Outlook writes it. */
import { joinBytes } from "../../../worker/email/bytes.ts";

const encoder = new TextEncoder();

function uint(value: number, bytes: 2 | 4): Uint8Array {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  if (bytes === 2) view.setUint16(0, value, true);
  else view.setUint32(0, value, true);
  return out;
}

function attribute(level: number, id: number, value: Uint8Array): Uint8Array {
  const checksum = value.reduce((sum, byte) => (sum + byte) & 0xffff, 0);
  return joinBytes([new Uint8Array([level]), uint(id, 4), uint(value.length, 4), value, uint(checksum, 2)]);
}

/** Type and id, a count of one, and the value filled up to groups of four. */
function property(type: number, id: number, value: Uint8Array, name: Uint8Array = new Uint8Array()): Uint8Array {
  const padding = new Uint8Array((4 - (value.length % 4)) % 4);
  const isVariable = type >= 0x001e || type === 0x000d;
  const head = isVariable ? [uint(1, 4), uint(value.length, 4)] : [];
  return joinBytes([uint(type, 2), uint(id, 2), name, ...head, value, padding]);
}

const properties = (list: Uint8Array[]): Uint8Array => joinBytes([uint(list.length, 4), ...list]);

export const utf16 = (text: string): Uint8Array => {
  const units = Uint16Array.from(`${text}\u0000`, (char) => char.charCodeAt(0));
  return new Uint8Array(units.buffer);
};

export interface BoxFile {
  title: string;
  longName?: string;
  type?: string;
  contentId?: string;
  content: Uint8Array;
}

export function buildTnef(input: { files?: BoxFile[]; text?: string; html?: string }): Uint8Array {
  const { files = [], text, html } = input;
  const message = [
    property(0x0003, 0x3fde, uint(65_001, 4)),
    property(0x000b, 0x8005, uint(1, 4), joinBytes([new Uint8Array(16), uint(0, 4), uint(0x85_01, 4)])),
    ...(html === undefined ? [] : [property(0x0102, 0x1013, encoder.encode(html))]),
  ];
  return joinBytes([
    uint(0x223e_9f78, 4),
    uint(1, 2),
    attribute(1, 0x0008_9006, uint(0x0001_0000, 4)),
    ...(text === undefined ? [] : [attribute(1, 0x0002_800c, encoder.encode(`${text}\u0000`))]),
    attribute(1, 0x0006_9003, properties(message)),
    ...files.flatMap((file) => [
      attribute(2, 0x0006_9002, new Uint8Array(14)),
      attribute(2, 0x0001_8010, encoder.encode(`${file.title}\u0000`)),
      attribute(2, 0x0006_800f, file.content),
      attribute(
        2,
        0x0006_9005,
        properties([
          ...(file.longName === undefined ? [] : [property(0x001f, 0x3707, utf16(file.longName))]),
          ...(file.type === undefined ? [] : [property(0x001e, 0x370e, encoder.encode(`${file.type}\u0000`))]),
          ...(file.contentId === undefined ? [] : [property(0x001f, 0x3712, utf16(file.contentId))]),
        ]),
      ),
    ]),
  ]);
}
