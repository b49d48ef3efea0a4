/** The lengths and numbers of CSS, as far as it takes to tell whether a text can be seen. Pure. */

/** What relative units are relative to, in pixels. */
export interface LengthBase {
  em: number;
  /** Of 100%; null where nobody knows it. */
  share: number | null;
}

export const PX_PER_REM = 16;
/** Pixels; nobody knows the reader's window, and a text that is seen in one of this size is taken for seen. */
export const WINDOW_PX = 1_000;
const PX_PER_INCH = 96;

const PX: Readonly<Record<string, number>> = {
  "": 1,
  px: 1,
  pt: PX_PER_INCH / 72,
  pc: PX_PER_INCH / 6,
  in: PX_PER_INCH,
  cm: PX_PER_INCH / 2.54,
  mm: PX_PER_INCH / 25.4,
  q: PX_PER_INCH / 101.6,
  rem: PX_PER_REM,
};
const EMS: Readonly<Record<string, number>> = { em: 1, ex: 0.5, ch: 0.5, ic: 1, cap: 0.7, lh: 1.2 };
const WINDOW_UNIT = /^(?:[sld]?v|cq)(?:w|h|i|b|min|max)$/;
const NUMBER = /((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|[a-z]*)/y;
const FUNCTION_NAME = /(calc|min|max|clamp|)\(/y;

interface Cursor {
  text: string;
  at: number;
  base: LengthBase;
}

/** Pixels of a length, a share or a computed one; a bare number as it is. Null for what is none, or not known here. */
export function readLength(value: string, base: LengthBase): number | null {
  if (value === "") return null;
  const cursor = { text: value.trim().toLowerCase(), at: 0, base };
  const length = readSum(cursor);
  return Number.isFinite(length) && cursor.at === cursor.text.length ? length : null;
}

/** A number or a share of one. */
export const readNumber = (value: string): number | null => readLength(value, { em: Number.NaN, share: 1 });

function skipSpaces(cursor: Cursor): string {
  while (/\s/.test(cursor.text[cursor.at] ?? "")) cursor.at += 1;
  return cursor.text[cursor.at] ?? "";
}

/** What cannot be read is not a number, and so is all that is computed from it. */
function readSum(cursor: Cursor): number {
  let sum = readProduct(cursor);
  for (let sign = skipSpaces(cursor); sign === "+" || sign === "-"; sign = skipSpaces(cursor)) {
    cursor.at += 1;
    const next = readProduct(cursor);
    sum += sign === "+" ? next : -next;
  }
  return sum;
}

function readProduct(cursor: Cursor): number {
  let product = readFactor(cursor);
  for (let sign = skipSpaces(cursor); sign === "*" || sign === "/"; sign = skipSpaces(cursor)) {
    cursor.at += 1;
    const next = readFactor(cursor);
    product = sign === "*" ? product * next : product / next;
  }
  return product;
}

function readFactor(cursor: Cursor): number {
  const sign = skipSpaces(cursor);
  if (sign === "+" || sign === "-") cursor.at += 1;
  return (sign === "-" ? -1 : 1) * (readFunction(cursor) ?? readUnit(cursor));
}

function readFunction(cursor: Cursor): number | null {
  const name = take(cursor, FUNCTION_NAME)?.[1];
  if (name === undefined) return null;
  const values = [readSum(cursor)];
  while (skipSpaces(cursor) === ",") {
    cursor.at += 1;
    values.push(readSum(cursor));
  }
  if (skipSpaces(cursor) !== ")") return Number.NaN;
  cursor.at += 1;
  if (name === "min") return Math.min(...values);
  if (name === "max") return Math.max(...values);
  const [first = Number.NaN, middle = Number.NaN, last = Number.NaN] = values;
  return name === "clamp" ? Math.max(first, Math.min(middle, last)) : first;
}

function readUnit(cursor: Cursor): number {
  const [, number, unit = ""] = take(cursor, NUMBER) ?? [];
  return number === undefined ? Number.NaN : Number(number) * pxOf(unit, cursor.base);
}

function pxOf(unit: string, { em, share }: LengthBase): number {
  if (unit === "%") return share === null ? Number.NaN : share / 100;
  if (WINDOW_UNIT.test(unit)) return WINDOW_PX / 100;
  return PX[unit] ?? (EMS[unit] ?? Number.NaN) * em;
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found !== null) cursor.at = pattern.lastIndex;
  return found;
}

/** What `font-size` says in words: pixels. */
const SIZES: Readonly<Record<string, number>> = {
  "xx-small": 9,
  "x-small": 10,
  small: 13,
  medium: 16,
  initial: 16,
  large: 18,
  "x-large": 24,
  "xx-large": 32,
  "xxx-large": 48,
};
/** And as a share of the font around it. */
const SHARES: Readonly<Record<string, number>> = {
  smaller: 1 / 1.2,
  larger: 1.2,
  inherit: 1,
  unset: 1,
  revert: 1,
  "revert-layer": 1,
};

/**
 * @param em pixels of the font around it
 * @returns pixels; null for what browsers, or Hilo, do not take for a font's size
 */
export function readFontSize(value: string, em: number): number | null {
  if (value === "") return null;
  const word = SIZES[value] ?? (SHARES[value] ?? Number.NaN) * em;
  if (!Number.isNaN(word)) return word;
  // A bare number is a size in some readers, and nothing in others.
  const size = readLength(value, { em, share: em });
  return size === null || size < 0 ? null : size;
}

const STEADY = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:px|pt|pc|in|cm|mm|q|r?em|ex|ch|%)|0|[a-z-]+)$/i;
/** Whether every browser makes the same of a length, in every window, without computing. */
export const isSteady = (value: string): boolean => STEADY.test(value);

const FONT_PART = /(?:[^\s()'"]|\([^()]*\))+/g;
/** Weights are bare numbers. */
const WEIGHT = /^[1-9]\d{0,3}(?:\.\d+)?$/;

/** The size and the height of lines in a `font` in one line; null where it has none, or names no font. */
export function readFont(value: string): { size: string; lineHeight: string } | null {
  if (/^[a-z-]+$/.test(value)) return value in SHARES || value in SIZES ? { size: value, lineHeight: value } : null;
  const parts = value.match(FONT_PART) ?? [];
  const index = parts.findIndex((part) => !WEIGHT.test(part) && readFontSize(sizeOf(part), PX_PER_REM) !== null);
  const part = parts[index];
  const hasFamily = parts.length > index + 1 || /['"]/.test(value);
  if (part === undefined || !hasFamily) return null;
  const size = sizeOf(part);
  return { size, lineHeight: part.slice(size.length + 1) || "normal" };
}

/** Up to the slash that is in no brackets. */
const sizeOf = (part: string): string => /^(?:[^/()]|\([^()]*\))*/.exec(part)?.[0] ?? part;
