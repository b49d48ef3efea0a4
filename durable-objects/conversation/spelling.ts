/**
 * Addresses as versions before stored them: as somebody had typed them. What is read has the one spelling that is compared
 * (`canonicalAddress`), and is stored so the next time. Pure.
 */
import { canonicalAddress } from "../../worker/domain/address.ts";
import type { Message } from "./protocol.ts";
import type { Beginner } from "./sessions.ts";
import type { ConversationState } from "./state.ts";

type Correspondent = ConversationState["correspondents"][number];
type HeardMail = ConversationState["heardMails"][number];

export function stateInOneSpelling(state: ConversationState): ConversationState {
  const { contact, address, claimed, unresolved, placeToNote, form, beginner, mail } = state;
  return {
    ...state,
    contact: contact === null ? null : { ...contact, email: spelledOrNull(contact.email) },
    address: address === null ? null : spelled(address),
    claimed: spelledOrNull(claimed),
    correspondents: merged(state.correspondents, addUp),
    heardMails: merged(state.heardMails, newer),
    unresolved: unresolved === null ? null : spelled(unresolved),
    placeToNote: spelledOrNull(placeToNote),
    form: spelledOrNull(form),
    beginner: beginner === null ? null : beginnerInOneSpelling(beginner),
    mail: mail === null ? null : { ...mail, mailbox: canonicalAddress(mail.mailbox) },
  };
}

export function messageInOneSpelling(message: Message): Message {
  const { for: audience, to, cc, bcc, delivery, mail } = message;
  return {
    ...message,
    ...(audience !== undefined && { for: { ...audience, addresses: each(audience.addresses) } }),
    ...(to !== undefined && { to: canonicalAddress(to) }),
    ...(cc !== undefined && { cc: each(cc) }),
    ...(bcc !== undefined && { bcc: each(bcc) }),
    ...(delivery !== undefined && { delivery: deliveryInOneSpelling(delivery) }),
    ...(mail !== undefined && { mail: mailInOneSpelling(mail) }),
  };
}

function beginnerInOneSpelling(beginner: Beginner): Beginner {
  const { given, confirmed, everConfirmed, pending, code, stopped } = beginner;
  return {
    ...beginner,
    // The newest is last: of two spellings of one address it keeps the place of the later one.
    given: each(given.toReversed()).toReversed(),
    everConfirmed: each(everConfirmed.toReversed()).toReversed(),
    stopped: each(stopped),
    confirmed: confirmed === null ? null : spelled(confirmed),
    pending: pending === null ? null : spelled(pending),
    code: code === null ? null : spelled(code),
  };
}

function deliveryInOneSpelling(delivery: NonNullable<Message["delivery"]>): NonNullable<Message["delivery"]> {
  const { to, refused, deliveredTo } = delivery;
  return {
    ...delivery,
    ...(to !== undefined && { to: each(to) }),
    ...(refused !== undefined && { refused: refused.map(spelledThere) }),
    ...(deliveredTo !== undefined && { deliveredTo: each(deliveredTo) }),
  };
}

function mailInOneSpelling(mail: NonNullable<Message["mail"]>): NonNullable<Message["mail"]> {
  const { from, others, replyTo } = mail;
  return {
    ...mail,
    ...(from !== undefined && { from: spelledThere(from) }),
    ...(others !== undefined && { others: others.map(spelledThere) }),
    ...(replyTo !== undefined && { replyTo: replyTo.map(spelledThere) }),
  };
}

function each(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map(canonicalAddress))];
}

function spelledOrNull(address: string | null): string | null {
  return address === null ? null : canonicalAddress(address);
}

function spelled<T extends { email: string }>(known: T): T {
  return { ...known, email: canonicalAddress(known.email) };
}

function spelledThere<T extends { address: string }>(named: T): T {
  return { ...named, address: canonicalAddress(named.address) };
}

/** What was known of one person under several spellings is known of one. */
function merged<T extends { email: string }>(all: readonly T[], merge: (before: T, after: T) => T): T[] {
  const byEmail = new Map<string, T>();
  for (const one of all.map(spelled)) {
    const before = byEmail.get(one.email);
    byEmail.set(one.email, before === undefined ? one : merge(before, one));
  }
  return [...byEmail.values()];
}

function addUp(before: Correspondent, after: Correspondent): Correspondent {
  return {
    email: before.email,
    mails: before.mails + after.mails,
    bounces: before.bounces + after.bounces,
    isHeard: before.isHeard || after.isHeard,
    isReachable: before.isReachable || after.isReachable,
  };
}

function newer(before: HeardMail, after: HeardMail): HeardMail {
  return before.seq > after.seq ? before : after;
}
