/**
 * Accepting a mail: raw bytes to R2 and a row in the ledger before anyone is told that it arrived (A8). What it means is
 * found out afterwards, and can be found out again.
 */
import { openDatabase } from "../db/database.ts";
import { receiveLedgerRow, type LedgerRow } from "../db/ledger.ts";
import { findMailbox } from "../db/settings.ts";
import type { Mailbox } from "../domain/api-shapes.ts";
import type { Env } from "../env.ts";
import { newId } from "../api/new-id.ts";
import { toHex } from "../auth/hmac.ts";
import { splitSubaddress } from "./subaddress.ts";

/** Bytes of one mail: what the platform takes. */
export const MAIL_BYTES_MAX = 25 * 1024 * 1024;
/** Ms after which cron takes a mail up that nobody has finished. */
const FIRST_RETRY_MS = 60_000;
/** UTF-16 code units of an envelope address that are kept. */
const ENVELOPE_LENGTH_MAX = 320;

export type Received = { kind: "accepted"; row: LedgerRow; isNew: boolean } | { kind: "unknown-mailbox" };

export interface Envelope {
  /** Empty for bounces. */
  from: string;
  to: string;
}

/** The mailbox of an envelope recipient, with or without a `+detail`. */
export async function findRecipient(env: Env, to: string): Promise<Mailbox | null> {
  const db = openDatabase(env.DB);
  const address = to.trim().toLowerCase();
  return (await findMailbox(db, address)) ?? (await findMailbox(db, splitSubaddress(address).base));
}

/** Throws where the mail could not be stored: the sending server must try again. The same mail again changes nothing (A9). */
export async function receiveMail(env: Env, envelope: Envelope, raw: Uint8Array): Promise<Received> {
  const mailbox = await findRecipient(env, envelope.to);
  if (mailbox === null) return { kind: "unknown-mailbox" };
  const rawHash = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)));
  const rawKey = `raw/${rawHash}`;
  await env.MAIL.put(rawKey, raw);
  const now = Date.now();
  const stored = await receiveLedgerRow(openDatabase(env.DB), {
    id: newId(),
    receivedAt: now,
    envelopeFrom: envelope.from.trim().slice(0, ENVELOPE_LENGTH_MAX),
    envelopeTo: envelope.to.trim().toLowerCase().slice(0, ENVELOPE_LENGTH_MAX),
    mailboxId: mailbox.id,
    size: raw.byteLength,
    rawKey,
    rawHash,
    contentHash: null,
    state: "received",
    verdict: null,
    reason: null,
    subject: null,
    fromAddress: null,
    messageId: null,
    conversationId: null,
    seq: null,
    attempts: 0,
    acceptedBy: null,
    retryAt: now + FIRST_RETRY_MS,
    updatedAt: now,
  });
  return { kind: "accepted", ...stored };
}
