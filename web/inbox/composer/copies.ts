import { isAddress } from "../../../worker/domain/address.ts";
import type { Mailbox } from "../../../worker/domain/api-shapes.ts";
import { findOwnMailbox } from "../../../worker/domain/own-address.ts";
import { RECIPIENTS_MAX } from "../../shared/protocol-constants.ts";

/** Who else an email goes to. */
export interface Copies {
  cc: string[];
  bcc: string[];
}
export type CopyKind = keyof Copies;

export const NO_COPIES: Copies = { cc: [], bcc: [] };

export type CopyProblem = "not-an-address" | "own-mailbox";

/** Why an address cannot be one of the copies, or null. */
export function problemOfCopy(address: string, mailboxes: readonly Pick<Mailbox, "address">[]): CopyProblem | null {
  if (!isAddress(address)) return "not-an-address";
  return findOwnMailbox(mailboxes, address) === null ? null : "own-mailbox";
}

/** Addresses that a mail to somebody with these copies has too many. */
export function countExcess({ cc, bcc }: Copies): number {
  return Math.max(0, 1 + cc.length + bcc.length - RECIPIENTS_MAX);
}

/** Only the lists that name somebody. */
export function nonEmpty({ cc, bcc }: Copies): Partial<Copies> {
  return { ...(cc.length > 0 && { cc }), ...(bcc.length > 0 && { bcc }) };
}

export const isEmpty = ({ cc, bcc }: Copies): boolean => cc.length + bcc.length === 0;
