/** The list of MAPI properties inside a `winmail.dat` (MS-OXTNEF §2.1.3.5). Pure, bounded, never throws. */

import type { Steps } from "./pace.ts";

export type TnefProperties = ReadonlyMap<number, { bytes: Uint8Array; isUnicode: boolean }>;

const PROPERTIES_MAX = 2_000;
const VALUES_MAX = 1_000;
const VALUES_PER_STEP = 10;
const GUID_BYTES = 16;
/** Properties from here on have a name of their own in front of the value. */
const NAMED_FROM = 0x8000;
const NAMED_BY_TEXT = 1;
const MULTIPLE = 0x1000;

const TYPE = { object: 0x000d, string: 0x001e, unicode: 0x001f, binary: 0x0102 } as const;
const VARIABLE_TYPES = new Set<number>([TYPE.object, TYPE.string, TYPE.unicode, TYPE.binary]);
/** Bytes of values of a fixed size, as stored: whole groups of four. */
const FIXED_BYTES = new Map([
  [0x0002, 4],
  [0x0003, 4],
  [0x0004, 4],
  [0x0005, 8],
  [0x0006, 8],
  [0x0007, 8],
  [0x000a, 4],
  [0x000b, 4],
  [0x0014, 8],
  [0x0040, 8],
  [0x0048, GUID_BYTES],
]);

/** Reads on until the bytes end; what is cut off reads as nothing. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint16(): number {
    const at = this.#at;
    this.#at += 2;
    return at + 2 <= this.#bytes.length ? this.#view.getUint16(at, true) : 0;
  }

  uint32(): number {
    const at = this.#at;
    this.#at += 4;
    return at + 4 <= this.#bytes.length ? this.#view.getUint32(at, true) : 0;
  }

  /** Since it was asked for the last time. */
  takeSteps(): number {
    const steps = 1 + Math.ceil(this.#values / VALUES_PER_STEP);
    this.#values = 0;
    return steps;
  }

  /** Values are followed by what fills them up to groups of four. */
  padded(length: number): Uint8Array {
    this.#values += 1;
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += Math.ceil(length / 4) * 4;
    return value;
  }
}

/** The wanted ones among the properties, up to the first of a type that nobody knows. */
export function* readProperties(bytes: Uint8Array, wanted: readonly number[]): Steps<TnefProperties> {
  const reader = new Reader(bytes);
  const found = new Map<number, { bytes: Uint8Array; isUnicode: boolean }>();
  const count = Math.min(reader.uint32(), PROPERTIES_MAX);
  for (let n = 0; n < count && !reader.isAtEnd; n += 1) {
    const type = reader.uint16();
    const id = reader.uint16();
    if (id >= NAMED_FROM) skipName(reader);
    const value = readValue(reader, type);
    yield reader.takeSteps();
    if (value === null) break;
    if (!wanted.includes(id)) continue;
    // An object has the id of its interface in front.
    const content = (type & ~MULTIPLE) === TYPE.object ? value.subarray(GUID_BYTES) : value;
    found.set(id, { bytes: content, isUnicode: (type & ~MULTIPLE) === TYPE.unicode });
  }
  return found;
}

function skipName(reader: Reader): void {
  reader.padded(GUID_BYTES);
  const kind = reader.uint32();
  const size = reader.uint32();
  if (kind === NAMED_BY_TEXT) reader.padded(size);
}

/** @returns the first value; null for an unknown type, whose length cannot be known */
function readValue(reader: Reader, type: number): Uint8Array | null {
  const base = type & ~MULTIPLE;
  const isVariable = VARIABLE_TYPES.has(base);
  const fixed = FIXED_BYTES.get(base);
  if (!isVariable && fixed === undefined) return null;
  const count = isVariable || base !== type ? Math.min(reader.uint32(), VALUES_MAX) : 1;
  let first: Uint8Array | null = null;
  for (let n = 0; n < count && !reader.isAtEnd; n += 1) {
    const value = reader.padded(isVariable ? reader.uint32() : (fixed ?? 0));
    first ??= value;
  }
  return first ?? new Uint8Array();
}
