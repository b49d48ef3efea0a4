/** Notices to the owner. */
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import {
  KEPT_ASIDE_COUNT_MAX,
  NOTICE_DISMISSAL_MS,
  NOTICE_EPISODE_MS,
  NOTICE_SHOWN_MS,
  NOTICE_WINDOW_MS,
  type NoticeKind,
} from "../domain/notices.ts";
import type { Database } from "./database.ts";
import { ledger } from "./mail-schema.ts";
import { notices } from "./schema.ts";

type NoticeRow = typeof notices.$inferSelect;

/** @returns false where the same was written within the window, by whomever */
export async function saveNotice(
  db: Database,
  notice: { id: string; kind: NoticeKind; subject: string; now: number },
): Promise<boolean> {
  const { now } = notice;
  const isOver = sql`${notices.lastAt} < ${now - NOTICE_EPISODE_MS}`;
  const isForgotten = sql`${isOver} OR ${notices.dismissedAt} < ${now - NOTICE_DISMISSAL_MS}`;
  const rows = await db
    .insert(notices)
    .values({ id: notice.id, kind: notice.kind, subject: notice.subject, firstAt: now, lastAt: now, count: 1, dismissedAt: null })
    .onConflictDoUpdate({
      target: [notices.kind, notices.subject],
      set: {
        firstAt: sql`CASE WHEN ${isOver} THEN ${now} ELSE ${notices.firstAt} END`,
        count: sql`CASE WHEN ${isOver} THEN 1 ELSE ${notices.count} + 1 END`,
        dismissedAt: sql`CASE WHEN ${isForgotten} THEN NULL ELSE ${notices.dismissedAt} END`,
        lastAt: now,
      },
      setWhere: sql`${notices.lastAt} <= ${now - NOTICE_WINDOW_MS}`,
    })
    .returning({ id: notices.id });
  return rows.length > 0;
}

/** Those that nobody has dismissed, newest first: a few at most, one for each kind and mailbox. */
export async function listNotices(db: Database, now: number): Promise<NoticeRow[]> {
  return db
    .select()
    .from(notices)
    .where(and(isNull(notices.dismissedAt), sql`${notices.lastAt} > ${now - NOTICE_SHOWN_MS}`))
    .orderBy(desc(notices.lastAt));
}

export async function dismissNotice(db: Database, id: string, now: number): Promise<boolean> {
  const rows = await db.update(notices).set({ dismissedAt: now }).where(eq(notices.id, id)).returning({ id: notices.id });
  return rows.length > 0;
}

/** Mails that the brake keeps aside, `KEPT_ASIDE_COUNT_MAX` at most; a partial index has them. */
export async function countBraked(db: Database, mailboxId: string): Promise<number> {
  const rows = await db
    .select({ id: ledger.id })
    .from(ledger)
    .where(and(eq(ledger.mailboxId, mailboxId), BRAKED))
    .limit(KEPT_ASIDE_COUNT_MAX);
  return rows.length;
}

/** The oldest ones first, as they would have come in. */
export async function listBraked(db: Database, mailboxId: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: ledger.id })
    .from(ledger)
    .where(and(eq(ledger.mailboxId, mailboxId), BRAKED))
    .orderBy(ledger.receivedAt, ledger.id)
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Written out as in the partial index. */
const BRAKED = sql`state = 'filtered' AND verdict = 'filtered:brake'`;
