/** The HTML of a stored mail, for those whose message does not hold it. */
import type { LedgerRow } from "../db/ledger.ts";
import { sanitiseMailHtml } from "./html-mail.ts";
import { readMail, type MailReading } from "./read-mail.ts";

/** @returns null where the mail has none, or more than can be shown. @throws Error where the raw bytes cannot be had */
export async function readMailHtml(
  bucket: R2Bucket,
  row: LedgerRow,
  { locale, authservId }: MailReading,
): Promise<string | null> {
  const { mail } = await readMail(bucket, row, { locale, authservId, keepsFiles: false });
  return mail.html === null ? null : (sanitiseMailHtml(mail.html)?.html ?? null);
}
