import type { Database } from "../db/database.ts";
import type { LedgerRow } from "../db/ledger.ts";
import type { Mailbox } from "../domain/api-shapes.ts";
import type { Settings } from "../domain/settings.ts";
import type { Env } from "../env.ts";
import type { ParsedMail } from "./mail.ts";

/** A mail that is being taken up, and what every step asks of the deployment: read once for all of them. */
export interface TakenUp {
  env: Env;
  db: Database;
  settings: Settings;
  mailboxes: readonly Mailbox[];
  row: LedgerRow;
  mail: ParsedMail;
  contentHash: string;
  /** Only the small budget of it was read, and that is not all. */
  isPartial: boolean;
  /** A part of it is a message already, and this is the whole: a message of its own. */
  isReadAgain: boolean;
}
