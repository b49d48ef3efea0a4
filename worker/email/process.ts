/**
 * From *received* to *applied*: parse, decide, carry out, note it in the ledger. Every step can run again: messages are
 * appended by Message-ID, files and rows have ids that come from the mail.
 */
import { openDatabase, type Database } from "../db/database.ts";
import { findLedgerRow, listDueLedgerRows, updateLedger, type LedgerRow } from "../db/ledger.ts";
import { loadCachedSettings } from "../db/settings.ts";
import { backOffMs } from "../../durable-objects/conversation/outbox.ts";
import { describeError } from "../domain/error-text.ts";
import type { Env } from "../env.ts";
import { applyVerdict, type Applied } from "./apply.ts";
import { hashContent } from "./content-hash.ts";
import { gatherFacts } from "./facts.ts";
import type { ParsedMail } from "./mail.ts";
import { matchConversation } from "./match-conversation.ts";
import { parseMail } from "./parse.ts";
import { placeholderMail } from "./placeholder.ts";

/** Tries before a mail counts as failed; it stays in the ledger with its raw bytes. */
const TRIES_MAX = 5;
const RETRY = { baseMs: 15_000, maxMs: 60 * 60_000 };
/** Mails taken up in one run of cron. */
const DUE_MAX = 25;
/** Bytes that are parsed whole; a larger mail is shown by a placeholder with its raw bytes to download. */
const PARSED_BYTES_MAX = 12 * 1024 * 1024;

/** Never throws: what fails is tried again by cron, and says so in the ledger. */
export async function processMail(env: Env, id: string): Promise<void> {
  const db = openDatabase(env.DB);
  let row: LedgerRow | null = null;
  try {
    row = await findLedgerRow(db, id);
    if (row === null || row.retryAt === null) return;
    const { applied, mail, contentHash } = await understand(env, db, row);
    await updateLedger(db, id, {
      ...applied,
      contentHash,
      subject: mail.subject,
      fromAddress: mail.from?.address ?? null,
      messageId: mail.messageId,
      retryAt: null,
      updatedAt: Date.now(),
    });
  } catch (error) {
    console.error(
      JSON.stringify({
        level: "error",
        event: "mail_failed",
        ledgerId: id,
        ...describeError(error),
      }),
    );
    if (row !== null) await noteFailure(db, row).catch(() => undefined);
  }
}

/** What a crash or a failure has left unfinished. */
export async function processDueMails(env: Env): Promise<void> {
  const rows = await listDueLedgerRows(openDatabase(env.DB), Date.now(), DUE_MAX);
  for (const row of rows) await processMail(env, row.id);
}

async function understand(
  env: Env,
  db: Database,
  row: LedgerRow,
): Promise<{ applied: Applied; mail: ParsedMail; contentHash: string }> {
  const object = await env.MAIL.get(row.rawKey);
  if (object === null) throw new Error("the raw mail is not in the store");
  const raw = new Uint8Array(await object.arrayBuffer());
  const contentHash = await hashContent(raw);
  const { mail, isReadable } = await readMail(db, row, raw);
  await updateLedger(db, row.id, {
    state: "parsed",
    fromAddress: mail.from?.address ?? null,
    subject: mail.subject,
    messageId: mail.messageId,
  });
  const verdict = matchConversation(await gatherFacts({ env, db, row, mail, contentHash }));
  const applied = await applyVerdict({ env, db, row, mail, verdict, contentHash });
  if (isReadable) return { applied, mail, contentHash };
  return {
    applied: { ...applied, state: "failed", reason: "This email could not be displayed; its raw bytes can be downloaded." },
    mail,
    contentHash,
  };
}

async function readMail(db: Database, row: LedgerRow, raw: Uint8Array): Promise<{ mail: ParsedMail; isReadable: boolean }> {
  const settings = await loadCachedSettings(db, Date.now());
  if (raw.byteLength <= PARSED_BYTES_MAX) {
    try {
      return {
        mail: await parseMail(raw, { envelopeFrom: row.envelopeFrom === "" ? null : row.envelopeFrom }),
        isReadable: true,
      };
    } catch (error) {
      console.error(JSON.stringify({ level: "error", event: "mail_unreadable", ledgerId: row.id, ...describeError(error) }));
    }
  }
  return { mail: placeholderMail(row, settings.mail.locale), isReadable: false };
}

async function noteFailure(db: Database, row: LedgerRow): Promise<void> {
  const attempts = row.attempts + 1;
  const now = Date.now();
  const isOver = attempts >= TRIES_MAX;
  await updateLedger(db, row.id, {
    attempts,
    updatedAt: now,
    retryAt: isOver ? null : now + backOffMs(attempts, RETRY, Math.random()),
    ...(isOver ? { state: "failed", reason: `It could not be taken up after ${attempts} tries.` } : {}),
  });
}
