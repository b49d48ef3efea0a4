import { findAddresses } from "./addresses.ts";
import { readAuthentication, readSpamMark } from "./authentication.ts";
import { parseUnwantedAnswers } from "./auto-answer.ts";
import { readBounce, readReport } from "./bounces.ts";
import { classifyMail, readAutoSubmitted } from "./classify.ts";
import { decodeHeaderText } from "./encoded-words.ts";
import { readHeaderFields, readHeaderText } from "./header-text.ts";
import type { Invitation } from "../../durable-objects/conversation/protocol.ts";
import { parseInvitation } from "./invitation.ts";
import { attachmentSize, type ForwardedFrom, type MailAttachment, type ParsedMail } from "./mail.ts";
import { type Body, fillBody, readBody } from "./mail-body.ts";
import { parseMailDate } from "./mail-dates.ts";
import { openBoxes } from "./mail-boxes.ts";
import { firstHeader, type MailHeaders } from "./mail-headers.ts";
import { type People, readPeople, readThreading } from "./mail-people.ts";
import { parseSkeleton } from "./mail-skeleton.ts";
import { GENERATED_ID_PREFIX, parseMessageId } from "./message-ids.ts";
import { type Pace, tirelessPace } from "./pace.ts";
import type { FileSink, SplitPart } from "./part-body.ts";
import { readProtection } from "./protection.ts";
import { type ReadingBudget, SMALL_BUDGET, WHOLE_BUDGET } from "./reading-budget.ts";
import { LOOP_HEADER } from "./reply-marker.ts";
import { MailSplitter, type SplitMail } from "./split-mail.ts";
import type { StrippedMail } from "./strip-quotes.ts";

const SUBJECT_LENGTH_MAX = 998; // characters
const MENTIONED_MAX = 20; // addresses
/** Attached mails that are opened to see who wrote the forwarded one. */
const NESTING_MAX = 1;
/** Steps of what is asked about the whole mail once it is read. */
const FACTS_STEPS = 500;

export interface ReadingOptions {
  /** Name of the server whose `Authentication-Results` are trusted; null where none is. */
  authservId?: string | null;
  /** Envelope sender, the author of last resort. */
  envelopeFrom?: string | null;
  pace?: Pace;
  budget?: ReadingBudget;
  /** Where files go that are too large for memory. */
  openFile?: (index: number) => FileSink;
  /** What such a file is found by later; null where it is kept nowhere. */
  fileKey?: (index: number) => string | null;
  /** How deep inside another mail this one is. */
  depth?: number;
}

/** In tools and tests there is memory enough for every file. */
const IN_MEMORY: ReadingBudget = {
  ...WHOLE_BUDGET,
  fileKeptBytes: Number.POSITIVE_INFINITY,
  filesKeptBytes: Number.POSITIVE_INFINITY,
};
const NOWHERE: FileSink = { write: () => Promise.resolve(), close: () => Promise.resolve() };

/** Reads a mail that is all in memory. */
export async function parseMail(raw: Uint8Array, options: ReadingOptions = {}): Promise<ParsedMail> {
  return readMailChunks([raw], { budget: IN_MEMORY, ...options });
}

/** Reads a mail of any size, in the pieces in which it comes. The one reader: everything else calls it. */
export async function readMailChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadingOptions,
): Promise<ParsedMail> {
  const { pace = tirelessPace(), budget = WHOLE_BUDGET, openFile = () => NOWHERE } = options;
  const nonce = crypto.randomUUID();
  const splitter = new MailSplitter({ budget, openFile, nonce });
  for await (const chunk of chunks) await pace.do(splitter.write(chunk));
  const split = await pace.do(splitter.end());
  return readSplit(split, { ...options, nonce, pace, budget });
}

type SplitReading = ReadingOptions & { nonce: string; pace: Pace; budget: ReadingBudget };

/** From what the splitter left of a mail to what it means. */
async function readSplit(split: SplitMail, reading: SplitReading): Promise<ParsedMail> {
  const { pace, budget, nonce, fileKey = () => null } = reading;
  const { leftOut, parts } = split;
  const headers = await pace.do(readHeaderFields(await pace.do(readHeaderText(split.header))));
  const subject = readSubject(headers);
  const { marked, files } = await parseSkeleton(split, { nonce, pace, fileKey });
  const opened = await pace.do(openBoxes(files));
  const kept = opened.attachments.filter(({ stored }) => stored?.key !== null);
  leftOut.add("files", kept.length - budget.files);
  const bodyOptions = { budget, leftOut, nonce, parts };
  const filled = await pace.do(fillBody(marked, bodyOptions));
  const isEmpty = filled.text.trim() === "" && filled.html.trim() === "";
  const body = await pace.do(readBody(isEmpty ? opened : filled, headers.has("subject") ? subject : "", bodyOptions));
  const people = await pace.do(readPeople(headers, { envelopeFrom: reading.envelopeFrom ?? null, leftOut }));
  const threading = await pace.do(readThreading(headers));
  await pace.spend(FACTS_STEPS);
  const read = { headers, subject, people, body, attachments: opened.attachments };
  return {
    ...people,
    ...threading,
    ...(await tell(read, reading)),
    invitation: readInvitation(opened.attachments, parts),
    leftOut: leftOut.list(),
  };
}

