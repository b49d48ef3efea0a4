/** What a conversation knows of itself besides its messages: one row, parsed when loaded. Pure. */
import * as v from "valibot";
import { contactSummarySchema, conversationSchema, statusSchema, type Message } from "./protocol.ts";

/** Message-IDs kept of a mail thread: enough for the first and newest that a References header carries. */
export const REFERENCES_MAX = 40;
/** UTF-16 code units of a list item's preview. */
export const PREVIEW_LENGTH_MAX = 140;

export const mailThreadSchema = v.object({
  mailboxId: v.string(),
  mailbox: v.string(),
  /** The ids of the thread, oldest first, without brackets. */
  references: v.array(v.string()),
  /** The last mail from the other side: what a reply answers. */
  lastInboundId: v.nullable(v.string()),
});

/** Of the first token that a visitor is given; raised when it is revoked. */
export const FIRST_TOKEN_GENERATION = 1;

const NOTHING_UNSEEN = { dueAt: null, afterMs: 0, mails: 0 };

const replySchema = v.object({ seq: v.number(), agentId: v.string() });

export const conversationStateSchema = v.object({
  id: v.string(),
  createdAt: v.number(),
  status: statusSchema,
  assignee: v.nullable(v.object({ id: v.string(), name: v.string() })),
  lastSeq: v.number(),
  readSeq: v.number(),
  visitorSeenSeq: v.number(),
  /** The last message that had reached the visitor's device when it was last online. */
  visitorDeliveredSeq: v.optional(v.number(), 0),
  /** The last message of the visitor or contact that was not automatic. */
  lastInboundSeq: v.number(),
  /** The last reply of an agent (no note), for the send guard. */
  lastReply: v.nullable(replySchema),
  /** The last one of another agent than that. */
  otherReply: v.optional(v.nullable(replySchema), null),
  revision: v.number(),
  /** Revision that the index and the agents' lists have; may lag behind what they really have, never run ahead. */
  projectedRevision: v.number(),
  contact: v.nullable(contactSummarySchema),
  /** An address that a visitor typed and that is not yet in the address book. */
  capture: v.nullable(v.object({ email: v.string(), name: v.optional(v.string()) })),
  /**
   * False while the address was only typed by a visitor: nobody's mail may join then, for the visitor reads along (T2).
   * True once a mail with this conversation's token came from it, and where the conversation began by mail.
   */
  isAddressProven: v.boolean(),
  hasVisitor: v.boolean(),
  /** The address of the contact form by which it began: the address of its person was typed there. */
  form: v.optional(v.string()),
  visitor: conversationSchema.entries.visitor,
  /** Visitor tokens of an older generation are refused (T5). */
  tokenGeneration: v.number(),
  /** Chat replies that the visitor has not seen: when to look, how long after they left, and how often it was mailed. */
  unseen: v.optional(v.object({ dueAt: v.nullable(v.number()), afterMs: v.number(), mails: v.number() }), NOTHING_UNSEEN),
  subject: v.nullable(v.string()),
  mail: v.nullable(mailThreadSchema),
  /** Messages that are mails which were moved to another conversation. */
  movedSeqs: v.optional(v.array(v.number()), []),
  /** Those that were moved back. */
  returnedSeqs: v.optional(v.array(v.number()), []),
  /** Mails that their agent has taken back, newest last; as many as a visitor who was away is told of. */
  takenBackSeqs: v.optional(v.array(v.number()), []),
  lastMessage: conversationSchema.entries.lastMessage,
  /** Channel of the last message that is no note. */
  channel: v.picklist(["chat", "email"]),
});

export type ConversationState = v.InferOutput<typeof conversationStateSchema>;
export type MailThread = v.InferOutput<typeof mailThreadSchema>;

export function newConversationState(input: {
  id: string;
  now: number;
  visitor: ConversationState["visitor"];
  hasVisitor: boolean;
}): ConversationState {
  return {
    id: input.id,
    createdAt: input.now,
    status: "open",
    assignee: null,
    lastSeq: 0,
    readSeq: 0,
    visitorSeenSeq: 0,
    visitorDeliveredSeq: 0,
    lastInboundSeq: 0,
    lastReply: null,
    otherReply: null,
    revision: 0,
    projectedRevision: 0,
    contact: null,
    capture: null,
    isAddressProven: !input.hasVisitor,
    hasVisitor: input.hasVisitor,
    visitor: input.visitor,
    tokenGeneration: FIRST_TOKEN_GENERATION,
    unseen: NOTHING_UNSEEN,
    subject: null,
    mail: null,
    movedSeqs: [],
    returnedSeqs: [],
    takenBackSeqs: [],
    lastMessage: null,
    channel: "chat",
  };
}

/** The address that an email reply goes to (T4), or null. */
export function replyAddressOf(state: ConversationState): string | null {
  return state.contact?.email ?? state.capture?.email ?? null;
}

/** What has been shown of that address. */
export function addressOf(state: ConversationState): { email: string; level: "typed" | "reachable" | "mail" } | null {
  const email = replyAddressOf(state);
  if (email === null) return null;
  if (!state.isAddressProven) return { email, level: "typed" };
  return { email, level: state.hasVisitor || state.form !== undefined ? "reachable" : "mail" };
}

/** Whether a typed address becomes a contact: who filled in a form does when an agent has answered them. */
export function isForAddressBook({ capture, form, lastReply }: ConversationState): boolean {
  return capture !== null && (form === undefined || lastReply !== null);
}

export function isUnread(state: ConversationState): boolean {
  return state.lastInboundSeq > state.readSeq;
}

/** What a list shows of the newest message. */
export function lastMessageOf(message: Message): NonNullable<ConversationState["lastMessage"]> {
  const { seq, at, author, channel } = message;
  return { seq, at, author, channel, preview: previewOf(message) };
}

export function previewOf(message: Pick<Message, "text" | "attachments">): string {
  const line = message.text.replace(/\s+/gu, " ").trim();
  if (line !== "") return line.length > PREVIEW_LENGTH_MAX ? `${line.slice(0, PREVIEW_LENGTH_MAX - 1)}…` : line;
  return message.attachments.map((attachment) => attachment.name).join(", ");
}

/** Ids of a thread, oldest first: each once, and where there are too many the first, which names it, and the newest. */
export function keepReferences(ids: readonly string[]): string[] {
  const unique = [...new Set(ids)];
  return unique.length > REFERENCES_MAX ? [...unique.slice(0, 1), ...unique.slice(1 - REFERENCES_MAX)] : unique;
}
