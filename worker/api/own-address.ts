/** Nobody else has an address of ours: what is mailed to it would come back as a message of theirs. */
import { listMailboxes } from "../db/settings.ts";
import { findOwnMailbox } from "../domain/own-address.ts";
import type { AppContext } from "./context.ts";
import { AppError } from "./problems.ts";

/** @throws AppError own_address where it is a mailbox of ours, with or without a `+detail` */
export async function assertNotOurs(c: AppContext, email: string | undefined): Promise<void> {
  if (email === undefined) return;
  // While D1 is away a chat goes on (A12); a mail to ourselves is stopped as a loop when it comes in.
  const mailboxes = await listMailboxes(c.get("db")).catch(() => []);
  if (findOwnMailbox(mailboxes, email) !== null)
    throw new AppError("own_address", "This is an address of ours. Give the one where the person can be reached.");
}
