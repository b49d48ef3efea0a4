/**
 * Addresses of one mailbox, with whatever `+detail` they are written. The column `bare_email` is `withoutDetails` in SQL; it
 * is computed, and only of those that have a detail it is in an index: the others are found by their own spelling.
 */
import { type SQL, sql } from "drizzle-orm";

export const HAS_DETAIL = sql`instr(email, '+') > 1`;
export const BARE_EMAIL = sql`CASE WHEN instr(email, '+') > 1
  THEN substr(email, 1, instr(email, '+') - 1) || substr(email, instr(email, '@')) ELSE email END`;

/**
 * Whether a row's address is one of this mailbox.
 *
 * @param table its name in the statement
 * @param bare an address without details
 */
export function isOfMailbox(table: string, bare: SQL): SQL {
  const row = sql.raw(table);
  return sql`(${row}.email = ${bare} OR (instr(${row}.email, '+') > 1 AND ${row}.bare_email = ${bare}))`;
}
