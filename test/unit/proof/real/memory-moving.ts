/** Mails are moved: what `move-mail.ts` and `part-mails.ts` do with D1 and two objects, done at once and in memory. */
import { decideSomebodyElse } from "../../../../durable-objects/conversation/addresses.ts";
import { decideMoveOut, type MoveIn } from "../../../../durable-objects/conversation/moves.ts";
import type { Author, ContactSummary, Message } from "../../../../durable-objects/conversation/protocol.ts";
import { mayBePlace } from "../../../../worker/email/usual-place.ts";
import type { BookedMail, MemoryBook } from "./memory-book.ts";
import { MAILBOX, openRequest } from "./memory-receiving.ts";

interface Moving {
  mail: BookedMail;
  to: string;
  actor: Author;
}

export interface MovingOf {
  /** The conversation that has them. */
  from: string;
  /** Their sender. */
  email: string;
  actor: Author;
}

/** All mails of a sender, one by one; with `to` null to a conversation of the first one's own. @returns where they are; null where none is */
export function moveMails(book: MemoryBook, { from, to, email, actor }: MovingOf & { to: string | null }) {
  let target = to;
  for (const mail of book.mailsOf(from, email)) {
    target ??= mail.ownConversationId;
    moveMail(book, { mail, to: target, actor });
  }
  return target;
}

/** *This is somebody else.* @returns where their mails are; null where none is here, or the visitor has shown that it is them */
export function partMails(book: MemoryBook, request: MovingOf): string | null {
  const { from, email } = request;
  const chat = book.object(from);
  const isUnconfirmed = chat.mailFacts()?.unconfirmed?.includes(email) === true;
  const [first] = book.mailsOf(from, email);
  if (!isUnconfirmed || first === undefined) return null;
  const target = targetOf(book, { email, mail: first });
  moveMails(book, { ...request, to: target });
  chat.command((turn) => decideSomebodyElse(turn, email));
  return target;
}

/** The conversation by mail that the address has; else this mail's own. It is the address's place from now on. */
function targetOf(book: MemoryBook, { email, mail }: { email: string; mail: BookedMail }): string {
  const known = book.candidatesOf(email).filter(({ isChat }) => !isChat);
  const theirs = known.find(({ conversationId }) => {
    const facts = conversationId === mail.conversationId ? null : book.object(conversationId).mailFacts();
    return facts !== null && facts.beginner === null && mayBePlace(facts, email, { hasOthers: true });
  });
  const target = theirs?.conversationId ?? mail.ownConversationId;
  book.setPlace(email, target);
  return target;
}

function moveMail(book: MemoryBook, { mail, to, actor }: Moving): void {
  const { conversationId: from } = mail;
  const source = book.object(from);
  const parts = source.mailParts(mail.seq);
  const first = parts[0]?.message;
  if (first === undefined || from === to) return;
  const isForm = first.mail?.form !== undefined;
  const author = first.author.kind === "contact" ? (first.mail?.from?.address ?? null) : null;
  const contact = author === null || isForm ? null : contactOf(book, author, to === mail.ownConversationId);
  const move = mail.moves + 1;
  const target = book.object(to);
  const open = { ...openRequest(to, contact), ...formOf(first) };
  const input: MoveIn = {
    open,
    parts,
    from: { conversationId: from, at: first.mail?.movedFrom?.at ?? first.at },
    mailbox: MAILBOX,
    contactId: contact?.id ?? null,
    move,
    actor,
  };
  target.open(open);
  const { message } = target.decide((turn) => book.rules.decideMoveIn(turn, input));
  source.command((turn) => decideMoveOut(turn, { keys: parts.map(({ key }) => key), to: { conversationId: to }, move, actor }));
  const facts = target.mailFacts();
  const isTheirs = author !== null && (facts?.email === author || (contact !== null && facts?.contactId === contact.id));
  book.settleMove(mail, { conversationId: to, seq: message.seq });
  if (author !== null && !isTheirs && !isForm) book.addParticipant(to, author, mail.id);
  if (author !== null && isTheirs) book.followMail(author, { from, to });
}

/** Somebody new comes into the address book only for a conversation of the mail's own. */
function contactOf(book: MemoryBook, email: string, isOwn: boolean): ContactSummary | null {
  const known = book.findContact(email) ?? (isOwn ? book.findOrCreateContact(email) : null);
  return known === null ? null : { id: known.id, name: known.name, email };
}

function formOf({ mail }: Message) {
  const form = mail?.form?.address;
  return form === undefined || mail?.from === undefined ? {} : { form, capture: { email: mail.from.address } };
}
