/**
 * A mail comes in: what `facts.ts` looks up is looked up in memory, the product's decision table decides, and the verdict
 * is carried out as `apply.ts` and `find-place.ts` do.
 */
import type { OpenRequest } from "../../../../durable-objects/conversation/intake.ts";
import type { ContactSummary, Message } from "../../../../durable-objects/conversation/protocol.ts";
import { matchConversation } from "../../../../worker/email/match-conversation.ts";
import type { FoundConversation, KnownContact, MatchFacts } from "../../../../worker/email/match-facts.ts";
import { findOtherPeople } from "../../../../worker/email/other-people.ts";
import { readFormMail, type FormMail } from "../../../../worker/email/contact-form.ts";
import type { ContactRef, Target, Verdict } from "../../../../worker/email/verdict.ts";
import { buildFacts, buildForm, buildMail, buildSender } from "../../email-match/build-facts.ts";
import type { MemoryBook } from "./memory-book.ts";

export const MAILBOX = { id: "mailbox", address: "hello@shop.example" };

export interface ArrivingMail {
  messageId: string;
  from: string;
  cc: readonly string[];
  /** One other address than the sender's that answers are asked for at, if any. */
  replyTo: string | null;
  isAutomatic: boolean;
  /** The signed address that it is sent to. */
  token: { conversationId: string; recipient: string } | null;
  /** The Message-ID of a mail of ours. */
  inReplyTo: string | null;
  text: string;
  quoted: string;
}

type MessageVerdict = Extract<Verdict, { target: unknown }>;

/** @returns where it is, and which message; null where it was kept aside */
export function receive(book: MemoryBook, mail: ArrivingMail): { conversationId: string; seq: number } | null {
  const facts = factsOf(book, mail);
  const verdict = matchConversation(facts);
  if (!("target" in verdict) || verdict.code === "forwarded") return null;
  const { open, contact } = verdict.code === "form" ? formPlaceOf(book, verdict) : placeOf(book, mail, verdict);
  for (const { address } of verdict.participants) book.addParticipant(open.id, address, mail.messageId);
  const info = infoOf(book, mail, { verdict, facts });
  const object = book.object(open.id);
  object.open(open);
  const { message } = object.decide((turn) =>
    book.rules.decideReceiveMail(turn, {
      open,
      messageId: mail.messageId,
      mailbox: MAILBOX,
      references: mail.inReplyTo === null ? [] : [mail.inReplyTo],
      author: { kind: "contact", name: mail.from },
      channel: "email",
      subject: facts.mail.subject,
      text: mail.text,
      html: `<p>${mail.text}</p>`,
      quoted: mail.quoted,
      attachments: [],
      mail: info,
      contact,
      shouldReopen: verdict.target.kind === "begin" || verdict.target.shouldReopen,
      isAnswer: verdict.code === "token" && verdict.isAnswer,
    }),
  );
  const at = { conversationId: open.id, seq: message.seq };
  book.bookMail({ ...at, id: mail.messageId, from: mail.from });
  const isAnswer = verdict.code === "token" && verdict.isAnswer;
  if (isAnswer && book.isPlaceOf(open.id, mail.from)) book.setPlace(mail.from, open.id);
  return at;
}

function factsOf(book: MemoryBook, mail: ArrivingMail): MatchFacts {
  const { messageId, from, cc, isAutomatic, token, inReplyTo } = mail;
  const person = (address: string) => ({ address, name: null });
  const found = inReplyTo === null ? null : book.findMailId(inReplyTo);
  const reference = found === null ? null : relationOf(book, found.conversationId, from);
  const answered = token === null ? null : relationOf(book, token.conversationId, from);
  const contact = book.findContact(from);
  return buildFacts({
    mail: buildMail({
      messageId,
      from: person(from),
      cc: cc.map(person),
      subject: "Printer",
      class: isAutomatic ? "auto-reply" : "person",
      inReplyTo: inReplyTo === null ? [] : [inReplyTo],
    }),
    sender: buildSender({ isBlocked: contact?.isBlocked === true, contact: knownContact(book, from) }),
    form: formFactsOf(book, mail),
    references: reference === null ? [] : [reference],
    token:
      token === null || answered === null
        ? { kind: "none" }
        : { kind: "strong", tokenKind: "contact", conversation: answered, isForSender: token.recipient === from },
  });
}

