/**
 * How much of a mail is read. Past a limit the rest is left out before a parser sees it, the thread says so, and the raw
 * mail is there to download. Every limit in bytes has a sibling in what the work costs: a mail of 24 MB may be 24 million
 * lines.
 */

/** Steps (see `pace.ts`) after which the reader rests. A slice is under 20 ms on a machine with two slow cores. */
export const STEPS_PER_SLICE = 2_000;
/** Bytes that are looked at for one step. */
export const BYTES_PER_STEP = 256;
/** Ms after which a reading is given up, and tried again: it waits for a store. */
export const READING_MAX_MS = 40_000;
/** Raised when the reader can do what it could not: mails that it had to give up are then read once more. */
export const READER_VERSION = 1;

export interface ReadingBudget {
  /** Bytes of the headers of the mail and all its parts. */
  headerBytes: number;
  /** Lines of them. */
  headerLines: number;
  parts: number;
  /** Multiparts inside each other. */
  nesting: number;
  /** Bytes of all plain texts, decoded. */
  textBytes: number;
  /** Bytes of all HTML, decoded. */
  htmlBytes: number;
  /** Lines of a body. */
  lines: number;
  /** Tags of the HTML that become text. */
  tags: number;
  files: number;
  /** Bytes of a file, decoded, that is kept in memory; a larger one goes straight to the store. */
  fileKeptBytes: number;
  /** Bytes of a box of files in one file, which is opened in memory. */
  boxBytes: number;
  /** Bytes of all files that are kept in memory. */
  filesKeptBytes: number;
}

const KIB = 1024;

export const WHOLE_BUDGET: ReadingBudget = {
  headerBytes: 256 * KIB,
  headerLines: 2_000,
  parts: 250,
  nesting: 20,
  textBytes: 1024 * KIB,
  // More is not shown as HTML anyway.
  htmlBytes: 1_000_000,
  lines: 20_000,
  tags: 50_000,
  files: 50,
  fileKeptBytes: 64 * KIB,
  boxBytes: 3 * 1024 * KIB,
  filesKeptBytes: 5 * 1024 * KIB,
};

/** Of a mail that did not come to its end the last time, and of a mail inside a mail: headers and some text, no files. */
export const SMALL_BUDGET: ReadingBudget = {
  headerBytes: 64 * KIB,
  headerLines: 500,
  parts: 50,
  nesting: 10,
  textBytes: 64 * KIB,
  htmlBytes: 64 * KIB,
  lines: 2_000,
  tags: 2_000,
  files: 0,
  fileKeptBytes: 0,
  boxBytes: 0,
  filesKeptBytes: 0,
};

/** Addresses of one kind of header (To, Cc …) that are read. */
export const ADDRESSES_MAX = 500;
/** Ids of one kind of header (References, In-Reply-To), the newest. */
export const MESSAGE_IDS_MAX = 200;
/** Encoded words of one value; what follows stays as it is written. */
export const ENCODED_WORDS_MAX = 300;
/** Empty lines in a row of which more mean nothing. */
export const EMPTY_LINES_MAX = 2_000;
/** Times that `@` is looked at for an address in a text. */
export const AT_SIGNS_MAX = 2_000;

/**
 * HTML that is cleaned while a mail is taken up, in one go of some milliseconds. What is beyond is cleaned for whoever asks
 * to see it.
 */
export const SHOWN_HTML = { length: 100_000, marks: 5_000 } as const;
