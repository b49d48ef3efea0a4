/** What Hilo thinks of a file: its name, and its type by its bytes (T11). Pure. */

/** Bytes of one file. */
export const ATTACHMENT_BYTES_MAX = 20 * 1024 * 1024;
const FILE_NAME_LENGTH_MAX = 150;

const INLINE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Only these are ever shown in a page; everything else is a download. */
export function isInlineType(type: string): boolean {
  return INLINE_TYPES.has(type);
}

/** A name without path, control and bidirectional characters, and without halves of characters. */
export function cleanFileName(name: string): string {
  const base = name.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const clean = base
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029"<>:|?*]+/gu, "")
    .replace(/^[.\s]+/, "")
    .trim();
  if (clean.length <= FILE_NAME_LENGTH_MAX) return clean === "" ? "file" : clean;
  const dot = clean.lastIndexOf(".");
  const extension = dot > 0 && clean.length - dot <= 12 ? clean.slice(dot) : "";
  // The cut may go through a character, half of which no header can carry.
  return clean.slice(0, FILE_NAME_LENGTH_MAX - extension.length).toWellFormed() + extension.toWellFormed();
}

const SIGNATURES: readonly { type: string; bytes: readonly number[]; at: number }[] = [
  { type: "image/png", bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], at: 0 },
  { type: "image/jpeg", bytes: [0xff, 0xd8, 0xff], at: 0 },
  { type: "image/gif", bytes: [0x47, 0x49, 0x46, 0x38], at: 0 },
  { type: "image/webp", bytes: [0x57, 0x45, 0x42, 0x50], at: 8 },
  { type: "application/pdf", bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], at: 0 },
  { type: "application/zip", bytes: [0x50, 0x4b, 0x03, 0x04], at: 0 },
];

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,60}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}$/;
/** Types that browsers would show or run, or that the bytes themselves tell. */
const UNTRUSTED_TYPE =
  /^(text\/(html|xml|javascript|css)|image\/|multipart\/|application\/(xhtml|xml|javascript|x-javascript|ecmascript|pdf|zip))|\+xml$/;

/**
 * The type to store: what the bytes say where they say it; else what was declared, unless that is a type that browsers
 * would show or run and the bytes did not confirm it.
 *
 * @param head the first bytes of the file; 16 are enough
 */
export function detectType(head: Uint8Array, declared: string): string {
  const found = SIGNATURES.find(({ bytes, at }) => bytes.every((byte, index) => head[at + index] === byte));
  const type = declared.split(";")[0]?.trim().toLowerCase() ?? "";
  const isTrusted = MEDIA_TYPE.test(type) && !UNTRUSTED_TYPE.test(type);
  // Office files are zips with a type of their own.
  if (found?.type === "application/zip" && isTrusted && type.startsWith("application/")) return type;
  if (found !== undefined) return found.type;
  if (isTrusted) return type;
  return type.startsWith("text/") ? "text/plain" : "application/octet-stream";
}
