/**
 * From *received* to *applied*: parse, decide, carry out, note it in the ledger. Every step can run again: a verdict is
 * stored before it is carried out, messages are appended by Message-ID, files and rows have ids that come from the mail.
 */
import { openDatabase, type Database } from "../db/database.ts";
import { beginTry, endTry, findLedgerRow, listDueLedgerRows, updateLedger, type LedgerRow } from "../db/ledger.ts";
import { listMailboxes, loadCachedSettings } from "../db/settings.ts";
import { backOffMs } from "../../durable-objects/conversation/outbox.ts";
import { withTimeout } from "../../durable-objects/conversation/with-timeout.ts";
import { describeError } from "../domain/error-text.ts";
import type { Env } from "../env.ts";
import { answerAutomatically } from "./answer-automatically.ts";
import { applyVerdict, type Applied } from "./apply.ts";
import { findOnlyReplyTo } from "./contact-form.ts";
import { decideMail } from "./decide.ts";
import { gatherFacts } from "./facts.ts";
import { matchConversation } from "./match-conversation.ts";
import { noticeForm } from "./notice-form.ts";
import { placeholderMail } from "./placeholder.ts";
import { readMail } from "./read-mail.ts";
import type { TakenUp } from "./taken-up.ts";
import { isWaiting, tellAttention } from "./tell-attention.ts";

/** Tries before a mail counts as failed; it stays in the ledger with its raw bytes. */
const TRIES_MAX = 5;
const RETRY = { baseMs: 15_000, maxMs: 60 * 60_000 };
/** Mails taken up in one run of cron. */
const DUE_MAX = 25;

/** Never throws: what fails is tried again by cron, and says so in the ledger. */
export async function processMail(env: Env, id: string): Promise<void> {
  const db = openDatabase(env.DB);
  await noted("mail_failed", id, async () => {
    const row = await findLedgerRow(db, id);
    if (row !== null && row.retryAt !== null) await takeUp(env, db, row);
  });
}

/** What a crash or a failure has left unfinished. One that fails, or never ends, does not keep the next one waiting. */
export async function processDueMails(env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  for (const due of await listDueLedgerRows(db, Date.now(), DUE_MAX)) {
    await noted("mail_failed", due.id, async () => {
      const row = await beginTry(db, due, nextTryAt(due.attempts + 1));
      if (row !== null) await withTimeout(takeUp(env, db, row));
    });
  }
}

async function noted(event: string, ledgerId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event, ledgerId, ...describeError(error) }));
  }
}

/** @throws Error where it failed; the row says when it is tried again */
async function takeUp(env: Env, db: Database, row: LedgerRow): Promise<void> {
  try {
    // One that was begun more often than that has ended the process each time.
    if (row.attempts > TRIES_MAX && row.state !== "failed") throw new Error("the mail was begun too often");
    await settle(env, db, row);
  } catch (error) {
    await noted("mail_not_put_off", row.id, () => putOff(env, db, row));
    throw error;
  }
}

async function putOff(env: Env, db: Database, row: LedgerRow): Promise<void> {
  if (row.attempts >= TRIES_MAX) return giveUp(env, db, row);
  await endTry(db, row.id, { retryAt: nextTryAt(row.attempts), updatedAt: Date.now() });
}

async function settle(env: Env, db: Database, row: LedgerRow): Promise<void> {
  const known = await loadKnown(db);
  const { mail, isReadable, contentHash } = await readMail(env.MAIL, row, known.settings.mail);
  const replyTo = findOnlyReplyTo(
    mail,
    known.mailboxes.map(({ address }) => address),
  );
  const facts = {
    fromAddress: mail.from?.address ?? null,
    replyTo: replyTo?.address ?? null,
    subject: mail.subject,
    messageId: mail.messageId,
    contentHash,
  };
  await updateLedger(db, row.id, { ...facts, ...(row.state === "received" ? { state: "parsed" } : {}) });
  const taken = { ...known, env, db, row, mail, contentHash };
  const verdict = await decideMail(taken);
  const applied = await applyVerdict({ ...taken, verdict });
  await finish(env, db, row, isReadable ? applied : failed(applied, UNREADABLE));
  if (replyTo !== null) await noted("form_not_offered", row.id, () => noticeForm({ ...taken, verdict, applied }));
  // The mail is where it belongs: an answer that cannot be sent changes nothing about it.
  await noted("auto_answer_failed", row.id, () => answerAutomatically({ ...taken, verdict, applied }));
}

async function loadKnown(db: Database): Promise<Pick<TakenUp, "settings" | "mailboxes">> {
  return { settings: await loadCachedSettings(db, Date.now()), mailboxes: await listMailboxes(db) };
}

const UNREADABLE = "This email could not be displayed; its raw bytes can be downloaded.";
const NOT_TAKEN_UP = `It could not be taken up after ${TRIES_MAX} tries.`;

/**
 * Instead of the mail stands a placeholder, in the conversation that its envelope names, else in a new one. While not even
 * that can be had (the object is away), both are tried again without end, and the ledger shows it.
 */
async function giveUp(env: Env, db: Database, row: LedgerRow): Promise<void> {
  try {
    const known = await loadKnown(db);
    const mail = placeholderMail(row, known.settings.mail.locale);
    const taken = { ...known, env, db, row, mail, contentHash: row.rawHash };
    // Not stored: when the mail itself can be taken up after all, its own verdict holds.
    const verdict = matchConversation(await gatherFacts(taken));
    await finish(env, db, row, failed(await applyVerdict({ ...taken, verdict }), NOT_TAKEN_UP));
  } catch (error) {
    const later = { retryAt: nextTryAt(row.attempts), updatedAt: Date.now() };
    await endTry(db, row.id, { state: "failed", reason: NOT_TAKEN_UP, ...later });
    await tellAttention(env);
    throw error;
  }
}

/** A placeholder for a mail that was not to be shown anyway is not shown either. */
function failed(applied: Applied, reason: string): Applied {
  return applied.state === "applied" ? { ...applied, state: "failed", reason } : applied;
}

async function finish(env: Env, db: Database, row: LedgerRow, applied: Applied): Promise<void> {
  await endTry(db, row.id, { ...applied, retryAt: null, updatedAt: Date.now() });
  if (isWaiting(row.state) || isWaiting(applied.state)) await tellAttention(env);
}

function nextTryAt(attempts: number): number {
  return Date.now() + backOffMs(attempts, RETRY, Math.random());
}
