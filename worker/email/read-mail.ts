/** From the stored bytes to a parsed mail and its hash, in slices, however large it is and whatever is in it. */
import { MAIL_FILE_PREFIX } from "./mail-files.ts";
import { BlobWriter } from "./blob-writer.ts";
import { ContentHasher } from "./content-hash.ts";
import { describeError } from "../domain/error-text.ts";
import type { Settings } from "../domain/settings.ts";
import type { LedgerRow } from "../db/ledger.ts";
import type { ParsedMail } from "./mail.ts";
import { Pace } from "./pace.ts";
import { readMailChunks, type ReadingOptions } from "./parse.ts";
import { placeholderMail } from "./placeholder.ts";
import { restAWhile } from "./rest.ts";
import { READING_MAX_MS, type ReadingBudget, WHOLE_BUDGET } from "./reading-budget.ts";

export interface ReadMail {
  mail: ParsedMail;
  /** False for a placeholder. */
  isReadable: boolean;
  contentHash: string;
}

export interface MailReading extends Pick<Settings["mail"], "locale" | "authservId"> {
  /** False where only its words are wanted: large files are then not written to the store. */
  keepsFiles?: boolean;
  budget?: ReadingBudget;
}

/** @throws Error where the raw bytes cannot be had in time; a mail that cannot be parsed is a placeholder */
export async function readMail(bucket: R2Bucket, row: LedgerRow, reading: MailReading): Promise<ReadMail> {
  const { locale, authservId, keepsFiles = true, budget = WHOLE_BUDGET } = reading;
  const source = new HashedSource(readInSlices(bucket, row));
  const options: ReadingOptions = {
    envelopeFrom: row.envelopeFrom === "" ? null : row.envelopeFrom,
    authservId,
    budget,
    pace: new Pace({ rest: restUntil(Date.now() + READING_MAX_MS) }),
    ...(keepsFiles && { openFile: (index: number) => new BlobWriter(bucket, fileKey(row, index)) }),
    fileKey: (index) => fileKey(row, index),
  };
  const read = await readOrNothing(source, options, row);
  const contentHash = await source.digest();
  return { mail: read ?? placeholderMail(row, locale), isReadable: read !== null, contentHash };
}

/** Null where it cannot be parsed; what the stores refuse is thrown. */
async function readOrNothing(source: HashedSource, options: ReadingOptions, row: LedgerRow): Promise<ParsedMail | null> {
  try {
    return await readMailChunks(source.chunks(), options);
  } catch (error) {
    if (!source.isRead || error instanceof ReadingTooSlow) throw error;
    console.error(JSON.stringify({ level: "error", event: "mail_unreadable", ledgerId: row.id, ...describeError(error) }));
    return null;
  }
}

class ReadingTooSlow extends Error {}

/** The clock goes on only while others have their turn; a reading that is still going on then is one of a slow store. */
function restUntil(deadline: number): () => Promise<void> {
  return async () => {
    await restAWhile();
    if (Date.now() > deadline) throw new ReadingTooSlow("the mail was not read in time");
  };
}

/** The same mail has the same keys, so that reading it again makes no second copy. */
const fileKey = (row: LedgerRow, index: number): string => `${MAIL_FILE_PREFIX}${row.id}/${index}`;

/** Bytes that the store is asked for at once: it may hand over all that it is asked for in one go, and nobody else has a turn. */
const SLICE_BYTES = 2 * 1024 * 1024;

async function* readInSlices(bucket: R2Bucket, { rawKey, size }: LedgerRow): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < size; offset += SLICE_BYTES) {
    const object = await bucket.get(rawKey, { range: { offset, length: Math.min(SLICE_BYTES, size - offset) } });
    if (object === null) throw new Error("the raw mail is not in the store");
    yield* object.body;
  }
}

/** The bytes as they come, hashed on their way. */
class HashedSource {
  /** Whether all of them have come. */
  isRead = false;
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #hasher = new ContentHasher();

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#body) {
      await this.#hasher.write(chunk);
      yield chunk;
    }
    this.isRead = true;
  }

  digest(): Promise<string> {
    return this.#hasher.digest();
  }
}
