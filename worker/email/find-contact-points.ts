/**
 * Finds whatever in a text leads somewhere else: web and mail addresses, bare domains, phone numbers, however they are
 * disguised. Made for the words of somebody unknown that we mail to somebody else (T23): in doubt it is found. Pure, and
 * linear in the length of the text. What only people read as an address is in `find-spelled-out.ts`.
 *
 * Not found, because people need to write them: bare numbers (an order's), dates, times, prices below a million, versions
 * of up to three numbers, and file names with an ending that is no domain. Found although they are none: sentences without
 * a space between them (`Hola.Gracias`), four numbers with dots (`1.2.3.4`), order numbers with dashes (`2024-000123`).
 */
import { findSpelledOut } from "./find-spelled-out.ts";
import { COUNTRIES } from "./top-level-endings.ts";

export interface ContactPoint {
  kind: "link" | "address" | "number";
  /** UTF-16 code units of the text. */
  start: number;
  end: number;
}

/** Of a text as it is read: without what is not seen, in plain letters and digits, and where each of them comes from. */
interface Folded {
  text: string;
  /** For each UTF-16 code unit of `text`, and one more for its end. */
  starts: number[];
}

/** Code points that are not seen, or steer what is: they would hide an address from us and not from a browser. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]|(?![\n\t])\p{Cc}/u;

/** Without what {@link findContactPoints} does not see either: both must look at the same text. */
export function withoutUnseen(text: string): string {
  return text.replace(new RegExp(UNSEEN, "gu"), "");
}

/** @param text without unseen characters */
export function findContactPoints(text: string): ContactPoint[] {
  const { text: folded, starts } = fold(text);
  const found = [...findPieces(folded), ...findSpelledOut(folded), ...findNumbers(folded)].sort((a, b) => a.start - b.start);
  const merged: ContactPoint[] = [];
  for (const { kind, start, end } of found) {
    const last = merged.at(-1);
    if (last !== undefined && start < last.end) {
      last.end = Math.max(last.end, end);
      if (kind === "address") last.kind = kind;
    } else merged.push({ kind, start, end });
  }
  return merged.map(({ kind, start, end }) => ({ kind, start: starts[start] ?? 0, end: starts[end] ?? text.length }));
}

const MIDDLE_DOT = "\u00b7";
/** Beside what NFKC makes plain: what looks like a dash, a slash, a colon, a comma, an at-sign or a dot at any height. */
const LOOKALIKES: readonly (readonly [RegExp, string])[] = [
  [/[\p{Pd}\u2212]/gu, "-"],
  [/[\u2044\u2215\u29f8]/gu, "/"],
  [/[\u02d0\u0589\u2236\ua789]/gu, ":"],
  [/[\u060c\u066b\u201a\u3001\ua4f9]/gu, ","],
  [
    /[\u06d4\u0701\u0702\u16eb\u2022\u2027\u2219\u22c5\u25e6\u2e31\u2e33\u2e3c\u30fb\ua4f8\ua60e\ua78f\u{10101}\u{10a50}]|\u{1d16d}/gu,
    MIDDLE_DOT,
  ],
  [/\p{Zs}/gu, " "],
  [/[\p{Zl}\p{Zp}]/gu, "\n"],
];
/** What NFKC makes a mere letter. */
const AT_SIGNS = /[\u24b6\u24d0\u{1f150}\u{1f170}]/u;
const NAME_AHEAD = "(?=[a-z]|рф|中国|中國|公司|网络|網絡|网址|在线|香港|台湾|台灣|新加坡|みんな|コム|한국|닷컴|닷넷)";
/** A Chinese full stop is a dot in the name of a host (UTS 46), and ends sentences otherwise. */
const IDEOGRAPHIC_DOT = new RegExp(`。${NAME_AHEAD}`, "gu");
/** Between letters, for Catalan has its own (`col·lecció`), which `evil·live` is not. */
const INNER_DOT = new RegExp(
  `(?<=[\\p{L}\\p{N}])${MIDDLE_DOT}(?!(?<=l.)l(?!(?:ife|ive|ink|ol|td|lc|aw|egal|and|ove|at|i|t|u|v|k|y|c)(?![\\p{L}\\p{N}])))${NAME_AHEAD}`,
  "gu",
);

function fold(text: string): Folded {
  const parts: string[] = [];
  const starts: number[] = [];
  let at = 0;
  for (const char of text) {
    const plain = char <= "~" ? char.toLowerCase() : plainOf(char);
    parts.push(plain);
    for (let unit = 0; unit < plain.length; unit += 1) starts.push(at);
    at += char.length;
  }
  starts.push(at);
  return { text: parts.join("").replaceAll("\t", " ").replace(IDEOGRAPHIC_DOT, ".").replace(INNER_DOT, "."), starts };
}

function plainOf(char: string): string {
  if (AT_SIGNS.test(char)) return "@";
  let plain = char.normalize("NFKC").toLowerCase();
  for (const [lookalike, by] of LOOKALIKES) plain = plain.replace(lookalike, by);
  return plain.replace(/(?![0-9])\p{Nd}/gu, digitOf);
}

