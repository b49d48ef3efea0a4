/** The people of a mail besides its author. Pure. */
import { canonicalAddress } from "../domain/address.ts";
import type { MailAddress } from "./mail.ts";
import { splitSubaddress } from "./subaddress.ts";

/** People of To and Cc who become participants. */
export const PARTICIPANTS_MAX = 20;

/**
 * Everyone in To and Cc who is neither the author nor a mailbox of ours, each once.
 *
 * @param ownAddresses addresses of our mailboxes
 */
export function findOtherPeople(
  mail: { from: MailAddress | null; to: readonly MailAddress[]; cc: readonly MailAddress[] },
  ownAddresses: readonly string[],
): MailAddress[] {
  const others = new Map<string, MailAddress>();
  for (const person of [...mail.to, ...mail.cc])
    if (person.address !== mail.from?.address && !isOwnAddress(person.address, ownAddresses)) others.set(person.address, person);
  return [...others.values()].slice(0, PARTICIPANTS_MAX);
}

/** A mailbox of ours, or a sub-address of one. */
export function isOwnAddress(address: string, ownAddresses: readonly string[]): boolean {
  return ownAddresses.includes(canonicalAddress(address)) || ownAddresses.includes(splitSubaddress(address).base);
}
