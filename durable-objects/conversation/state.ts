/** What a conversation knows of itself besides its messages: one row, parsed when loaded. Pure. */
import * as v from "valibot";
import { addressSchema, correspondentSchema } from "./addresses.ts";
import { contactSummarySchema, conversationSchema, statusSchema, type Message } from "./protocol.ts";
import { beginnerSchema, newBeginner } from "./sessions.ts";
import { stateInOneSpelling } from "./spelling.ts";
import { upgradeState } from "./upgrade-state.ts";

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

const NOTHING_UNSEEN = { dueAt: null, afterMs: 0, mails: 0, day: 0 };

const replySchema = v.object({ seq: v.number(), agentId: v.string() });
const agentSchema = v.object({ id: v.string(), name: v.string() });

/** What the browser that began the chat knows of the conversation: only what a message that is for it, or an agent, has caused. */
const shownSchema = v.object({
  status: statusSchema,
  readSeq: v.number(),
  assignee: v.nullable(agentSchema),
  /** The last message that it has written. */
  ownSeq: v.number(),
});

const stateSchema = v.object({
  id: v.string(),
  createdAt: v.number(),
  status: statusSchema,
  assignee: v.nullable(agentSchema),
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
  /** Where replies by mail go, and whose it is. */
  address: v.nullable(addressSchema),
  /** An address that the visitor says now, where only an agent's click may replace the other. */
  claimed: v.nullable(v.string()),
  /** Such addresses that the address book has not been told of yet. */
  claimsToNote: v.optional(v.array(v.string()), []),
  /** Those whom mails of this conversation went to or came from. */
  correspondents: v.array(correspondentSchema),
  /** The newest mail of each address; the address book and the composer ask who that is. */
  heardMails: v.optional(v.array(v.object({ email: v.string(), seq: v.number() })), []),
  /** An address whose contact is to be found or made in the address book. */
  unresolved: v.nullable(v.object({ email: v.string(), name: v.optional(v.string()) })),
  /** An address whose owner's mails go here from now on, until the address book has been told. */
  placeToNote: v.optional(v.nullable(v.string()), null),
  /** The session that began the conversation as a chat; null where a mail or an agent did. */
  beginner: v.nullable(beginnerSchema),
  /** The address of the contact form by which it began: the address of its person was typed there. */
  form: v.optional(v.nullable(v.string()), null),
  shown: shownSchema,
  visitor: conversationSchema.entries.visitor,
  /** The first of our replies by mail has left: from then on the widget says where the conversation goes on. */
  hasMailed: v.optional(v.boolean(), false),
  /** An agent has asked the visitor to show that the address is theirs. */
  isAskedToConfirm: v.optional(v.boolean(), false),
  /** Chat replies that the visitor has not seen: when to look, how long after they left, and how often it was mailed. */
  unseen: v.optional(
    v.object({
      dueAt: v.nullable(v.number()),
      afterMs: v.number(),
      /** Since `day`, where mails are counted by day; else in all. */
      mails: v.number(),
      /** Days since 1970 (UTC). */
      day: v.optional(v.number(), 0),
    }),
    NOTHING_UNSEEN,
  ),
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

/** A stored state, of this version or one before sessions had ids. */
export const conversationStateSchema = v.pipe(
  v.unknown(),
  v.transform(upgradeState),
  stateSchema,
  v.transform(stateInOneSpelling),
);

export type ConversationState = v.InferOutput<typeof stateSchema>;
export type MailThread = v.InferOutput<typeof mailThreadSchema>;

export function newConversationState(input: {
  id: string;
  now: number;
  visitor: ConversationState["visitor"];
  /** Set where a browser begins it. */
  session: { id: string; origin: string | null } | null;
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
    address: null,
    claimed: null,
    claimsToNote: [],
    correspondents: [],
    heardMails: [],
    unresolved: null,
    placeToNote: null,
    beginner: input.session === null ? null : newBeginner(input.session),
    form: null,
    shown: { status: "open", readSeq: 0, assignee: null, ownSeq: 0 },
    visitor: input.visitor,
    hasMailed: false,
    isAskedToConfirm: false,
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
  return state.address?.email ?? null;
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
