/**
 * Accepting a mail: raw bytes to R2 and a row in the ledger before anyone is told that it arrived (A8). What it means is
 * found out afterwards, and can be found out again.
 */
import { openDatabase } from "../db/database.ts";
import { receiveLedgerRow, type LedgerRow } from "../db/ledger.ts";
import { findMailbox, listMailboxes } from "../db/settings.ts";
import { canonicalAddress } from "../domain/address.ts";
import type { Mailbox } from "../domain/api-shapes.ts";
import { findOwnMailbox } from "../domain/own-address.ts";
import type { Env } from "../env.ts";
import { newId } from "../api/new-id.ts";
import { storeRawMail } from "./store-raw-mail.ts";
import { splitSubaddress } from "./subaddress.ts";
import { TRY_MAX_MS } from "./tries.ts";

/** Bytes of one mail: what the platform takes. */
export const MAIL_BYTES_MAX = 25 * 1024 * 1024;
/** UTF-16 code units of an envelope address that are kept. */
const ENVELOPE_LENGTH_MAX = 320;

export type Received =
  | { kind: "accepted"; row: LedgerRow; isNew: boolean }
  | { kind: "unknown-mailbox" }
  | { kind: "empty" }
  | { kind: "too-large" };

export interface Envelope {
  /** Empty for bounces. */
  from: string;
  to: string;
}

/** The mailbox of an envelope recipient, with or without a `+detail`. */
export async function findRecipient(env: Env, to: string): Promise<Mailbox | null> {
  const db = openDatabase(env.DB);
  const address = canonicalAddress(to);
  const { base } = splitSubaddress(address);
  const mailbox = (await findMailbox(db, address)) ?? (await findMailbox(db, base));
  return mailbox ?? findOwnMailbox(await listMailboxes(db), address);
}

/**
 * Throws where the mail could not be stored: the sending server must try again. The same mail again changes nothing (A9).
 *
 * @param source the raw mail; a stream is never held whole, and needs no known length
 */
export async function receiveMail(
  env: Env,
  envelope: Envelope,
  source: Uint8Array | ReadableStream<Uint8Array>,
): Promise<Received> {
  const mailbox = await findRecipient(env, envelope.to);
  if (mailbox === null) return { kind: "unknown-mailbox" };
  const raw = await storeRawMail(env.MAIL, source, MAIL_BYTES_MAX);
  if (raw.kind !== "stored") return raw;
  const now = Date.now();
  const stored = await receiveLedgerRow(openDatabase(env.DB), {
    id: newId(),
    receivedAt: now,
    envelopeFrom: envelope.from.trim().slice(0, ENVELOPE_LENGTH_MAX),
    envelopeTo: canonicalAddress(envelope.to).slice(0, ENVELOPE_LENGTH_MAX),
    mailboxId: mailbox.id,
    size: raw.size,
    rawKey: raw.key,
    rawHash: raw.hash,
    state: "received",
    // Whoever received it tries at once; cron takes it up when nothing is heard of that.
    retryAt: now + TRY_MAX_MS,
    updatedAt: now,
  });
  // Only where the row is known to name another object: after a failure it may name this one.
  if (stored.row.rawKey !== raw.key) await env.MAIL.delete(raw.key).catch(() => undefined);
  return { kind: "accepted", ...stored };
}
