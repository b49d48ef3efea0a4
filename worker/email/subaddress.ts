/** The `+detail` of an address (RFC 5233). Pure and synchronous, so that matching may use it. */

import { canonicalAddress } from "../domain/address.ts";

/** What stands before a campaign's name in `mailbox+campaign-<name>@domain`. */
export const CAMPAIGN_PREFIX = "campaign-";

export interface Subaddress {
  /** The address without its detail, as it is known (`canonicalAddress`). */
  base: string;
  /** Lower-cased; null where the address has none. */
  detail: string | null;
}

/**
 * Splits at the last `+`, because the name of a mailbox may itself contain one (`help+shop@`) and what
 * Hilo appends never does.
 */
export function splitSubaddress(address: string): Subaddress {
  const whole = canonicalAddress(address);
  const at = whole.lastIndexOf("@");
  const local = at === -1 ? whole : whole.slice(0, at);
  const domain = at === -1 ? "" : whole.slice(at);
  const plus = local.lastIndexOf("+");
  if (plus <= 0) return { base: whole, detail: null };
  return { base: local.slice(0, plus) + domain, detail: local.slice(plus + 1) };
}

/**
 * Whose mailbox it is by the words before the first `+`, however many follow: for what is counted by person, so that nobody
 * has more of it by writing an address in more ways.
 */
export function withoutDetails(address: string): string {
  return canonicalAddress(address).replace(/^([^+@]+)\+[^@]*@/, "$1@");
}

/** The campaign that an address such as `hello+campaign-spring@shop.example` names, else null (S13). */
export function parseCampaign(address: string): string | null {
  const { detail } = splitSubaddress(address);
  if (detail === null || !detail.startsWith(CAMPAIGN_PREFIX)) return null;
  const name = detail.slice(CAMPAIGN_PREFIX.length);
  return /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/.test(name) ? name : null;
}
