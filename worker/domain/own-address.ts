/** Which addresses are our own: nobody else can have one, and a mail to one would come back. Pure. */
import { canonicalAddress } from "./address.ts";
import { splitSubaddress } from "../email/subaddress.ts";

/** Whoever receives mail for a domain reads `postmaster` there, also without the domain (RFC 5321, section 4.5.1). */
const POSTMASTER = "postmaster";

/**
 * The mailbox that an address is of: its own, with a `+detail`, or as postmaster of its domain, which the first is.
 *
 * @param mailboxes the oldest first
 */
export function findOwnMailbox<M extends { address: string }>(mailboxes: readonly M[], address: string): M | null {
  const whole = canonicalAddress(address);
  const { base } = splitSubaddress(whole);
  const named = mailboxes.find((mailbox) => mailbox.address === whole) ?? mailboxes.find((mailbox) => mailbox.address === base);
  if (named !== undefined) return named;
  const domain = base.slice(POSTMASTER.length);
  const isPostmaster = base.startsWith(POSTMASTER) && (domain === "" || domain.startsWith("@"));
  return (isPostmaster && mailboxes.find((mailbox) => mailbox.address.endsWith(domain))) || null;
}
