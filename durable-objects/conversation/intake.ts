/** How a conversation begins, and how a mail becomes one of its messages. Pure. */
import { appendMessage } from "./append.ts";
import { decideContact } from "./commands.ts";
import type { Effect, Turn } from "./effects.ts";
import type { Attachment, Author, ContactSummary, Message } from "./protocol.ts";
import { keepReferences, newConversationState, replyAddressOf, type ConversationState, type MailThread } from "./state.ts";

export interface OpenRequest {
  id: string;
  hasVisitor: boolean;
  visitor: ConversationState["visitor"];
  contact: ContactSummary | null;
  capture: ConversationState["capture"];
  subject: string | null;
  mail: MailThread | null;
  /** The contact form that begins it: `capture` is what somebody typed there. */
  form?: string;
  /** By the mailbox's rule; else the first to reply owns it. */
  assignee?: ConversationState["assignee"];
}

export function openedState(request: OpenRequest, now: number): ConversationState {
  const { contact, capture, subject, mail, form } = request;
  return {
    ...newConversationState({ ...request, now }),
    ...(form === undefined ? {} : { form, isAddressProven: false }),
    contact,
    capture,
    subject,
    mail,
    assignee: request.assignee ?? null,
    channel: request.hasVisitor ? "chat" : "email",
  };
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
  /** It came from the contact's address with this conversation's own token. */
  provesAddress: boolean;
}

/** What matching needs to know of a conversation. */
export interface MailFacts {
  contactId: string | null;
  email: string | null;
  isAddressProven: boolean;
  /** The contact form by which it began. */
  form: string | null;
  subject: string | null;
  /** The newest message that went out by mail, for bounces that carry only our token. */
  lastMailedSeq: number | null;
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
  const isAside = mail.mail.isNewPerson === true || (mail.mail.isAutomatic === true && state.mail !== null);
  if (mail.channel === "email" && !isAside) state = learnThread(state, mail);
  if (mail.provesAddress && isAddressOf(state, mail.mail.from?.address)) state = { ...state, isAddressProven: true };
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
      mail: mail.mail,
      shouldReopen: mail.shouldReopen,
      undoMs: 0,
    },
  );
  effects.push(...appended.effects, { kind: "message", message: appended.message }, { kind: "conversation" });
  return { message: appended.message, effects };
}

/** Whether it is the one address there is: another may have been typed while the mail was on its way (T2). */
function isAddressOf({ contact, capture }: ConversationState, address: string | undefined): boolean {
  return address !== undefined && address === (capture ?? contact)?.email;
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

/** @param log gives the newest messages, for the last one that was mailed */
export function mailFactsOf(state: ConversationState, log: { before: (seq: number, limit: number) => Message[] }): MailFacts {
  const recent = log.before(Number.MAX_SAFE_INTEGER, RECENT_MESSAGES);
  return {
    contactId: state.contact?.id ?? null,
    email: replyAddressOf(state),
    isAddressProven: state.isAddressProven,
    form: state.form ?? null,
    subject: state.subject,
    lastMailedSeq: recent.findLast(hasLeft)?.seq ?? null,
  };
}

/** Nothing comes back for a mail that still waits. */
function hasLeft({ delivery }: Message): boolean {
  return delivery?.to !== undefined && delivery.state !== "queued" && delivery.state !== "sending";
}

/** Messages among which a bounce's mail is looked for. */
const RECENT_MESSAGES = 50;