/** Digits of every script stand in tens that begin at a code point ending in 0 or 6. */
function digitOf(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  const low = code % 16;
  const isFromZero = low <= 9 && /\p{Nd}/u.test(String.fromCodePoint(code - low));
  return String(isFromZero ? low : (low + 10) % 16);
}

// Pieces: what stands between spaces and the punctuation that ends addresses

const PIECE = /[^\s<>"'`(),;!|{}[\]«»“”„‘’‹›]+/gu;
/** Marks at the ends of a piece that belong to the sentence. */
const EDGES = /^[.:*_~?¿¡-]*|[.:*_~?-]*$/gu;

const SCHEME = /:\/|:\\|^(?:\/\/|\\\\)[^/\\]/u;
const NAMED_SCHEME =
  /(?:^|[^\p{L}])(?:https?|hxxps?|ftps?|sftp|javascript|vbscript|data|file|blob|mailto|tel|sms|callto|skype|whatsapp|viber|tg|xmpp|sips?|wss?|ssh|magnet|intent|ipfs|bitcoin|ethereum|ms-[a-z-]{1,30}|itms[a-z-]{0,20}):\S/u;
const MAIL = /[^@]@[^@]/u;
const HOST_NUMBER = /(?:^|[^\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)/u;
/** With its shortened zeros, or more parts than a time has. */
const HOST_V6 = /^(?=[0-9a-f:]*(?:[0-9a-f]::|::[0-9a-f]|(?:[0-9a-f]{1,4}:){4}))[0-9a-f:]+(?:[/%]\S*)?$/u;

function* findPieces(text: string): Generator<ContactPoint> {
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    const kind = kindOf(piece);
    if (kind === null) continue;
    const lead = /^[.:*_~?¿¡-]*/u.exec(piece)?.[0].length ?? 0;
    const bare = piece.replace(EDGES, "");
    yield { kind, start: index + lead, end: index + lead + bare.length };
  }
}

function kindOf(piece: string): "link" | "address" | null {
  if (SCHEME.test(piece) || NAMED_SCHEME.test(piece)) return "link";
  if (MAIL.test(piece)) return "address";
  return hasDomain(piece) || HOST_NUMBER.test(piece) || HOST_V6.test(piece) ? "link" : null;
}

/** Endings that are no top-level domain. */
const FILE_NAME = /^[\p{L}\p{N}\p{M}_-]+\.(?:pdf|jpe?g|png|gif|webp|heic|docx?|xlsx?|pptx?|odt|ods|txt|csv|rtf)$/u;

function hasDomain(piece: string): boolean {
  if (FILE_NAME.test(piece.replace(EDGES, ""))) return false;
  for (const { 0: ending, index } of piece.matchAll(/\.(?:xn--[a-z0-9-]+|[\p{L}\p{M}]+)/gu)) {
    const before = piece.charAt(index - 1);
    const after = piece.slice(index + ending.length);
    if (before !== "" && before !== "." && !/^\p{N}/u.test(after) && isTopLevel(ending.slice(1))) return true;
  }
  return false;
}

function isTopLevel(label: string): boolean {
  if (label.startsWith("xn--")) return true;
  const letters = Array.from(label.replace(/\p{M}/gu, ""));
  if (letters.length !== 2) return letters.length > 2;
  return COUNTRIES.has(letters.join("")) || letters.some((letter) => letter > "z");
}

// Numbers that can be called

/** Digits of a number with a country in front of it. */
const CALLED_DIGITS_MIN = 8;
/** Digits of one that is set with spaces, dots or dashes: fewer are a date, a price or a room. */
const SET_DIGITS_MIN = 7;

const NUMBER = /(?:\+[ (]{0,2})?\(?\d(?:[ ()._·•‧∙-]{0,3}\d)*/gu;
const DAY = "(?:0?[1-9]|[12]\\d|3[01])";
const MONTH = "(?:0?[1-9]|1[0-2])";
const YEAR = "(?:19|20)\\d\\d";
const DATE = `(?:${DAY}[.-]${MONTH}[.-]${YEAR}|${MONTH}[.-]${DAY}[.-]${YEAR}|${YEAR}[.-]${MONTH}[.-]${DAY})`;
/** A date, two of them, or two years. */
const DATES = new RegExp(`^(?:${DATE}(?: ?- ?${DATE})?|${YEAR} ?- ?${YEAR})$`, "u");

function* findNumbers(text: string): Generator<ContactPoint> {
  for (const { 0: number, index } of text.matchAll(NUMBER)) {
    const end = index + number.length;
    if (isCallable(number, text.charAt(end))) yield { kind: "number", start: index, end };
  }
}

function isCallable(number: string, next: string): boolean {
  const digits = number.replace(/\D/gu, "");
  if (number.startsWith("+") && digits.length >= CALLED_DIGITS_MIN) return true;
  if (digits.startsWith("00") && digits.length - 2 >= CALLED_DIGITS_MIN) return true;
  const isSet = /\d[^\d]+\d/u.test(number);
  return isSet && digits.length >= SET_DIGITS_MIN && !isDate(number, next);
}

function isDate(number: string, next: string): boolean {
  const withTime = next === ":" || next === "h" ? number.replace(/ \d{1,2}$/u, "") : number;
  return DATES.test(number) || DATES.test(withTime);
}
