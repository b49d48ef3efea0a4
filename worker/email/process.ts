/**
 * From *received* to *applied*: who takes a mail up, when, and whether others are read meanwhile. Every step of a try
 * (`take-up.ts`) can run again: a verdict is stored before it is carried out, messages are appended by Message-ID, files and
 * rows have ids that come from the mail.
 */
import { openDatabase, type Database } from "../db/database.ts";
import { findLedgerRow, UNDECIDED, updateLedger, type LedgerRow } from "../db/ledger.ts";
import { beginTry, claimAlone, endAlone, findGivenUp, isAnyOtherTried, listDueLedgerRows } from "../db/ledger-tries.ts";
import { withTimeout } from "../../durable-objects/conversation/with-timeout.ts";
import type { Env } from "../env.ts";
import { READER_VERSION } from "./reading-budget.ts";
import { hasEndedHere, noted, takeUp } from "./take-up.ts";
import { isAlone, isBeingTried, planTry, TRY_MAX_MS } from "./tries.ts";

/** Mails taken up in one run of cron. */
const DUE_MAX = 25;
/** Ms for which a mail waits for one that is read alone, and one that is to be read alone for the others. */
const TURN_MAX_MS = 20_000;
const TURN_POLL_MS = 250;

/** By whoever has received it, or wants it now. Never throws: what fails is tried again by cron, and the ledger says so. */
export async function processMail(env: Env, id: string): Promise<void> {
  const db = openDatabase(env.DB);
  await noted("mail_failed", id, async () => {
    const row = await findLedgerRow(db, id);
    if (row === null || row.retryAt === null) return;
    // The receiver's own try was begun with the row.
    if (row.tryAt === null) await tryInTurn({ env, db }, row);
    else await takeUp({ env, db, row, plan: "whole", asked: null, readerVersion: READER_VERSION });
  });
}

/** A mail that was here already: taken up where nobody else is to do that later. */
export async function resumeMail(env: Env, id: string): Promise<void> {
  const db = openDatabase(env.DB);
  await noted("mail_failed", id, async () => {
    const row = await findLedgerRow(db, id);
    if (row !== null && isDue(row, Date.now())) await tryInTurn({ env, db }, row);
  });
}

/** What a crash or a failure has left unfinished. One that fails, or never ends, does not keep the next one waiting. */
export async function processDueMails(env: Env, { readerVersion = READER_VERSION } = {}): Promise<void> {
  const db = openDatabase(env.DB);
  await noted("mail_failed", "of an earlier reader", () => askForGivenUp(db, readerVersion));
  const begun: Promise<unknown>[] = [];
  for (const due of await listDueLedgerRows(db, Date.now(), DUE_MAX)) {
    if (!isDue(due, Date.now())) continue;
    const work = noted("mail_failed", due.id, async () => void (await tryOnce({ env, db, readerVersion }, due)));
    begun.push(work);
    await withTimeout(work).catch(() => undefined);
  }
  // What still goes on would end with this run, and count as a try that did not end.
  await withTimeout(Promise.all(begun)).catch(() => undefined);
}

/** One at a time: a later reader may be able to read what an earlier one has given up. */
async function askForGivenUp(db: Database, readerVersion: number): Promise<void> {
  const row = await findGivenUp(db, readerVersion);
  if (row === null) return;
  const now = Date.now();
  await updateLedger(db, row.id, { ...UNDECIDED, asked: "version", readerVersion, retryAt: now, updatedAt: now });
}

function isDue(row: LedgerRow, now: number): boolean {
  return row.retryAt !== null && row.retryAt <= now && (!isBeingTried(row, now) || hasEndedHere(row));
}

interface Turn {
  env: Env;
  db: Database;
  readerVersion?: number;
}

/** Waits for its turn while another mail is read alone; then cron has it. */
async function tryInTurn(turn: Turn, row: LedgerRow): Promise<void> {
  const deadline = Date.now() + TURN_MAX_MS;
  for (let known: LedgerRow | null = row; known?.retryAt === row.retryAt && known.tryAt === row.tryAt;) {
    if ((await tryOnce(turn, known)) || Date.now() > deadline) return;
    await scheduler.wait(TURN_POLL_MS);
    known = await findLedgerRow(turn.db, row.id);
  }
}

/** @returns false where it has to wait: for one that is read alone, or for the others to end */
async function tryOnce({ env, db, readerVersion = READER_VERSION }: Turn, due: LedgerRow): Promise<boolean> {
  const hasEnded = hasEndedHere(due);
  const plan = planTry(hasEnded ? { ...due, tryAt: null } : due);
  const isByItself = isAlone(plan);
  if (isByItself && !(await goAlone(db, due.id))) return false;
  try {
    const now = Date.now();
    const row = await beginTry(db, due, { now, retryAt: now + TRY_MAX_MS, isAlone: isByItself, hasEnded });
    if (row === null) return false;
    if (isByItself) await claimAlone(db, due.id, { now, until: now + TRY_MAX_MS });
    await takeUp({ env, db, row, plan, asked: due.asked, readerVersion });
    return true;
  } finally {
    if (isByItself) await noted("mail_still_alone", due.id, () => endAlone(db, due.id));
  }
}

/** Others are not begun any more, and those that were are waited for. */
async function goAlone(db: Database, id: string): Promise<boolean> {
  const deadline = Date.now() + TURN_MAX_MS;
  if (!(await claimAlone(db, id, { now: Date.now(), until: deadline + TRY_MAX_MS }))) return false;
  for (;;) {
    const now = Date.now();
    if (!(await isAnyOtherTried(db, id, now - TRY_MAX_MS))) return true;
    if (now > deadline) break;
    await scheduler.wait(TURN_POLL_MS);
  }
  await endAlone(db, id);
  return false;
}
