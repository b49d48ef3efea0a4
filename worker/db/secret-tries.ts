/** How often a secret was tried within the hour. One statement counts and decides, so that tries at the same instant cannot share one. */
import { lt } from "drizzle-orm";
import type { Database } from "./database.ts";
import { secretTries } from "./account-schema.ts";

const HOUR_MS = 60 * 60 * 1_000;

export interface Budget {
  /** What is counted, as a keyed hash: nobody's address is to stand here because somebody tried it. */
  key: string;
  /** Tries an hour. */
  limit: number;
}

const SPEND = `INSERT INTO secret_tries (key, hour, tries) VALUES (?, ?, 1)
  ON CONFLICT (key, hour) DO UPDATE SET tries = tries + 1 WHERE tries < ? RETURNING tries`;
const GIVE_BACK = "UPDATE secret_tries SET tries = tries - 1 WHERE key = ? AND hour = ? AND tries > 0";

const hourOf = (now: number) => Math.floor(now / HOUR_MS);

/** Counts a try before the secret is compared. @returns false where the hour's tries are used up */
export async function spendTry(db: Database, { key, limit }: Budget, now: number): Promise<boolean> {
  const { results } = await db.$client.prepare(SPEND).bind(key, hourOf(now), limit).all();
  return results.length > 0;
}

/** The try was no wrong one. */
export async function giveBackTry(db: Database, { key }: Budget, now: number): Promise<void> {
  await db.$client.prepare(GIVE_BACK).bind(key, hourOf(now)).run();
}

export async function deleteOldTries(db: Database, now: number): Promise<void> {
  await db.delete(secretTries).where(lt(secretTries.hour, hourOf(now)));
}
