/** Automatic answers that were given, so that nobody gets many of them. */
import { and, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { autoAnswers } from "./schema.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Answers to this address in the day before. */
export async function countAutoAnswers(db: Database, email: string, now: number): Promise<number> {
  const rows = await db
    .select({ id: autoAnswers.ledgerId })
    .from(autoAnswers)
    .where(and(eq(autoAnswers.email, email), sql`${autoAnswers.at} > ${now - DAY_MS}`))
    .limit(10);
  return rows.length;
}

/** One a mail: a repeat changes nothing. */
export async function saveAutoAnswer(db: Database, row: typeof autoAnswers.$inferInsert): Promise<void> {
  await db.insert(autoAnswers).values(row).onConflictDoNothing();
}
