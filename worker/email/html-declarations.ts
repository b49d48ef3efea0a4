/** The declarations of a style attribute as a browser reads them: without comments, with escapes read, of two the one that counts. */
import { readFont, readFontSize, readLength, readNumber } from "./html-lengths.ts";

/** UTF-16 code units of a value that says how something looks. */
const VALUE_LENGTH_MAX = 200;
const IMPORTANT = /!\s*important$/;
const ESCAPE = /\\(?:([0-9a-f]{1,6})(?:\r\n|[ \t\r\n\f])?|([^\r\n\f]))/gi;
const CODE_POINT_MAX = 0x10_ffff;

export type Style = ReadonlyMap<string, string>;

const WIDE = /^(?:inherit|initial|unset|revert|revert-layer)$/;
const DISPLAY =
  /^(?:none|contents|block|inline|flow|flow-root|list-item|ruby|(?:inline-)?(?:block|table|flex|grid)|table-(?:row|cell|column|caption|(?:row|header|footer|column)-group)|-webkit-(?:inline-)?box)$/;
/** Sizes need a font around them to be read; any will do to tell whether they are one. */
const ANY_BASE = { em: 16, share: 16 };
const isLength = (value: string): boolean => readLength(value, ANY_BASE) !== null;

/** Browsers skip a value that is none: what was said before still counts, and a nonsense would otherwise undo it. */
const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  "font-size": (value) => readFontSize(value, ANY_BASE.em) !== null,
  display: (value) => DISPLAY.test(value),
  visibility: (value) => /^(?:visible|hidden|collapse)$/.test(value),
  opacity: (value) => readNumber(value) !== null,
  zoom: (value) => /^(?:normal|reset)$/.test(value) || readNumber(value) !== null,
  "letter-spacing": (value) => value === "normal" || isLength(value),
  "text-indent": isLength,
};

/** Lower-case; of a property that is given twice the later counts, unless the earlier insists. */
export function readStyle(text: string): Style {
  const style = new Map<string, string>();
  if (text === "") return style;
  const important = new Set<string>();
  for (const plain of dropComments(text).split(";")) {
    const colon = plain.indexOf(":");
    const name = plainOf(plain.slice(0, Math.max(0, colon)));
    const stated = plainOf(plain.slice(colon + 1));
    const isImportant = IMPORTANT.test(stated);
    const value = isImportant ? stated.replace(IMPORTANT, "").trimEnd() : stated;
    if (value.length > VALUE_LENGTH_MAX) continue;
    for (const [property, said] of expand(name, value)) {
      if (important.has(property) && !isImportant) continue;
      const isValid = WIDE.test(said) || (CHECKS[property]?.(said) ?? true);
      if (!isValid) continue;
      if (isImportant) important.add(property);
      style.set(property, said);
    }
  }
  return style;
}

function expand(name: string, value: string): [property: string, value: string][] {
  if (name !== "font") return [[name, value]];
  const font = readFont(value);
  if (font === null) return [];
  return [
    ["font-size", font.size],
    ["line-height", font.lineHeight],
  ];
}

const plainOf = (text: string): string => decodeEscapes(text).trim().toLowerCase();

function decodeEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (_whole, hex?: string, character?: string) => {
    const code = Number.parseInt(hex ?? "", 16);
    if (Number.isNaN(code)) return character ?? "";
    return code === 0 || code > CODE_POINT_MAX ? "\u{fffd}" : String.fromCodePoint(code);
  });
}

/** Of one that does not end, browsers make the end of the style. */
function dropComments(text: string): string {
  const pieces: string[] = [];
  let end = 0;
  for (let start = text.indexOf("/*"); start >= 0; start = text.indexOf("/*", end)) {
    pieces.push(text.slice(end, start));
    const close = text.indexOf("*/", start + 2);
    end = close === -1 ? text.length : close + 2;
  }
  return [...pieces, text.slice(end)].join(" ");
}
