/** Who wrote a mail, to whom, and in answer to what: the headers that hold addresses and ids. Pure, bounded. */
import { HEADER_LENGTH_MAX, parseAddress, parseAddressList } from "./addresses.ts";
import { decodeHeaderText } from "./encoded-words.ts";
import type { LeftOutCount } from "./left-out.ts";
import type { MailAddress, ParsedMail } from "./mail.ts";
import { firstHeader, type MailHeaders } from "./mail-headers.ts";
import { keepTelling, parseMessageIds } from "./message-ids.ts";
import type { Steps } from "./pace.ts";
import { ADDRESSES_MAX } from "./reading-budget.ts";

/** Headers of one name with ids that are looked at. */
const ID_HEADERS_MAX = 20;
const LIST_ID_LENGTH_MAX = 1_000; // characters
/** Characters of a header with addresses, or with ids, for one step. */
const ADDRESS_LENGTH_PER_STEP = 10;
const ID_LENGTH_PER_STEP = 100;

export type People = Pick<ParsedMail, "from" | "sender" | "to" | "cc" | "replyTo">;

function* readAddresses(headers: MailHeaders, name: string, leftOut: LeftOutCount): Steps<MailAddress[]> {
  const values = headers.get(name) ?? [];
  const found: MailAddress[] = [];
  for (const value of values) {
    if (found.length >= ADDRESSES_MAX) break;
    for (const address of parseAddressList(value, ADDRESSES_MAX - found.length)) found.push(address);
    yield Math.ceil(Math.min(value.length, HEADER_LENGTH_MAX) / ADDRESS_LENGTH_PER_STEP);
  }
  if (found.length >= ADDRESSES_MAX) leftOut.add("addresses", Math.max(0, countAtSigns(values) - found.length));
  return found;
}

function countAtSigns(values: readonly string[]): number {
  return values.reduce((sum, value) => sum + value.split("@").length - 1, 0);
}

/** The author is `From`; the others only stand in where it holds no valid address at all. */
export function* readPeople(
  headers: MailHeaders,
  { envelopeFrom, leftOut }: { envelopeFrom: string | null; leftOut: LeftOutCount },
): Steps<People> {
  const sender = (yield* readAddresses(headers, "sender", leftOut))[0] ?? null;
  const replyTo = yield* readAddresses(headers, "reply-to", leftOut);
  const envelope = envelopeFrom === null ? null : parseAddress(envelopeFrom);
  const author = (yield* readAddresses(headers, "from", leftOut))[0];
  const from = author ?? sender ?? replyTo[0] ?? (envelope ? { address: envelope, name: null } : null);
  const to = yield* readAddresses(headers, "to", leftOut);
  return { from, sender, to, cc: yield* readAddresses(headers, "cc", leftOut), replyTo };
}

function* readIds(headers: MailHeaders, name: string): Steps<string[]> {
  const ids = new Set<string>();
  for (const value of (headers.get(name) ?? []).slice(0, ID_HEADERS_MAX)) {
    for (const id of parseMessageIds(decodeHeaderText(value))) ids.add(id);
    yield Math.ceil(value.length / ID_LENGTH_PER_STEP);
  }
  return keepTelling([...ids]);
}

export function* readThreading(headers: MailHeaders): Steps<Pick<ParsedMail, "inReplyTo" | "references" | "listId">> {
  const listId = firstHeader(headers, "list-id").slice(0, LIST_ID_LENGTH_MAX);
  return {
    inReplyTo: yield* readIds(headers, "in-reply-to"),
    references: yield* readIds(headers, "references"),
    listId: /<([^<>]{1,255})>/.exec(listId)?.[1] ?? (listId.trim() || null),
  };
}
