/** Mails as other servers hand them over, and what the ledger says became of them. */
import "./bindings.ts";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { expect, vi } from "vitest";
import { ledgerEntrySchema, pageOf, type LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { findLedgerRow, type LedgerRow } from "../../../worker/db/ledger.ts";
import { receiveMail } from "../../../worker/email/receive.ts";
import type { Env } from "../../../worker/env.ts";
import worker from "../../../worker/index.ts";
import { MAILBOX } from "./deployment.ts";
import { call, read, type Answer } from "./http.ts";
import { WAIT } from "./socket.ts";

export const MAIL_SECRET = "test-inbound-mail-secret-0123456789";

export interface MailParts {
  from?: string;
  to?: string;
  cc?: string;
  subject?: string;
  text?: string;
  /** Null for a mail without one. */
  messageId?: string | null;
  /** Header lines as they are, such as `Auto-Submitted: auto-replied`. */
  headers?: string[];
}

let mails = 0;

/** A plain mail, with line ends as on the wire. */
export function rawMail(parts: MailParts = {}): string {
  mails += 1;
  const { from = "Vera <vera@example.test>", to = MAILBOX, subject = "A question", text = "Hello, I have a question." } = parts;
  const messageId = parts.messageId === undefined ? `mail-${mails}@example.test` : parts.messageId;
  return [
    ...(parts.headers ?? []),
    `From: ${from}`,
    `To: ${to}`,
    ...(parts.cc === undefined ? [] : [`Cc: ${parts.cc}`]),
    `Subject: ${subject}`,
    ...(messageId === null ? [] : [`Message-ID: <${messageId}>`]),
    "Date: Mon, 02 Nov 2026 10:00:00 +0000",
    ...(parts.headers?.some((line) => line.toLowerCase().startsWith("content-type:")) === true
      ? []
      : ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]),
    "",
    text,
    "",
  ].join("\r\n");
}

/** The parts of a mail with a text and a file. */
export const FILE_MAIL = {
  headers: ['Content-Type: multipart/mixed; boundary="b"', "MIME-Version: 1.0"],
  text: [
    "--b",
    "Content-Type: text/plain",
    "",
    "See the file",
    "--b",
    'Content-Type: text/plain; name="a.txt"',
    'Content-Disposition: attachment; filename="a.txt"',
    "",
    "file",
    "--b--",
  ].join("\r\n"),
} satisfies MailParts;

export interface Envelope {
  from?: string;
  to?: string;
}

const never = async (): Promise<EmailSendResult> => {
  throw new Error("Hilo neither forwards nor replies");
};

/** Through the platform's `email()`, with all it sets off awaited. @returns what the sending server was told, null: taken */
export async function receive(
  raw: string | Uint8Array,
  envelope: Envelope = {},
  bindings: Partial<Env> = {},
): Promise<string | null> {
  const bytes = typeof raw === "string" ? new TextEncoder().encode(raw) : raw;
  let rejection: string | null = null;
  const message: ForwardableEmailMessage = {
    from: envelope.from ?? "vera@example.test",
    to: envelope.to ?? MAILBOX,
    raw: new Blob([bytes]).stream(),
    rawSize: bytes.byteLength,
    headers: new Headers(),
    setReject: (reason) => {
      rejection = reason;
    },
    forward: never,
    reply: never,
  };
  await worker.email(message, { ...env, ...bindings });
  return rejection;
}

/** Through the endpoint for gateways. */
export async function post(
  raw: string | Uint8Array,
  envelope: Envelope = {},
  options: { secret?: string; bindings?: Partial<Env> } = {},
): Promise<Answer> {
  const query = new URLSearchParams({ from: envelope.from ?? "vera@example.test", to: envelope.to ?? MAILBOX });
  return call(null, `POST /email/inbound?${query.toString()}`, {
    body: raw,
    headers: { authorization: `Bearer ${options.secret ?? MAIL_SECRET}`, "content-type": "message/rfc822" },
    ...(options.bindings === undefined ? {} : { bindings: options.bindings }),
  });
}

export async function ledger(key: string): Promise<LedgerEntry[]> {
  return (await read(pageOf(v.strictObject(ledgerEntrySchema.entries)), { key }, "GET /api/ledger?limit=100")).items;
}

/** The ledger, newest first, once it has this many rows and none is still being worked on. */
export async function settled(key: string, count: number): Promise<LedgerEntry[]> {
  return vi.waitFor(async () => {
    const rows = await ledger(key);
    expect(rows.map(({ state }) => state)).toHaveLength(count);
    for (const { state } of rows) expect(["received", "parsed", "decided"]).not.toContain(state);
    return rows;
  }, WAIT);
}

/** Received, its first try begun, and nothing more: as if the process had ended. @returns the ledger's id */
export async function receiveOnly(raw: string, { from = "vera@example.test", to = MAILBOX } = {}): Promise<string> {
  const received = await receiveMail(env, { from, to }, new TextEncoder().encode(raw));
  if (received.kind !== "accepted") throw new Error("not accepted");
  return received.row.id;
}

/** @throws where there is no such mail */
export async function rowOf(id: string): Promise<LedgerRow> {
  const row = await findLedgerRow(openDatabase(env.DB), id);
  if (row === null) throw new Error("no such row");
  return row;
}
