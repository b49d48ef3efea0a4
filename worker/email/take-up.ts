/** One try at a mail: read it as its plan says, decide, carry out, and write down that the try has ended. */
import type { Database } from "../db/database.ts";
import { updateLedger, type LedgerRow } from "../db/ledger.ts";
import { endTry } from "../db/ledger-tries.ts";
import { listMailboxes, loadCachedSettings } from "../db/settings.ts";
import { backOffMs } from "../../durable-objects/conversation/outbox.ts";
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
import { readMail, type ReadMail } from "./read-mail.ts";
import { SMALL_BUDGET } from "./reading-budget.ts";
import type { TakenUp } from "./taken-up.ts";
import { isWaiting, tellAttention } from "./tell-attention.ts";
import type { TryPlan } from "./tries.ts";

/** Failed tries before a mail counts as failed; it stays in the ledger with its raw bytes. */
const TRIES_MAX = 5;
const RETRY = { baseMs: 15_000, maxMs: 60 * 60_000 };

export interface Try {
  env: Env;
  db: Database;
  row: LedgerRow;
  plan: TryPlan;
  /** Who had asked for it, if anybody: asked again where a store keeps it from being read. */
  asked: LedgerRow["asked"];
  readerVersion: number;
}

/** @throws Error where it failed; the row says when it is tried again */
export async function takeUp(attempt: Try): Promise<void> {
  const { row, plan } = attempt;
  try {
    await (plan === "none" ? giveUp(attempt, ENDED_THE_PROCESS) : settle(attempt));
  } catch (error) {
    await noted("mail_not_put_off", row.id, () => putOff(attempt));
    throw error;
  }
}

export async function noted(event: string, ledgerId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event, ledgerId, ...describeError(error) }));
  }
}

/** Tries that ended here, and whose end no store would take: they are no sign of what is in the mail. */
const untold = new Map<string, number>();
const UNTOLD_MAX = 1_000;

/** Whether the try that the row says is going on has ended in this process. */
export function hasEndedHere({ id, tryAt }: LedgerRow): boolean {
  return tryAt !== null && untold.get(id) === tryAt;
}

async function end(attempt: Try, change: Partial<LedgerRow>): Promise<void> {
  const { db, row } = attempt;
  if (untold.size > UNTOLD_MAX) untold.clear();
  if (row.tryAt !== null) untold.set(row.id, row.tryAt);
  await endTry(db, row.id, { ...change, updatedAt: Date.now() });
  untold.delete(row.id);
}

async function putOff(attempt: Try): Promise<void> {
  const { db, row, plan, asked } = attempt;
  if (row.attempts >= TRIES_MAX) {
    // A store did not answer: nothing is known of what reading it does, and it can be asked for again.
    if (plan === "asked") await updateLedger(db, row.id, { askedVersion: null });
    return giveUp(attempt, NOT_TAKEN_UP);
  }
  await end(attempt, { retryAt: nextTryAt(row.attempts), asked });
}

/** Whether the mail is shown as far as the small budget goes, and there is more. */
const isPartOf = (plan: TryPlan, { mail }: ReadMail): boolean => plan === "small" && (mail.leftOut ?? []).length > 0;

async function settle(attempt: Try): Promise<void> {
  const { env, db, row, plan } = attempt;
  const known = await loadKnown(db);
  const read = await readAsPlanned(attempt, known.settings);
  const { mail, isReadable, contentHash } = read;
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
  const isPartial = isPartOf(plan, read);
  const taken = { ...known, env, db, row, mail, contentHash, isPartial, isReadAgain: row.isPartial && !isPartial };
  const verdict = await decideMail(taken);
  const applied = await applyVerdict({ ...taken, verdict });
  await finish(attempt, isReadable ? applied : failed(applied, UNREADABLE), isPartial);
  if (replyTo !== null) await noted("form_not_offered", row.id, () => noticeForm({ ...taken, verdict, applied }));
  // The mail is where it belongs: an answer that cannot be sent changes nothing about it.
  await noted("auto_answer_failed", row.id, () => answerAutomatically({ ...taken, verdict, applied }));
}

/** With care: only when the small reading has ended, and that is on disk, all of it. */
async function readAsPlanned({ env, db, row, plan }: Try, settings: TakenUp["settings"]): Promise<ReadMail> {
  if (plan === "small") return readMail(env.MAIL, row, { ...settings.mail, budget: SMALL_BUDGET });
  if (plan === "careful" && !row.smallEnds) {
    await readMail(env.MAIL, row, { ...settings.mail, budget: SMALL_BUDGET });
    await updateLedger(db, row.id, { smallEnds: true });
  }
  return readMail(env.MAIL, row, settings.mail);
}

async function loadKnown(db: Database): Promise<Pick<TakenUp, "settings" | "mailboxes">> {
  return { settings: await loadCachedSettings(db, Date.now()), mailboxes: await listMailboxes(db) };
}

const UNREADABLE = "This email could not be displayed; its raw bytes can be downloaded.";
const NOT_TAKEN_UP = `It could not be taken up after ${TRIES_MAX} tries.`;
const ENDED_THE_PROCESS = "Reading it did not come to an end, twice; its raw bytes can be downloaded.";

/**
 * Instead of the mail stands a placeholder, in the conversation that its envelope names, else in a new one. While not even
 * that can be had (the object is away), both are tried again without end, and the ledger shows it.
 */
async function giveUp(attempt: Try, reason: string): Promise<void> {
  const { env, db, row } = attempt;
  try {
    const known = await loadKnown(db);
    const mail = placeholderMail(row, known.settings.mail.locale);
    const taken = { ...known, env, db, row, mail, contentHash: row.rawHash, isPartial: false, isReadAgain: false };
    // Not stored: when the mail itself can be taken up after all, its own verdict holds.
    const verdict = matchConversation(await gatherFacts(taken));
    await finish(attempt, failed(await applyVerdict({ ...taken, verdict }), reason), false);
  } catch (error) {
    await end(attempt, { state: "failed", reason, retryAt: nextTryAt(row.attempts) });
    await tellAttention(env);
    throw error;
  }
}

/** A placeholder for a mail that was not to be shown anyway is not shown either. */
function failed(applied: Applied, reason: string): Applied {
  return applied.state === "applied" ? { ...applied, state: "failed", reason } : applied;
}

async function finish(attempt: Try, applied: Applied, isPartial: boolean): Promise<void> {
  const { env, row, readerVersion } = attempt;
  // From now on it is read in full only when a later reader is there, or a person asks.
  const given = row.unfinished >= 2 ? { readerVersion } : {};
  await end(attempt, { ...applied, ...given, isPartial, retryAt: null });
  if (isWaiting(row.state) || isWaiting(applied.state)) await tellAttention(env);
}

function nextTryAt(attempts: number): number {
  return Date.now() + backOffMs(attempts, RETRY, Math.random());
}
