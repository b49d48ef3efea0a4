/** One truth, two audiences: what agents and what visitors may see of it. Pure. */
import { addressForAgents, maskAddress, unconfirmedAuthors } from "./addresses.ts";
import { beginnerViewer, isFor, type Viewer } from "./audience.ts";
import {
  UNDONE_REASON,
  type Author,
  type Conversation,
  type Message,
  type Presence,
  type ServerFrame,
  type VisitorConversation,
} from "./protocol.ts";
import { presenceForVisitor } from "./presence.ts";
import { confirmedAddressOf, isSentAway, isShutOut } from "./sessions.ts";
import { isUnread, type ConversationState } from "./state.ts";

/** The conversation as a list item. */
export function conversationForAgents(
  state: ConversationState,
  { isVisitorOnline, now }: { isVisitorOnline: boolean; now: number },
): Conversation {
  return {
    id: state.id,
    contact: state.contact,
    status: state.status,
    unread: isUnread(state),
    assigneeId: state.assignee?.id ?? null,
    lastMessage: state.lastMessage,
    channel: state.channel,
    isVisitorOnline,
    revision: state.revision,
    subject: state.subject,
    createdAt: state.createdAt,
    readSeq: state.readSeq,
    visitorSeenSeq: state.visitorSeenSeq,
    ...(state.visitorDeliveredSeq > 0 ? { visitorDeliveredSeq: state.visitorDeliveredSeq } : {}),
    hasVisitor: state.beginner !== null,
    ...(state.beginner !== null && isShutOut(state.beginner) && { isVisitorBlocked: true }),
    ...(state.beginner !== null && isSentAway(state.beginner) && { isSentAway: true }),
    address: addressForAgents(state, now) ?? null,
    unconfirmedMail: unconfirmedMailOf(state, now),
    ...partableOf(state),
    ...(state.form === null ? {} : { form: state.form }),
    visitor: state.visitor,
  };
}

/** The newest mail of anybody but the address that the browser in the chat is confirmed for. */
function unconfirmedMailOf(state: ConversationState, now: number): Conversation["unconfirmedMail"] {
  const { beginner } = state;
  if (beginner === null) return null;
  const confirmed = confirmedAddressOf(beginner, now);
  const { seq, email } = state.heardMails.findLast((heard) => heard.email !== confirmed) ?? { seq: 0, email: "" };
  return seq === 0 ? null : { seq, email };
}

/** The newest author of mails here who may be somebody else than the visitor, and none of whose mails is elsewhere by now. */
function partableOf(state: ConversationState): Pick<Conversation, "partable"> {
  const author = unconfirmedAuthors(state).find(({ seq }) => !state.movedSeqs.includes(seq));
  return author === undefined ? {} : { partable: author.email };
}

/** Only what is for this browser, or an agent's own act, shows in it: what else happens here is none of its business. */
export function conversationForVisitor(state: ConversationState, now: number): VisitorConversation {
  const { shown, beginner } = state;
  // What was said here last, never what a mail has made of it.
  const email = beginner?.given.at(-1) ?? null;
  const isConfirmed = beginner !== null && email === confirmedAddressOf(beginner, now);
  const goesOnAt = email === null || isConfirmed ? null : maskAddress(email);
  return {
    id: state.id,
    status: shown.status,
    hasEmail: email !== null,
    readSeq: Math.min(shown.readSeq, shown.ownSeq),
    visitorSeenSeq: state.visitorSeenSeq,
    assignee: shown.assignee === null ? null : { name: shown.assignee.name },
    ...(goesOnAt !== null && state.hasMailed && { goesOnAt }),
    ...(goesOnAt !== null && state.isAskedToConfirm && { goesOnAt, isAskedToConfirm: true }),
  };
}

/** A mail that its agent has taken back in time: kept for agents, as if never written for everybody else. */
export function isTakenBack({ delivery }: Message): boolean {
  return delivery?.state === "failed" && delivery.reason === UNDONE_REASON;
}

/** A mail that an agent has moved to another conversation: only that one shows it. */
export function isMovedAway({ mail }: Message): boolean {
  return mail?.movedTo !== undefined;
}

/** Null where the viewer must not see the message: it is not for them, was taken back or moved away (A16). */
export function messageFor(viewer: Viewer, message: Message): Message | null {
  if (viewer.kind === "agent") return message;
  if (!isFor(message, viewer) || message.channel === "note" || isTakenBack(message) || isMovedAway(message)) return null;
  const { seq, id, at, channel, text, attachments, author } = message;
  return { seq, id, at, author: authorForVisitor(author), channel, text, attachments };
}

/** No ids, and no name that somebody else's mail gave itself. */
function authorForVisitor({ kind, name }: Author): Author {
  return kind === "contact" || name === undefined ? { kind } : { kind, name };
}

export function messagesFor(viewer: Viewer, messages: Message[]): Message[] {
  return messages.flatMap((message) => messageFor(viewer, message) ?? []);
}

/** A frame about a state change, in the words of its viewer; null where it is none of their business. */
export function frameFor(viewer: Viewer, frame: ServerFrame): ServerFrame | null {
  // Agents are sent the message itself, with where it went.
  if (viewer.kind === "agent") return frame.type === "withdrawn" ? null : frame;
  switch (frame.type) {
    case "message": {
      const message = messageFor(viewer, frame.message);
      return message === null ? null : { ...frame, message };
    }
    case "presence":
      return { type: "presence", ...presenceForVisitor(frame) };
    case "typing":
      return { type: "typing", author: authorForVisitor(frame.author) };
    case "delivery":
    case "event":
      return null;
    default:
      return frame;
  }
}

export function presenceFor(viewer: Viewer, presence: Presence): Presence {
  return viewer.kind === "agent" ? presence : presenceForVisitor(presence);
}

/** Whether the browser that began the conversation is shown this message. */
export function isForBeginner(state: ConversationState, message: Message | null, now: number): boolean {
  const viewer = message === null ? null : beginnerViewer(state, now);
  return message !== null && viewer !== null && messageFor(viewer, message) !== null;
}
