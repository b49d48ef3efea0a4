/** How a conversation begins, and how a mail becomes one of its messages. Pure. */
import { unconfirmedAuthors, withCorrespondent } from "./addresses.ts";
import { appendMessage } from "./append.ts";
import { AGENTS_ONLY, audienceOfMail } from "./audience.ts";
import { decideContact } from "./commands.ts";
import type { Effect, Turn } from "./effects.ts";
import type { Attachment, Author, ContactSummary, Message } from "./protocol.ts";
import { withGiven } from "./sessions.ts";
import { keepReferences, newConversationState, replyAddressOf, type ConversationState, type MailThread } from "./state.ts";

export interface OpenRequest {
  id: string;
  /** A browser begins it. */
  hasVisitor: boolean;
  /** That browser's session; a conversation's own id where nothing is said. */
  session?: { id: string; origin: string | null } | undefined;
  visitor: ConversationState["visitor"];
  contact: ContactSummary | null;
  /** An address that somebody says is theirs. */
  capture: { email: string; name?: string | undefined } | null;
  subject: string | null;
  mail: MailThread | null;
  /** The contact form that begins it: `capture` is what somebody typed there. */
  form?: string;
  /** By the mailbox's rule; else the first to reply owns it. */
  assignee?: ConversationState["assignee"];
}

export function openedState(request: OpenRequest, now: number): ConversationState {
  const { id, contact, capture, subject, mail, hasVisitor, form = null, assignee = null } = request;
  const session = hasVisitor ? (request.session ?? { id, origin: null }) : null;
  const visitor = capture?.name === undefined ? request.visitor : { ...request.visitor, name: capture.name };
  const begun = newConversationState({ id, now, session, visitor });
  const email = contact?.email ?? capture?.email ?? null;
  const state: ConversationState = {
    ...begun,
    contact,
    address: email === null ? null : { email, by: addressedBy(request), hasOthers: null },
    form,
    subject,
    mail,
    assignee,
    shown: { ...begun.shown, assignee },
    channel: hasVisitor ? "chat" : "email",
  };
  return capture === null ? state : withGiven(state, capture.email);
}

function addressedBy({ hasVisitor, form }: OpenRequest): "visitor" | "form" | "mail" {
  if (hasVisitor) return "visitor";
  return form === undefined ? "mail" : "form";
}

export interface ReceivedMail {
  /** Used where the conversation has not begun. */
  open: OpenRequest;
  messageId: string;
  /** Tells a mail from another one with the same Message-ID (hex). */
  variant?: string | null;
  mailbox: { id: string; address: string };
  /** Ids of its thread, to be learnt. */
  references: string[];
  author: Author;
  /** `note` for what an agent says above a forwarded mail, or in answer by mail. */
  channel: "email" | "note";
  subject: string;
  text: string;
  html: string | null;
  quoted: string;
  attachments: Attachment[];
  mail: NonNullable<Message["mail"]>;
  /** The contact that this mail proves or brings, if any. */
  contact: ContactSummary | null;
  shouldReopen: boolean;
  /** Somebody wrote it in answer to a mail of ours, with this conversation's own token: the mailbox exists. */
  isAnswer: boolean;
}

/** People whose newest mail is remembered. */
const HEARD_MAX = 50;

/** What matching needs to know of a conversation. */
export interface MailFacts {
  contactId: string | null;
  /** Where replies go. */
  email: string | null;
  /** The browser that began it, if one did. */
  beginner: {
    /** The addresses that it gave. */
    given: string[];
    /** The one that it is, or was, confirmed for. */
    confirmed: string | null;
  } | null;
  /** Whose mails came in here beside the address that the browser is, or was, confirmed for; the newest first. */
  unconfirmed?: string[];
  /** The contact form by which it began: nobody has shown that the address is theirs. */
  form: string | null;
  subject: string | null;
}

export function decideReceiveMail(turn: Turn, mail: ReceivedMail): { message: Message; effects: Effect[] } {
  // A prefix, not a suffix: whoever writes a mail chooses its Message-ID.
  const kind = mail.channel === "note" ? "mail-note" : "mail";
  const key = `${typeof mail.variant === "string" ? `${kind}-${mail.variant}` : kind}:${mail.messageId}`;
  const known = turn.findByKey(key);
  if (known !== null) return { message: known, effects: [] };
  const effects: Effect[] = [];
  let { state } = turn;
  if (mail.contact !== null && state.contact === null) {
    for (const effect of decideContact(turn, mail.contact)) {
      if (effect.kind === "state") ({ state } = effect);
      else if (effect.kind === "event") effects.push(effect);
    }
  }
  // A stranger with the reply address writes here, but does not choose what the contact's next mail is called (T3).
  // Neither does “Out of office”.
  const isKnown = state.mail !== null || state.beginner !== null;
  const isAside = mail.mail.isNewPerson === true || (mail.mail.isAutomatic === true && isKnown);
  if (mail.channel === "email" && !isAside) state = learnThread(state, mail);
  const from = mail.mail.from?.address;
  // What a form says of its writer is no mail of theirs.
  const isInbound = mail.channel === "email" && from !== undefined && mail.mail.form === undefined;
  if (isInbound) state = hearFrom(state, { email: from, isAnswer: mail.isAnswer });
  const appended = appendMessage(
    { ...turn, state },
    {
      key,
      author: mail.author,
      channel: mail.channel,
      text: mail.text,
      html: mail.html ?? undefined,
      quoted: mail.quoted,
      subject: mail.subject,
      attachments: mail.attachments,
      for: isInbound ? audienceOfMail(state, from) : AGENTS_ONLY,
      mail: mail.mail,
      shouldReopen: mail.shouldReopen,
      undoMs: 0,
    },
  );
  effects.push(...appended.effects, { kind: "message", message: appended.message }, { kind: "conversation" });
  return { message: appended.message, effects };
}

/** A mail of somebody has come in, here or by a move, and is the next message. */
export function hearFrom(state: ConversationState, { email, isAnswer }: { email: string; isAnswer: boolean }): ConversationState {
  const heardMails = [...state.heardMails.filter((heard) => heard.email !== email), { email, seq: state.lastSeq + 1 }];
  return withCorrespondent({ ...state, heardMails: heardMails.slice(-HEARD_MAX) }, email, ({ isReachable }) => ({
    isHeard: true,
    isReachable: isReachable || isAnswer,
  }));
}

/** The subject follows the thread, and its ids are what the next reply refers to. */
export function learnThread(
  state: ConversationState,
  mail: Pick<ReceivedMail, "messageId" | "references" | "subject" | "mailbox">,
): ConversationState {
  const references = keepReferences([...(state.mail?.references ?? []), ...mail.references, mail.messageId]);
  return {
    ...state,
    subject: mail.subject === "" ? state.subject : mail.subject,
    mail: { mailboxId: mail.mailbox.id, mailbox: mail.mailbox.address, references, lastInboundId: mail.messageId },
  };
}

export function mailFactsOf(state: ConversationState): MailFacts {
  const unconfirmed = unconfirmedAuthors(state).map(({ email }) => email);
  return {
    contactId: state.contact?.id ?? null,
    email: replyAddressOf(state),
    beginner: beginnerFactsOf(state),
    ...(unconfirmed.length > 0 && { unconfirmed }),
    form: state.form,
    subject: state.subject,
  };
}

function beginnerFactsOf(state: ConversationState): MailFacts["beginner"] {
  const { beginner } = state;
  return beginner === null ? null : { given: beginner.given, confirmed: beginner.confirmed?.email ?? null };
}
