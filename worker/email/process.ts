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
import { answerAutomatically } from "./answer-automatically.ts";
import { applyVerdict, type Applied } from "./apply.ts";
import { gatherFacts } from "./facts.ts";
import type { ParsedMail } from "./mail.ts";
import { matchConversation } from "./match-conversation.ts";
import type { Verdict } from "./match-facts.ts";
import { readMail } from "./read-mail.ts";

/** Tries before a mail counts as failed; it stays in the ledger with its raw bytes. */
const TRIES_MAX = 5;
const RETRY = { baseMs: 15_000, maxMs: 60 * 60_000 };
/** Mails taken up in one run of cron. */
const DUE_MAX = 25;
/** Never throws: what fails is tried again by cron, and says so in the ledger. */
export async function processMail(env: Env, id: string): Promise<void> {
  const db = openDatabase(env.DB);
  let row: LedgerRow | null = null;
  try {
    row = await findLedgerRow(db, id);
    if (row === null || row.retryAt === null) return;
    const { applied, mail, contentHash, verdict } = await understand(env, db, row);
    await updateLedger(db, id, {
      ...applied,
      contentHash,
      subject: mail.subject,
      fromAddress: mail.from?.address ?? null,
      messageId: mail.messageId,
      retryAt: null,
      updatedAt: Date.now(),
    });
    // The mail is where it belongs: an answer that cannot be sent changes nothing about it.
    await answerAutomatically({ env, db, row, mail, verdict, applied }).catch((error: unknown) => {
      console.error(JSON.stringify({ level: "error", event: "auto_answer_failed", ledgerId: id, ...describeError(error) }));
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
): Promise<{ applied: Applied; mail: ParsedMail; contentHash: string; verdict: Verdict }> {
  const settings = await loadCachedSettings(db, Date.now());
  const { mail, isReadable, contentHash } = await readMail(env.MAIL, row, settings.mail.locale);
  await updateLedger(db, row.id, {
    state: "parsed",
    fromAddress: mail.from?.address ?? null,
    subject: mail.subject,
    messageId: mail.messageId,
  });
  const verdict = matchConversation(await gatherFacts({ env, db, row, mail, contentHash }));
  const applied = await applyVerdict({ env, db, row, mail, verdict, contentHash });
  if (isReadable) return { applied, mail, contentHash, verdict };
  return {
    applied: { ...applied, state: "failed", reason: "This email could not be displayed; its raw bytes can be downloaded." },
    mail,
    contentHash,
    verdict,
  };
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
