/**
 * Which new passwords are refused: the commonest, and what stands on the company's website. Shorter ones than
 * `PASSWORD_LENGTH_MIN` are refused by the schemas. Pure.
 */
import { COMMON_PASSWORD_HASHES } from "./common-passwords.ts";

export type PasswordFlaw = "common" | "personal";

/** Different characters below which a password is a pattern: `1212121212`. */
const DISTINCT_MIN = 5;
/** Letters and digits that must be left when names and addresses are taken away. */
const OWN_LENGTH_MIN = 5;
/** Shorter parts of names and addresses are in too many words. */
const TERM_LENGTH_MIN = 3;
/** Keys side by side, on the keyboards that are usual here. */
const KEY_ROWS = ["1234567890-=", "qwertyuiop[]", "qwertzuiop", "azertyuiop", "asdfghjkl;'"];

/** @param personal what everybody knows: the company, the agent's name and address */
export function findPasswordFlaw(password: string, personal: readonly string[]): PasswordFlaw | null {
  const text = foldPassword(password);
  if (isPattern(text) || commonHashes().has(hashPassword(text))) return "common";
  return isPersonal(text, personal) ? "personal" : null;
}

/** As it is looked up: capitals make no common password a rare one. */
export function foldPassword(password: string): string {
  return password.normalize("NFKC").toLowerCase();
}

/** FNV-1a, 32 bits: of four thousand million passwords as many as the list is long are refused for nothing. */
export function hashPassword(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** `aaaaaaaaaa`, `abcabcabcabc`, `0123456789`, `poiuytrewq`: lists of common passwords leave most of these out. */
function isPattern(text: string): boolean {
  return new Set(text).size < DISTINCT_MIN || /^(.+?)\1+$/su.test(text) || isSequence(text) || isKeyRow(text);
}

/** Each character follows in the alphabet on the one before it, or each the other way round. */
function isSequence(text: string): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)));
  return steps.size === 1 && (steps.has(1) || steps.has(-1));
}

function isKeyRow(text: string): boolean {
  const reversed = Array.from(text).reverse().join("");
  return KEY_ROWS.some((row) => row.includes(text) || row.includes(reversed));
}

function isPersonal(text: string, personal: readonly string[]): boolean {
  const whole = lettersOf(text);
  const rest = termsOf(personal).reduce((left, term) => left.replaceAll(term, ""), whole);
  return rest !== whole && rest.length < OWN_LENGTH_MIN;
}

/** Whole names and addresses, and their words; the longest first, so that none is taken apart. */
function termsOf(personal: readonly string[]): string[] {
  const words = personal.flatMap((one) => [one, ...one.split(/[^\p{L}\p{N}]+/u)].map((word) => lettersOf(foldPassword(word))));
  return [...new Set(words)].filter((word) => word.length >= TERM_LENGTH_MIN).sort((a, b) => b.length - a.length);
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, "");
}

let hashes: Set<number> | null = null;

function commonHashes(): Set<number> {
  if (hashes !== null) return hashes;
  const bytes = Uint8Array.from(atob(COMMON_PASSWORD_HASHES), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  hashes = new Set(Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4)));
  return hashes;
}
