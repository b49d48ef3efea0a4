import { canonicalAddress } from "../domain/address.ts";
import type { MailAddress } from "./mail.ts";
import { decodeHeaderText } from "./encoded-words.ts";
import { findAddressesIn, firstAddressIn } from "./find-address.ts";
import { ADDRESSES_MAX, AT_SIGNS_MAX } from "./reading-budget.ts";

/** Addresses as they are really written in mail headers. */

const ADDRESS_OCTETS_MAX = 254; // RFC 5321 §4.5.3.1.3
const LOCAL_OCTETS_MAX = 64; // RFC 5321 §4.5.3.1.1
const NAME_LENGTH_MAX = 200; // characters
/** More than 500 mailboxes have. */
export const HEADER_LENGTH_MAX = 40_000; // characters

const LOCAL = /^[^\s@<>()[\],;:"\\\p{Cc}]+$/u;
/** A domain in other letters has an ASCII form, or is none. */
const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Our own syntax: what a reply can be sent to. Returns it in the one spelling that it is known by, or null. */
export function parseAddress(value: string): string | null {
  const address = canonicalAddress(value.trim().replace(/\.$/, ""));
  if (address.length === 0 || address.length > ADDRESS_OCTETS_MAX) return null;
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (at < 1 || local.length > LOCAL_OCTETS_MAX || !LOCAL.test(local) || !DOMAIN.test(domain)) return null;
  if (local.startsWith(".") || local.endsWith(".") || local.includes("..")) return null;
  return address;
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
  /** Whether an `@` is among the words. Looking for it in a text that grows would be quadratic. */
  hasAt: boolean;
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

function splitPieces(value: string, max: number): Piece[] {
  const scanner: Scanner = { text: value.slice(0, HEADER_LENGTH_MAX), position: 0 };
  const pieces: Piece[] = [];
  let piece: Piece = newPiece();
  const flush = (): void => {
    if (piece.words.trim() || piece.comment || piece.angle !== null) pieces.push(piece);
    piece = newPiece();
  };
  while (scanner.position < scanner.text.length && pieces.length < max) {
    const char = scanner.text[scanner.position++] ?? "";
    if (char === '"') addWords(piece, readUntil(scanner, '"'));
    else if (char === "(") piece.comment += readComment(scanner);
    else if (char === "<") piece.angle = readUntil(scanner, ">");
    else if (char === "," || char === ";") flush();
    // A group name (`Team: a@example.com;`) is no part of its first member's name.
    else if (char === ":" && !piece.hasAt) piece.words = "";
    else addWords(piece, char);
  }
  flush();
  return pieces;
}

const newPiece = (): Piece => ({ words: "", hasAt: false, comment: "", angle: null });

function addWords(piece: Piece, words: string): void {
  piece.words += words;
  piece.hasAt ||= words.includes("@");
}

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
    return { address: found, name: name === null || canonicalAddress(name) === found ? null : name };
  }
  const bare = firstAddressIn(words);
  const address = bare ? addressOf(bare.text) : null;
  if (!bare || !address) return null;
  const rest = cleanDisplayName(words.replace(bare.text, " ").replace(/[<>]/g, " "));
  return { address, name: rest ?? cleanDisplayName(decodeHeaderText(piece.comment)) };
}

/**
 * Every mailbox with a valid address, in order. Groups are opened, comments become names where there is no other,
 * and an unquoted comma in a name (`Doe, John <…>`) does not make a mailbox of its own.
 */
export function parseAddressList(value: string, max = ADDRESSES_MAX): MailAddress[] {
  const out: MailAddress[] = [];
  let carried = "";
  for (const piece of splitPieces(value, max)) {
    const mailbox = toMailbox(piece, carried);
    if (mailbox) out.push(mailbox);
    carried = mailbox || piece.angle !== null ? "" : [carried, decodeHeaderText(piece.words).trim()].filter(Boolean).join(", ");
  }
  return out;
}

/** Addresses that occur anywhere in a text, as they are known, without repeats. */
export function findAddresses(text: string, limit: number): string[] {
  const found = new Set<string>();
  for (const candidate of findAddressesIn(text, "plain", AT_SIGNS_MAX)) {
    const address = parseAddress(candidate.text.replace(/[.-]{1,190}$/, ""));
    if (address) found.add(address);
    if (found.size >= limit) break;
  }
  return [...found];
}
