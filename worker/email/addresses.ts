import type { MailAddress } from "./mail.ts";
import { decodeHeaderText } from "./encoded-words.ts";

/** Addresses as they are really written in mail headers. */

const ADDRESS_OCTETS_MAX = 254; // RFC 5321 §4.5.3.1.3
const LOCAL_OCTETS_MAX = 64; // RFC 5321 §4.5.3.1.1
const NAME_LENGTH_MAX = 200; // characters
const HEADER_LENGTH_MAX = 100_000; // characters
const MAILBOXES_MAX = 500;

const LOCAL = /^[^\s@<>()[\],;:"\\\p{Cc}]+$/u;
const DOMAIN = /^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)*$/u;

/** Our own syntax: what a reply can be sent to. Returns it lower-cased, or null. */
export function parseAddress(value: string): string | null {
  const address = value.trim().toLowerCase();
  if (address.length === 0 || address.length > ADDRESS_OCTETS_MAX) return null;
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = address.slice(at + 1).replace(/\.$/, "");
  if (at < 1 || local.length > LOCAL_OCTETS_MAX || !LOCAL.test(local) || !DOMAIN.test(domain)) return null;
  if (local.startsWith(".") || local.endsWith(".") || local.includes("..")) return null;
  return `${local}@${domain}`;
}

/** Control, bidirectional and zero-width characters: they make a name look like another one. */
const INVISIBLE = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/gu;

/** A display name that cannot hide anything; null where nothing is left. */
export function cleanDisplayName(value: string): string | null {
  const name = value
    .slice(0, HEADER_LENGTH_MAX)
    .replace(INVISIBLE, " ")
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/^(["'])(.*)\1$/u, "$2")
    .trim();
  return name ? name.slice(0, NAME_LENGTH_MAX) : null;
}

interface Piece {
  /** Text outside angle brackets and comments, quotes removed. */
  words: string;
  comment: string;
  /** What stood in the last angle brackets; null without any. */
  angle: string | null;
}

interface Scanner {
  text: string;
  position: number;
}

/** Reads up to the closing character, with backslash escapes; without one, to the end of the piece. */
function readUntil(scanner: Scanner, close: string): string {
  let out = "";
  while (scanner.position < scanner.text.length) {
    const char = scanner.text[scanner.position++] ?? "";
    if (char === close) return out;
    if (char === "\\" && close !== ">") out += scanner.text[scanner.position++] ?? "";
    else out += char;
  }
  return out;
}

/** Comments nest (RFC 5322 §3.2.2). */
function readComment(scanner: Scanner): string {
  let out = "";
  let depth = 1;
  while (scanner.position < scanner.text.length) {
    const char = scanner.text[scanner.position++] ?? "";
    if (char === "(") depth++;
    if (char === ")" && --depth === 0) return out;
    out += char === "\\" ? (scanner.text[scanner.position++] ?? "") : char;
  }
  return out;
}

function splitPieces(value: string): Piece[] {
  const scanner: Scanner = { text: value.slice(0, HEADER_LENGTH_MAX), position: 0 };
  const pieces: Piece[] = [];
  let piece: Piece = { words: "", comment: "", angle: null };
  const flush = (): void => {
    if (piece.words.trim() || piece.comment || piece.angle !== null) pieces.push(piece);
    piece = { words: "", comment: "", angle: null };
  };
  while (scanner.position < scanner.text.length && pieces.length < MAILBOXES_MAX) {
    const char = scanner.text[scanner.position++] ?? "";
    if (char === '"') piece.words += readUntil(scanner, '"');
    else if (char === "(") piece.comment += readComment(scanner);
    else if (char === "<") piece.angle = readUntil(scanner, ">");
    else if (char === "," || char === ";") flush();
    // A group name (`Team: a@example.com;`) is no part of its first member's name.
    else if (char === ":" && !piece.words.includes("@")) piece.words = "";
    else piece.words += char;
  }
  flush();
  return pieces;
}

const BARE_ADDRESS = /[^\s<>()[\],;:"]{1,64}@[^\s<>()[\],;:"]{1,190}/u;

/** `<mailto:…>`, source routes and stray brackets are peeled off. */
function addressOf(text: string): string | null {
  const inner = text
    .replace(/\([^()]*\)/g, "")
    .replace(/[<>\s]+/g, "")
    .replace(/^mailto:/i, "");
  return parseAddress(inner) ?? parseAddress(inner.slice(inner.lastIndexOf(":") + 1));
}

function toMailbox(piece: Piece, carried: string): MailAddress | null {
  const words = decodeHeaderText(piece.words);
  const found = piece.angle === null ? null : addressOf(piece.angle);
  if (found) {
    const name = cleanDisplayName(carried ? `${carried}, ${words}` : words) ?? cleanDisplayName(decodeHeaderText(piece.comment));
    return { address: found, name: name === null || name.toLowerCase() === found ? null : name };
  }
  const bare = BARE_ADDRESS.exec(words);
  const address = bare ? addressOf(bare[0]) : null;
  if (!bare || !address) return null;
  const rest = cleanDisplayName(words.replace(bare[0], " ").replace(/[<>]/g, " "));
  return { address, name: rest ?? cleanDisplayName(decodeHeaderText(piece.comment)) };
}

/**
 * Every mailbox with a valid address, in order. Groups are opened, comments become names where there is no other,
 * and an unquoted comma in a name (`Doe, John <…>`) does not make a mailbox of its own.
 */
export function parseAddressList(value: string): MailAddress[] {
  const out: MailAddress[] = [];
  let carried = "";
  for (const piece of splitPieces(value)) {
    const mailbox = toMailbox(piece, carried);
    if (mailbox) out.push(mailbox);
    carried = mailbox || piece.angle !== null ? "" : [carried, decodeHeaderText(piece.words).trim()].filter(Boolean).join(", ");
  }
  return out;
}

/** Addresses that occur anywhere in a text, lower-cased, without repeats. */
export function findAddresses(text: string, limit: number): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(/[\p{L}\p{N}._%+=-]{1,64}@[\p{L}\p{N}.-]{1,190}/gu)) {
    const address = parseAddress(match[0].replace(/[.-]+$/, ""));
    if (address) found.add(address);
    if (found.size >= limit) break;
  }
  return [...found];
}
