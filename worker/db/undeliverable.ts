/** Addresses that mail does not reach, or whose owner has reported it as spam: whoever they belong to, contacts or not. */
import { and, eq, inArray } from "drizzle-orm";
import { canonicalAddress } from "../domain/address.ts";
import type { UndeliverableAddress } from "../domain/api-shapes.ts";
import type { Database } from "./database.ts";
import { undeliverableAddresses } from "./schema.ts";

/** A complaint stays one, whatever bounces later. */
export async function markUndeliverable(db: Database, mark: UndeliverableAddress): Promise<void> {
  const { cause, reason, at } = mark;
  const insert = db.insert(undeliverableAddresses).values({ ...mark, email: canonicalAddress(mark.email) });
  await (cause === "complaint"
    ? insert.onConflictDoUpdate({ target: undeliverableAddresses.email, set: { cause, reason, at } })
    : insert.onConflictDoNothing());
}

/** Those of these addresses that are marked. @param emails as they are known, 50 at most */
export async function findUndeliverable(db: Database, emails: readonly string[]): Promise<UndeliverableAddress[]> {
  if (emails.length === 0) return [];
  return db
    .select()
    .from(undeliverableAddresses)
    .where(inArray(undeliverableAddresses.email, [...emails]));
}

/** An agent says that it may be written to again, whatever the mark was for. */
export async function unmarkUndeliverable(db: Database, email: string): Promise<void> {
  await db.delete(undeliverableAddresses).where(eq(undeliverableAddresses.email, email));
}

/** Mail has reached it again; a complaint is not taken back by that. */
export async function unmarkBounced(db: Database, emails: readonly string[]): Promise<void> {
  if (emails.length === 0) return;
  await db
    .delete(undeliverableAddresses)
    .where(and(inArray(undeliverableAddresses.email, [...emails]), eq(undeliverableAddresses.cause, "bounce")));
}
