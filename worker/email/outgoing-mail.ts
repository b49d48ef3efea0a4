/** A mail that is ready to leave: what composing makes, validation checks and transports send. */
import type { MailAddress } from "./mail.ts";

export interface OutgoingAttachment {
  name: string;
  /** Media type. */
  type: string;
  content: Uint8Array;
}

export interface OutgoingMail {
  from: MailAddress;
  to: MailAddress[];
  cc: MailAddress[];
  bcc: MailAddress[];
  /** Those of them who are named in the headers but get no copy: they have it already, or must not be written to. */
  withheld: string[];
  /** The signed reply address; null for mails that want no answer. */
  replyTo: string | null;
  subject: string;
  /** Without brackets. Used by transports that let us choose it, so that a repeat has the same one; null: theirs. */
  messageId: string | null;
  /** Everything that has no field of its own here. */
  headers: Record<string, string>;
  text: string;
  html: string;
  attachments: OutgoingAttachment[];
}

/** Who gets a copy: To, Cc and Bcc without those who are withheld. */
export function copiesOf({ to, cc, bcc, withheld }: OutgoingMail): MailAddress[] {
  return [...to, ...cc, ...bcc].filter(({ address }) => !withheld.includes(address));
}
