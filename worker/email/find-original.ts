/** The mail of ours that a report is about: by its id, else by a signed address that was made for one of its recipients. */
import type { Database } from "../db/database.ts";
import { findOwnMail, findReplyKey } from "../db/mail-threads.ts";
import { conversationStub } from "../objects.ts";
import { parseReplyAddress, type ReplyKeys } from "./reply-address.ts";
import { judgeReport } from "./report-evidence.ts";
import type { TakenUp } from "./taken-up.ts";
import type { OriginalMessage } from "./verdict.ts";

/** Addresses of one report that are looked at. */
const ADDRESSES_MAX = 5;

type Lookup = Pick<TakenUp, "env" | "db" | "row" | "mail"> & { keys: ReplyKeys };

/** A signed address of a mail to a conversation's person. */
interface Signed {
  conversationId: string;
  isFor: (address: string) => Promise<boolean>;
}

export async function findOriginal(lookup: Lookup): Promise<OriginalMessage | null> {
  const { db, row, mail } = lookup;
  const about = mail.bounce ?? mail.report;
  if (about === null) return null;
  const ids = [about.originalMessageId, ...mail.references, ...mail.inReplyTo].filter((id) => id !== null);
  const known = await findOwnMail(db, row.mailboxId, ids);
  const signed = await readSigned(lookup, [...about.originalReplyTo, row.envelopeTo, ...mail.mentionedAddresses]);
  if (known !== null) {
    const original = await judgeMail(lookup, { ...known, reported: about.recipient, signed });
    if (original !== null) return original;
  }
  for (const conversationId of new Set(signed.map((address) => address.conversationId))) {
    const original = await judgeMail(lookup, {
      conversationId,
      seq: null,
      messageId: null,
      reported: about.recipient,
      signed,
    });
    if (original !== null) return original;
  }
  return null;
}

/** Of agents, and of people outside, no address counts: what was sent to them is no mail of the conversation. */
async function readSigned({ db, keys }: { db: Database; keys: ReplyKeys }, addresses: readonly string[]): Promise<Signed[]> {
  const signed: Signed[] = [];
  for (const address of addresses.slice(0, ADDRESSES_MAX)) {
    const token = await parseReplyAddress({ keys, address });
    if (token.kind !== "token" || (token.tokenKind !== "contact" && token.tokenKind !== "form")) continue;
    const conversationId = await findReplyKey(db, token.conversationKey);
    if (conversationId !== null) signed.push({ conversationId, isFor: token.isFor });
  }
  return signed;
}

interface About {
  conversationId: string;
  /** Null where no id says which mail it is. */
  seq: number | null;
  messageId: string | null;
  reported: string | null;
  signed: readonly Signed[];
}

async function judgeMail({ env }: Lookup, about: About): Promise<OriginalMessage | null> {
  const { conversationId, seq, messageId, reported } = about;
  const signed = about.signed.filter((address) => address.conversationId === conversationId);
  for (const mail of await conversationStub(env, conversationId).mailed(seq)) {
    const signedFor = await findSignedFor(signed, mail.recipients);
    const judged = judgeReport({ mail, reported, messageId, signedFor });
    if (judged !== null) return { conversationId, ...judged };
  }
  return null;
}

async function findSignedFor(signed: readonly Signed[], recipients: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const recipient of recipients) for (const { isFor } of signed) if (await isFor(recipient)) found.push(recipient);
  return found;
}
