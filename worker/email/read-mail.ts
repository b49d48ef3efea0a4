/** From the stored bytes to a parsed mail and its hash, however large it is. */
import { MAIL_FILE_PREFIX } from "./mail-files.ts";
import { BlobWriter } from "./blob-writer.ts";
import { ContentHasher, hashContent } from "./content-hash.ts";
import { describeError } from "../domain/error-text.ts";
import type { Settings } from "../domain/settings.ts";
import type { LedgerRow } from "../db/ledger.ts";
import type { ParsedMail } from "./mail.ts";
import { parseMail, type ParseMailOptions } from "./parse.ts";
import { placeholderMail } from "./placeholder.ts";
import { MailSplitter, readMark, type FileSink, type SplitMail, type SplitOptions } from "./split-mail.ts";

/**
 * Bytes of a mail that is parsed whole. The parser needs some five times as much, an isolate has 128 MB, and several
 * mails can be in it at once.
 */
const WHOLE_BYTES_MAX = 4 * 1024 * 1024;

export interface ReadMail {
  mail: ParsedMail;
  /** False for a placeholder. */
  isReadable: boolean;
  contentHash: string;
}

export interface MailReading extends Pick<Settings["mail"], "locale" | "authservId"> {
  /** False where only its words are wanted: the files of a large mail are then not written to the store. */
  keepsFiles?: boolean;
}

/** @throws Error where the raw bytes cannot be had; a mail that cannot be parsed is a placeholder */
export async function readMail(bucket: R2Bucket, row: LedgerRow, reading: MailReading): Promise<ReadMail> {
  const { locale, authservId, keepsFiles = true } = reading;
  const object = await bucket.get(row.rawKey);
  if (object === null) throw new Error("the raw mail is not in the store");
  const options = { envelopeFrom: row.envelopeFrom === "" ? null : row.envelopeFrom, authservId };
  if (object.size <= WHOLE_BYTES_MAX) {
    const raw = new Uint8Array(await object.arrayBuffer());
    const contentHash = await hashContent(raw);
    return parsed(row, { locale, contentHash }, () => parseMail(raw, options));
  }
  const nonce = crypto.randomUUID();
  const openFile = keepsFiles ? (index: number) => new BlobWriter(bucket, fileKey(row, index)) : () => NOWHERE;
  const { contentHash, split } = await splitMail(object.body, { openFile, nonce });
  return parsed(row, { locale, contentHash }, () => parseMail(split.small, { ...options, ...largeFiles(split, row, nonce) }));
}

async function parsed(
  row: LedgerRow,
  known: { locale: "en" | "es"; contentHash: string },
  parse: () => Promise<ParsedMail>,
): Promise<ReadMail> {
  const { locale, contentHash } = known;
  try {
    return { mail: await parse(), isReadable: true, contentHash };
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event: "mail_unreadable", ledgerId: row.id, ...describeError(error) }));
    return { mail: placeholderMail(row, locale), isReadable: false, contentHash };
  }
}

/** The same mail has the same keys, so that reading it again makes no second copy. */
const fileKey = (row: LedgerRow, index: number): string => `${MAIL_FILE_PREFIX}${row.id}/${index}`;

const NOWHERE: FileSink = { write: () => Promise.resolve(), close: () => Promise.resolve() };

async function splitMail(
  body: ReadableStream<Uint8Array>,
  options: SplitOptions,
): Promise<{ contentHash: string; split: SplitMail }> {
  const hasher = new ContentHasher();
  const splitter = new MailSplitter(options);
  for await (const chunk of body) {
    await hasher.write(chunk);
    await splitter.write(chunk);
  }
  return { split: await splitter.end(), contentHash: await hasher.digest() };
}

/** What the marks in the small mail stand for. */
function largeFiles({ files }: SplitMail, row: LedgerRow, nonce: string): ParseMailOptions {
  return {
    findStored: (content) => {
      const index = readMark(content, nonce);
      const file = index === null ? undefined : files[index];
      if (index === null || file === undefined) return null;
      const key = file.isStored ? fileKey(row, index) : null;
      return { content: file.head, stored: { key, size: file.size } };
    },
  };
}