interface Read {
  headers: MailHeaders;
  subject: string;
  people: People;
  body: Body;
  attachments: MailAttachment[];
}

/** Everything that headers, body and files say together. */
async function tell(
  read: Read,
  reading: SplitReading,
): Promise<Omit<ParsedMail, keyof People | "inReplyTo" | "references" | "listId" | "invitation" | "leftOut">> {
  const { headers, subject, people, body, attachments } = read;
  const partTypes = attachments.map(({ type }) => type);
  const mailClass = classifyMail({ headers, partTypes, from: people.from?.address ?? null, subject, text: body.text });
  const forwarded = mailClass === "person" ? await readForward(body.stripped, attachments, reading) : null;
  return {
    subject,
    messageId: parseMessageId(firstHeader(headers, "message-id")) ?? (await generateId(read)),
    date: parseMailDate(firstHeader(headers, "date")),
    class: mailClass,
    text: body.stripped.text,
    quoted: body.stripped.quoted,
    html: body.html === null ? null : body.html.slice(0, body.stripped.htmlEnd ?? body.html.length),
    fullHtml: body.fullHtml,
    forwardedFrom: forwarded?.from ?? null,
    forwardNote: forwarded?.note ?? "",
    forwardedText: forwarded?.text ?? "",
    attachments,
    bounce: mailClass === "bounce" ? readBounce({ headers, subject, body: body.text, attachments }) : null,
    report: mailClass === "complaint" || mailClass === "receipt" ? readReport({ body: body.text, attachments }) : null,
    autoSubmitted: readAutoSubmitted(headers),
    unwantedAnswers: parseUnwantedAnswers(firstHeader(headers, "x-auto-response-suppress")),
    loopMarker: firstHeader(headers, LOOP_HEADER.toLowerCase()).trim() || null,
    mentionedAddresses: readMentioned(people, body),
    authentication: readAuthentication(headers, reading.authservId ?? null),
    isMarkedSpam: readSpamMark(headers, reading.authservId ?? null),
    protection: readProtection(headers, { text: body.text, attachments }),
  };
}

function readInvitation(attachments: readonly MailAttachment[], parts: readonly SplitPart[]): Invitation | null {
  const calendar = attachments.find(({ type }) => type === "text/calendar" || type === "application/ics");
  if (calendar === undefined) return null;
  const part = parts.find(({ content }) => content === calendar.content);
  return parseInvitation(calendar.content, part?.header.charset ?? "");
}

function readSubject(headers: MailHeaders): string {
  const text = decodeHeaderText(firstHeader(headers, "subject"));
  // Folding, control and direction characters have no meaning in one line.
  return text
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim()
    .slice(0, SUBJECT_LENGTH_MAX);
}

/** Made of what stays the same when a mail is delivered twice; trace headers do not. */
async function generateId({ headers, body, attachments }: Read): Promise<string> {
  const fields = ["from", "to", "cc", "date", "subject"].map((name) => firstHeader(headers, name));
  const files = attachments.map((file) => `${file.name} ${attachmentSize(file)}`);
  const bytes = new TextEncoder().encode(JSON.stringify([fields, body.text, body.fullHtml, files]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return GENERATED_ID_PREFIX + [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface FoundForward {
  from: ForwardedFrom;
  note: string;
  text: string;
}

/** A forward inside the text, or a mail forwarded as an attachment. */
async function readForward(
  stripped: StrippedMail,
  attachments: readonly MailAttachment[],
  { depth = 0, pace }: SplitReading,
): Promise<FoundForward | null> {
  if (stripped.forward) {
    const note = stripped.quoted === "" ? "" : stripped.text;
    return { from: stripped.forward.from, note, text: stripped.forward.body };
  }
  const attached = attachments.find(({ type }) => type === "message/rfc822");
  if (!attached || depth >= NESTING_MAX) return null;
  try {
    const inner = await readMailChunks([attached.content], { budget: SMALL_BUDGET, depth: depth + 1, pace });
    if (!inner.from) return null;
    return { from: { ...inner.from, subject: inner.subject || null }, note: stripped.text, text: inner.text };
  } catch {
    return null; // An attached mail that cannot be read is still there to download.
  }
}

/** Only an address with a `+` part can carry a token. A relay that writes the envelope anew leaves it in the header. */
function readMentioned({ replyTo, to, cc }: People, body: Body): string[] {
  const found = [...replyTo, ...to, ...cc].map(({ address }) => address);
  found.push(...findAddresses(body.text, MENTIONED_MAX * 5));
  if (body.fullHtml !== null) found.push(...findAddresses(body.fullHtml, MENTIONED_MAX * 5));
  return [...new Set(found)].filter((address) => address.includes("+")).slice(0, MENTIONED_MAX);
}
