/** One truth, two audiences: what agents and what visitors may see of it. Pure. */
import type { Connection } from "./connection.ts";
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
import { addressOf, isUnread, replyAddressOf, type ConversationState } from "./state.ts";

export type Audience = Connection["kind"];

/** The conversation as a list item. */
export function conversationForAgents(state: ConversationState, isVisitorOnline: boolean): Conversation {
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
    hasVisitor: state.hasVisitor,
    address: addressOf(state),
    ...(state.form === undefined ? {} : { form: state.form }),
    visitor: state.visitor,
  };
}

export function conversationForVisitor(state: ConversationState): VisitorConversation {
  return {
    id: state.id,
    status: state.status,
    hasEmail: replyAddressOf(state) !== null,
    readSeq: state.readSeq,
    visitorSeenSeq: state.visitorSeenSeq,
    assignee: state.assignee === null ? null : { name: state.assignee.name },
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

/**
 * Null where the audience must not see the message at all: notes, what other people mailed (T2), what was taken back or
 * moved away.
 */
export function messageFor(audience: Audience, message: Message): Message | null {
  if (audience === "agent") return message;
  if (message.channel === "note" || isTakenBack(message) || isMovedAway(message)) return null;
  if (message.mail?.isNewPerson === true || message.mail?.isParticipant === true) return null;
  const { seq, id, at, channel, text, attachments, author } = message;
  return { seq, id, at, author: authorForVisitor(author), channel, text, attachments };
}

/** No ids, and no name that somebody else's mail gave itself. */
function authorForVisitor({ kind, name }: Author): Author {
  return kind === "contact" || name === undefined ? { kind } : { kind, name };
}

export function messagesFor(audience: Audience, messages: Message[]): Message[] {
  return messages.flatMap((message) => messageFor(audience, message) ?? []);
}

/** A frame about a state change, in the words of its audience; null where it is none of its business. */
export function frameFor(audience: Audience, frame: ServerFrame): ServerFrame | null {
  // Agents are sent the message itself, with where it went.
  if (audience === "agent") return frame.type === "withdrawn" ? null : frame;
  switch (frame.type) {
    case "message": {
      const message = messageFor(audience, frame.message);
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

export function presenceFor(audience: Audience, presence: Presence): Presence {
  return audience === "agent" ? presence : presenceForVisitor(presence);
}
