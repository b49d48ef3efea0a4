/** Who else an agent's email goes to. Pure. */
import * as v from "valibot";
import { canonicalAddress } from "../../worker/domain/address.ts";
import { emailSchema } from "../../worker/domain/api-shapes.ts";
import { RECIPIENTS_MAX, type Channel, type Message } from "./protocol.ts";

/** As an agent's client gives them. */
export interface Copies {
  cc?: readonly string[] | undefined;
  bcc?: readonly string[] | undefined;
}

/** Which of them are addresses of our own mailboxes, looked up by the shell; `try_again` where nobody could say. */
export type OwnAddresses = readonly string[] | "try_again";

export type CopiesOutcome =
  | { kind: "ok"; cc: string[]; bcc: string[] }
  | { kind: "refused"; reason: "try_again" }
  /** `detail` names what is wrong, for people. */
  | { kind: "refused"; reason: "bad_copies"; detail: string };

interface CopiesInput extends Copies {
  channel: Channel;
  /** The address that the reply itself goes to. */
  to: string | null;
  own: OwnAddresses;
}

/** Each person gets a mail once: who is in To is dropped from Cc, who is in either from Bcc. */
export function decideCopies(input: CopiesInput): CopiesOutcome {
  const { channel, to, own } = input;
  const given = addressesOf(input);
  if (given.length === 0) return { kind: "ok", cc: [], bcc: [] };
  if (channel !== "email") return bad("Only an email can have Cc or Bcc.");
  const wrong = given.find((address) => !isCopyAddress(address));
  if (wrong !== undefined) return bad(`“${wrong}” is not an address that mail can be sent to.`);
  if (own === "try_again") return { kind: "refused", reason: "try_again" };
  const ours = given.find((address) => own.includes(address));
  if (ours !== undefined) return bad(`${ours} is a mailbox of this inbox: a mail to it would come back.`);
  const cc = withoutRepeats(input.cc, [to]);
  const bcc = withoutRepeats(input.bcc, [to, ...cc]);
  const count = 1 + cc.length + bcc.length;
  if (count > RECIPIENTS_MAX) return bad(`A mail can go to ${RECIPIENTS_MAX} addresses at most; this one has ${count}.`);
  return { kind: "ok", cc, bcc };
}

/** All of them, as they are compared and stored. */
export function addressesOf({ cc = [], bcc = [] }: Copies): string[] {
  return [...cc, ...bcc].map(canonicalAddress);
}

/** Everyone whom a mail goes to: To, then Cc, then Bcc, as they were stored with it. */
export function recipientsOf(to: string, { cc = [], bcc = [] }: Pick<Message, "cc" | "bcc">): string[] {
  return [...new Set([to, ...cc, ...bcc])];
}

/** The address that a mail was written to; of one from before that was stored, the recipient who is in no copy. */
export function writtenTo({ to, cc = [], bcc = [], delivery }: Message): string | null {
  const known = [...(delivery?.to ?? []), ...(delivery?.refused ?? []).map(({ address }) => address)];
  return to ?? known.find((address) => !cc.includes(address) && !bcc.includes(address)) ?? null;
}

/** What transports take, ASCII and no dot out of place before the `@`: one other address would stop the whole mail. */
function isCopyAddress(address: string): boolean {
  return v.is(emailSchema, address) && /^[!-~]+@/.test(address) && !/^\.|\.\.|\.@/.test(address);
}

function withoutRepeats(given: readonly string[] = [], taken: readonly (string | null)[]): string[] {
  return [...new Set(given.map(canonicalAddress))].filter((address) => !taken.includes(address));
}

function bad(detail: string): CopiesOutcome {
  return { kind: "refused", reason: "bad_copies", detail };
}
