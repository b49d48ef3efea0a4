/**
 * Mails that a contact form on some site sends for whoever filled it in: the sender is no person, and who wrote is in
 * `Reply-To`. What a form says of them is typed, like an address in the widget. Pure.
 */
import { isNoReply } from "../domain/no-reply.ts";
import type { MailAddress, ParsedMail } from "./mail.ts";
import { isOwnAddress } from "./other-people.ts";

/** Addresses of `Reply-To` that are kept with a message. */
const REPLY_TO_MAX = 5;

export interface FormMail {
  /** The sender's address. */
  address: string;
  /** Who filled it in, by their own word. */
  person: MailAddress;
}

interface FormInput {
  mail: Pick<ParsedMail, "from" | "replyTo" | "class" | "autoSubmitted">;
  /** Lower-case addresses of our mailboxes. */
  ownAddresses: readonly string[];
  /** Lower-case addresses that the owner has called forms. */
  called: readonly string[];
}

/** Null where it is an ordinary mail. */
export function readFormMail(input: FormInput): FormMail | null {
  const { mail, ownAddresses, called } = input;
  if (mail.from === null || !isWrittenThrough(input)) return null;
  const person = findOnlyReplyTo(mail, ownAddresses);
  if (person === null || isNoReply(person.address)) return null;
  const isForm =
    called.includes(mail.from.address) || isNoReply(mail.from.address) || isOwnAddress(mail.from.address, ownAddresses);
  return isForm ? { address: mail.from.address, person } : null;
}

/**
 * A form may say that its mail was generated (RFC 3834 §5), for nobody wrote it with a mail program. One that answers a mail
 * automatically is somebody's holiday notice or ticket system, unless the owner knows better; a report is none in any case.
 */
function isWrittenThrough({ mail, called }: FormInput): boolean {
  if (mail.class === "person" || mail.class === "list") return true;
  if (mail.class !== "auto-reply") return false;
  return mail.autoSubmitted === "auto-generated" || (mail.from !== null && called.includes(mail.from.address));
}

/** Addresses that answers are asked for at and that are not the sender's own, each once. */
export function findOtherReplyTo({ from, replyTo }: Pick<ParsedMail, "from" | "replyTo">): MailAddress[] {
  const others = new Map(replyTo.filter(({ address }) => address !== from?.address).map((other) => [other.address, other]));
  return [...others.values()].slice(0, REPLY_TO_MAX);
}

/** The one other address, if it is one and none of ours: a mail to that would come back. */
export function findOnlyReplyTo(mail: Pick<ParsedMail, "from" | "replyTo">, ownAddresses: readonly string[]): MailAddress | null {
  const [only, ...more] = findOtherReplyTo(mail);
  return only === undefined || more.length > 0 || isOwnAddress(only.address, ownAddresses) ? null : only;
}