/** As `findForm`; the owner has called none one. */
function formFactsOf(book: MemoryBook, { from, replyTo, isAutomatic }: ArrivingMail): MatchFacts["form"] {
  const mail = {
    from: { address: from, name: null },
    replyTo: replyTo === null ? [] : [{ address: replyTo, name: null }],
    class: isAutomatic ? ("auto-reply" as const) : ("person" as const),
    autoSubmitted: isAutomatic ? "auto-replied" : null,
  };
  const found: FormMail | null = readFormMail({ mail, ownAddresses: [MAILBOX.address], called: [] });
  if (found === null) return null;
  const { address: form, person } = found;
  const known = book.formConversationOf(form, person.address);
  const isTheirs = known !== null && book.object(known).mailFacts()?.email === person.address;
  const isBlocked = book.findContact(person.address)?.isBlocked === true;
  return buildForm({ ...found, conversationId: isTheirs ? known : null, isBlocked });
}

function knownContact(book: MemoryBook, email: string): KnownContact | null {
  const contact = book.findContact(email);
  const latest = book.usualPlaceOf(email);
  return contact === null && latest === null ? null : { contactId: contact?.id ?? null, latest };
}

function relationOf(book: MemoryBook, conversationId: string, sender: string): FoundConversation | null {
  const facts = book.object(conversationId).mailFacts();
  if (facts === null) return null;
  const contactId = book.findContact(sender)?.id ?? null;
  const isContact = facts.email === sender || (contactId !== null && facts.contactId === contactId);
  const other = book.isParticipant(conversationId, sender) ? "participant" : "stranger";
  return { conversationId, relation: isContact ? "contact" : other };
}

function placeOf(
  book: MemoryBook,
  mail: ArrivingMail,
  { code, target }: MessageVerdict,
): { open: OpenRequest; contact: ContactSummary | null } {
  if (target.kind === "join") return { open: openRequest(target.conversationId, null), contact: null };
  const contact = contactOf(book, target.contact, mail.from);
  const id = book.clock.newId();
  const isClaimed = code !== "linked" && code !== "forwarded:unverified";
  const email = isClaimed ? (contact?.email ?? null) : null;
  const conversationId = email === null ? id : book.claimPlace(email, { conversationId: id, replaces: replacedBy(target) });
  return { open: openRequest(conversationId, contact), contact };
}

/** As `findFormPlace`. */
function formPlaceOf(
  book: MemoryBook,
  { target, form, person }: Extract<Verdict, { code: "form" }>,
): { open: OpenRequest; contact: null } {
  if (target.kind === "join") return { open: openRequest(target.conversationId, null), contact: null };
  const id = book.clock.newId();
  book.setFormConversation(form, person.address, id);
  return { open: { ...openRequest(id, null), capture: { email: person.address }, form }, contact: null };
}

function replacedBy(target: Target): string | undefined {
  return target.kind === "begin" ? target.replaces : undefined;
}

function contactOf(book: MemoryBook, ref: ContactRef, author: string): ContactSummary {
  const address = ref.kind === "new" && ref.address !== null ? ref.address.address : author;
  const { id, name } = book.findOrCreateContact(address);
  return { id, name, email: address };
}

/** Used where the conversation has not begun. */
export function openRequest(id: string, contact: ContactSummary | null): OpenRequest {
  const mail = { mailboxId: MAILBOX.id, mailbox: "", references: [], lastInboundId: null };
  return { id, hasVisitor: false, visitor: null, contact, capture: null, subject: "Printer", mail };
}

function infoOf(
  book: MemoryBook,
  mail: ArrivingMail,
  { verdict, facts }: { verdict: MessageVerdict; facts: MatchFacts },
): NonNullable<Message["mail"]> {
  const others = findOtherPeople(facts.mail, facts.ownAddresses);
  return {
    ledgerId: mail.messageId,
    from: { address: verdict.code === "form" ? verdict.person.address : mail.from },
    ...(verdict.code === "form" && { form: { address: verdict.form } }),
    ...(others.length > 0 && { others: others.map(({ address }) => ({ address })) }),
    ...(verdict.code === "token:new-person" && { isNewPerson: true }),
    ...(isParticipantMail(book, mail, verdict) && { isParticipant: true }),
    ...(mail.isAutomatic && { isAutomatic: true }),
    ...(verdict.code === "linked" && { linkedTo: verdict.linkedTo }),
  };
}

function isParticipantMail(book: MemoryBook, { from }: ArrivingMail, { code, target }: MessageVerdict): boolean {
  if (target.kind !== "join" || code === "token:new-person" || code === "form") return false;
  const facts = book.object(target.conversationId).mailFacts();
  if (facts === null || facts.email === from) return false;
  const sender = book.findContact(from);
  return sender === null || sender.id !== facts.contactId;
}
