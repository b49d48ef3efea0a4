/**
 * The wire format of a conversation's sockets, as data. Nothing else lives here and nothing but the
 * schema library and such data is imported, so that the browser, the Worker and the object share one truth.
 *
 * Rules of the protocol are numbered in SPEC.md. A test hashes these schemas: when they change, bump
 * PROTOCOL_VERSION (or only the recorded hash, where the change is an optional addition).
 */
import * as v from "valibot";
import { invitationSchema, leftOutSchema } from "./understood-mail.ts";

/** Version that both ends speak. The subprotocol names it; an unknown one is closed with 4003. */
export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = "hilo.v1";
/** Prefix of the subprotocol that carries a visitor's token, kept out of every URL and log. */
export const TOKEN_SUBPROTOCOL_PREFIX = "token.";

/** UTF-16 code units of a message's text. */
export const TEXT_LENGTH_MAX = 20_000;
/** UTF-16 code units of one frame as received. */
export const FRAME_LENGTH_MAX = 64_000;
export const ATTACHMENTS_PER_MESSAGE_MAX = 10;
/** UTF-16 code units. RFC 5322 allows 998 octets a line. */
export const SUBJECT_LENGTH_MAX = 250;
export const NAME_LENGTH_MAX = 100;
/** To, Cc and Bcc of one mail together: the platform's limit. */
export const RECIPIENTS_MAX = 50;
/** UTF-16 code units of an address (RFC 5321, 4.5.3.1.3, without the angle brackets). */
export const ADDRESS_LENGTH_MAX = 254;
/** Messages in one `welcome` or `messages` frame. */
export const MESSAGES_PER_FRAME = 50;

/**
 * A visitor is offline when the last ping of a visible page is older than this: a ping's interval, and the time after
 * which its client gives the socket up. Lists look every 15 s, so a phone that lost its network is offline within 45 s.
 */
export const PRESENCE_VISIBLE_MS = 30_000;
/** Browsers slow the timers of hidden pages to one a minute. */
export const PRESENCE_HIDDEN_MS = 90_000;
/** How often a client sends the `ping` string; answered without waking the object. */
export const PING_INTERVAL_MS = 15_000;
/** The `reason` of a mail that did not leave because replies go to another address now. */
export const ADDRESS_CHANGED_REASON = "the address was changed before it was sent";
/** The `reason` of a mail that an agent has taken back in time: it has failed, and nothing went wrong. */
export const UNDONE_REASON = "taken back before it was sent";
/** A `typing` notice is shown for this long. */
export const TYPING_SHOWN_MS = 4_000;

export const CLOSE_CODES = {
  notAllowed: 4001,
  badFrame: 4002,
  protocolTooOld: 4003,
  tooMuchTraffic: 4008,
} as const;

/** Lower-case UUIDv7; the sender's own id of a message, which makes sending idempotent (A2). */
export const uuidSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, "must be a UUIDv7"),
);
const seqSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const epochMsSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const textSchema = v.pipe(v.string(), v.maxLength(TEXT_LENGTH_MAX));
/** Addresses as a client gives them; what is wrong with one is answered by name (`bad_copies`), not with a closed socket. */
const copiesSchema = v.pipe(v.array(v.pipe(v.string(), v.maxLength(ADDRESS_LENGTH_MAX))), v.maxLength(RECIPIENTS_MAX));
const personSchema = v.object({ address: v.string(), name: v.optional(v.string()) });

export const channelSchema = v.picklist(["chat", "email", "note"]);
export const statusSchema = v.picklist(["open", "complete"]);

export const authorSchema = v.object({
  kind: v.picklist(["visitor", "contact", "agent", "system"]),
  id: v.optional(v.string()),
  name: v.optional(v.string()),
});

export const attachmentSchema = v.object({
  id: uuidSchema,
  name: v.string(),
  type: v.string(),
  /** Bytes. */
  size: v.number(),
  /** Of a mail's file: what an image in its HTML names it by. */
  contentId: v.optional(v.string()),
  /** Of a mail's file: its sender meant it to be seen in the text. */
  isInline: v.optional(v.boolean()),
});

/**
 * What became of a message that has to leave Hilo.
 * `queued` may still be undone until `undoUntil`; `sending` was written before the transport was called;
 * `unknown` means that the transport was cut before it answered: never repeated by itself (A5).
 * `seen` applies to chat replies that the visitor has had on screen.
 */
export const deliverySchema = v.object({
  state: v.picklist(["queued", "sending", "sent", "failed", "unknown", "seen"]),
  /** Plain words for the agent. */
  reason: v.optional(v.string()),
  /** Epoch ms until which an agent may take the reply back. */
  undoUntil: v.optional(epochMsSchema),
  /** Addresses that the mail goes or went to: To, then Cc, then Bcc. */
  to: v.optional(v.array(v.string())),
  /** Those that it did not reach although it reached others, and why; `isPending` while they are still tried. */
  refused: v.optional(v.array(v.object({ address: v.string(), reason: v.string(), isPending: v.optional(v.boolean()) }))),
  /** Those whose mail server has said that it has the mail, where the platform tells. */
  deliveredTo: v.optional(v.array(v.string())),
  /** Epoch ms of the first receipt that says that somebody had it on screen. */
  openedAt: v.optional(epochMsSchema),
});

/** Another conversation, where a mail was moved from or to by an agent. */
const moveSchema = v.object({
  conversationId: uuidSchema,
  /** The agent's name. */
  by: v.optional(v.string()),
  /** Epoch ms of when the mail had first arrived. */
  at: v.optional(epochMsSchema),
});

/**
 * Whom a message is for besides the agents, each by name: sessions of browsers, and addresses. Both empty is agents alone.
 * Decided once, when the message is stored; never computed later, and never widened but as `audience.ts` says.
 */
export const audienceSchema = v.object({ sessions: v.array(v.string()), addresses: v.array(v.string()) });

export const messageSchema = v.object({
  seq: seqSchema,
  id: uuidSchema,
  /** Epoch ms, by the server's clock. */
  at: epochMsSchema,
  author: authorSchema,
  channel: channelSchema,
  text: v.string(),
  /** Sanitised HTML of an incoming mail; only ever sent to agents. */
  html: v.optional(v.string()),
  /** The part of an incoming mail that is folded away; only ever sent to agents. */
  quoted: v.optional(v.string()),
  subject: v.optional(v.string()),
  attachments: v.array(attachmentSchema),
  delivery: v.optional(deliverySchema),
  /** Only ever sent to agents; where it is missing the message is for agents alone. */
  for: v.optional(audienceSchema),
  /** The address that an agent's mail was written to, as its agent saw it; only ever sent to agents. */
  to: v.optional(v.string()),
  /** Who else an agent's mail goes to; only ever sent to agents. */
  cc: v.optional(v.array(v.string())),
  bcc: v.optional(v.array(v.string())),
  /** Where a message came from when that needs saying, for agents. */
  mail: v.optional(
    v.object({
      ledgerId: v.optional(v.string()),
      from: v.optional(personSchema),
      /** The other people in its To and Cc: not its author, no mailbox of ours. */
      others: v.optional(v.array(personSchema)),
      campaign: v.optional(v.string()),
      /** Someone who held the reply address but is not the contact. */
      isNewPerson: v.optional(v.boolean()),
      /** Someone else of the thread than its contact. */
      isParticipant: v.optional(v.boolean()),
      /** Nobody wrote it: an out-of-office answer and the like. */
      isAutomatic: v.optional(v.boolean()),
      forwardedBy: v.optional(v.string()),
      /** By whose click that is believed, where nothing else showed it. */
      forwardAcceptedBy: v.optional(v.object({ id: v.string(), name: v.string() })),
      /** The agent that its `From` line names; nothing shows that it is from them. */
      claimsAgent: v.optional(v.object({ id: v.string(), name: v.string() })),
      /** Whose mail it says that this agent forwarded: `POST /api/ledger/:id/accept-forward` believes it. */
      claimsForward: v.optional(personSchema),
      /** The contact form through which somebody wrote; the address in `from` is what they typed. */
      form: v.optional(v.object({ address: v.string() })),
      /** Other addresses that it asks for answers at: never used by themselves. */
      replyTo: v.optional(v.array(personSchema)),
      /** Somebody outside answers what was sent on to them. */
      isFromOutside: v.optional(v.boolean()),
      /** An agent's answer by mail that did not go out: replies go to another address than when they read what they answer. */
      isHeldBack: v.optional(v.boolean()),
      /** It refers to a mail of that conversation, to which its author does not belong (M13). */
      linkedTo: v.optional(uuidSchema),
      /** It is shown there; here stands only where it went. */
      movedTo: v.optional(moveSchema),
      movedFrom: v.optional(moveSchema),
      /** The last of its moves that this message has heard of: an older one changes nothing. */
      move: v.optional(v.number()),
      /** Its HTML is too long to travel with every look at the thread: `GET /api/ledger/:id/html` has it. */
      hasLongHtml: v.optional(v.boolean()),
      /** It was larger than what is read; the raw mail has the rest. */
      leftOut: v.optional(v.array(leftOutSchema)),
      /** Reading all of it did not come to an end, so that this is a part; a person can have it read once more. */
      isPartial: v.optional(v.boolean()),
      invitation: v.optional(invitationSchema),
      /** Signed or encrypted, by how it is built: neither is checked or opened. */
      protection: v.optional(v.object({ kind: v.picklist(["signed", "encrypted"]), by: v.picklist(["pgp", "smime"]) })),
    }),
  ),
});

/** Something that happened to a conversation and is no message; agents only, has no `seq`. */
export const conversationEventSchema = v.object({
  id: v.number(),
  at: epochMsSchema,
  /** The message that it follows. */
  afterSeq: seqSchema,
  kind: v.picklist([
    "assigned",
    "unassigned",
    "completed",
    "reopened",
    "contact",
    /** The visitor says another address than the one that mails went to or came from: an agent decides. */
    "claimed",
    /** The browser that began the chat has shown that the address is theirs. */
    "confirmed",
  ]),
  actor: authorSchema,
  /** The agent that it was assigned to, or the address that was given. */
  subject: v.optional(v.object({ id: v.optional(v.string()), name: v.optional(v.string()) })),
});

export const contactSummarySchema = v.object({
  id: uuidSchema,
  name: v.nullable(v.string()),
  email: v.nullable(v.string()),
});

/**
 * What the browser that began a chat has shown of an address: only typed it; the mailbox exists and has answered us;
 * it is theirs. `mail` where no browser began the conversation.
 */
export const addressLevelSchema = v.picklist(["typed", "reachable", "confirmed", "mail"]);

export const conversationAddressSchema = v.object({
  email: v.string(),
  level: addressLevelSchema,
  /** Another address, that the visitor says now; replies go there only after an agent's click. */
  claimed: v.nullable(v.string()),
  /** They have shown it, and see nothing now: they are blocked. */
  wasShown: v.optional(v.boolean()),
});

/** A conversation as a list item; lists, pages and frames all use this one shape. */
export const conversationSchema = v.object({
  id: uuidSchema,
  contact: v.nullable(contactSummarySchema),
  status: statusSchema,
  /** True while a message of the visitor or contact has not been opened by any agent (S2). */
  unread: v.boolean(),
  assigneeId: v.nullable(v.string()),
  lastMessage: v.nullable(
    v.object({
      seq: seqSchema,
      at: epochMsSchema,
      author: authorSchema,
      channel: channelSchema,
      preview: v.string(),
    }),
  ),
  /** Of the last message that is no note. */
  channel: v.optional(v.picklist(["chat", "email"])),
  isVisitorOnline: v.boolean(),
  /** Grows with every change; an older one never replaces a newer one. */
  revision: v.number(),
  subject: v.nullable(v.string()),
  createdAt: epochMsSchema,
  /** The last message that any agent has had on screen. */
  readSeq: seqSchema,
  /** The last message that the visitor has had on screen. */
  visitorSeenSeq: seqSchema,
  /** The last message that had reached the visitor's device when it was last online. */
  visitorDeliveredSeq: v.optional(seqSchema),
  /** False for a conversation that began by mail: there is no widget to chat in. */
  hasVisitor: v.boolean(),
  /** An agent has closed it to the browser that began it. */
  isVisitorBlocked: v.optional(v.boolean()),
  /** It is closed to that browser, by an agent or because an address that was given in it is somebody's who is blocked. */
  isSentAway: v.optional(v.boolean()),
  /** Where replies by email go, and what is known of it. */
  address: v.optional(v.nullable(conversationAddressSchema), null),
  /** The newest mail from an address that the browser in the chat has not shown to be theirs: what is in it is not to be chatted. */
  unconfirmedMail: v.optional(v.nullable(v.object({ seq: seqSchema, email: v.string() })), null),
  /** Whose mails *this is somebody else* takes out of here: the newest author's whom the visitor has not shown to be. */
  partable: v.optional(v.string()),
  /** The contact form through which it began. */
  form: v.optional(v.string()),
  /** The page and language that the visitor wrote from. */
  visitor: v.nullable(
    v.object({
      page: v.optional(v.string()),
      locale: v.optional(v.string()),
      userAgent: v.optional(v.string()),
      country: v.optional(v.string()),
      /** What they call themselves: their own word. */
      name: v.optional(v.string()),
    }),
  ),
});

/** What a visitor may know of their conversation: no addresses, no notes, no internals. */
export const visitorConversationSchema = v.object({
  id: uuidSchema,
  status: statusSchema,
  /** True once an address is known, so that the capture form is not shown again. */
  hasEmail: v.boolean(),
  /** The last message that an agent has had on screen. */
  readSeq: seqSchema,
  visitorSeenSeq: seqSchema,
  assignee: v.nullable(v.object({ name: v.string() })),
  /** From our first reply by mail on, while this browser has not shown that the address is theirs: the address, masked. */
  goesOnAt: v.optional(v.string()),
  /** An agent asks them to show it. */
  isAskedToConfirm: v.optional(v.boolean()),
});

export const presenceSchema = v.object({
  isVisitorOnline: v.boolean(),
  /** Agents who have this conversation open; to visitors without their ids. */
  agents: v.array(v.object({ id: v.optional(v.string()), name: v.optional(v.string()) })),
});

export const draftSchema = v.object({
  kind: v.picklist(["reply", "note"]),
  text: textSchema,
  updatedAt: epochMsSchema,
});

// Client → server

const helloFrame = v.object({
  type: v.literal("hello"),
  lastSeq: seqSchema,
  /** Hidden pages ping less often, and are counted online for longer. */
  isHidden: v.optional(v.boolean()),
});
const sendFrame = v.object({
  type: v.literal("send"),
  clientId: uuidSchema,
  text: textSchema,
  attachmentIds: v.optional(v.pipe(v.array(uuidSchema), v.maxLength(ATTACHMENTS_PER_MESSAGE_MAX))),
  /** Agents only; visitors are always `chat`. */
  channel: v.optional(channelSchema),
  subject: v.optional(v.pipe(v.string(), v.maxLength(SUBJECT_LENGTH_MAX))),
  /** Agents' emails only. */
  cc: v.optional(copiesSchema),
  bcc: v.optional(copiesSchema),
  /** Send guard: refuse where another agent's reply is newer than this. */
  ifLastSeq: v.optional(seqSchema),
  /** Of an agent's email: the address that they saw; refused with `address_changed` where it is another one now. */
  to: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(ADDRESS_LENGTH_MAX))), v.maxLength(1))),
});
/** Agents say what they are writing: who will not be sent it does not hear that it is being written. */
const typingFrame = v.object({ type: v.literal("typing"), channel: v.optional(channelSchema) });
const seenFrame = v.object({ type: v.literal("seen"), seq: seqSchema });
const visibilityFrame = v.object({ type: v.literal("visibility"), isHidden: v.boolean() });
const draftFrame = v.object({
  type: v.literal("draft"),
  kind: v.picklist(["reply", "note"]),
  text: textSchema,
});
const undoFrame = v.object({ type: v.literal("undo"), seq: seqSchema });

export const clientFrameSchema = v.variant("type", [
  helloFrame,
  sendFrame,
  typingFrame,
  seenFrame,
  visibilityFrame,
  draftFrame,
  undoFrame,
]);

// Server → client

export const rejectionReasonSchema = v.picklist([
  "bad_frame",
  "not_allowed",
  "hello_first",
  "too_long",
  "empty",
  "no_address",
  /** Cc or Bcc where there is none, one that is no address or ours, or too many; `detail` says which. */
  "bad_copies",
  "newer_reply",
  "address_changed",
  "unknown_attachment",
  "too_late",
  "too_much_traffic",
  "protocol_too_old",
  "try_again",
]);

const anyConversation = v.union([conversationSchema, visitorConversationSchema]);

export const serverFrameSchema = v.variant("type", [
  v.object({
    type: v.literal("welcome"),
    conversation: anyConversation,
    presence: presenceSchema,
    messages: v.array(messageSchema),
    more: v.boolean(),
    /** Agents only: what happened, and this agent's drafts. */
    events: v.optional(v.array(conversationEventSchema)),
    drafts: v.optional(v.array(draftSchema)),
    /** Visitors only: messages that are not to be shown any more, whether the client has them or not. */
    withdrawn: v.optional(v.array(seqSchema)),
  }),
  v.object({ type: v.literal("messages"), messages: v.array(messageSchema), more: v.boolean() }),
  v.object({ type: v.literal("message"), message: messageSchema, clientId: v.optional(v.string()) }),
  v.object({
    type: v.literal("rejected"),
    clientId: v.optional(v.string()),
    reason: rejectionReasonSchema,
    detail: v.optional(v.string()),
  }),
  v.object({ type: v.literal("conversation"), conversation: anyConversation }),
  v.object({ type: v.literal("presence"), ...presenceSchema.entries }),
  v.object({ type: v.literal("typing"), author: authorSchema }),
  v.object({ type: v.literal("delivery"), seq: seqSchema, delivery: deliverySchema }),
  /** To visitors: these messages are not to be shown any more. */
  v.object({ type: v.literal("withdrawn"), seqs: v.array(seqSchema) }),
  v.object({ type: v.literal("event"), event: conversationEventSchema }),
  /** To all sockets of its agent: the draft is stored; an empty text is none. */
  v.object({ type: v.literal("draft"), draft: draftSchema }),
]);

export type Uuid = v.InferOutput<typeof uuidSchema>;
export type Channel = v.InferOutput<typeof channelSchema>;
export type Status = v.InferOutput<typeof statusSchema>;
export type Author = v.InferOutput<typeof authorSchema>;
export type Attachment = v.InferOutput<typeof attachmentSchema>;
export type LeftOut = v.InferOutput<typeof leftOutSchema>;
export type LeftOutKind = LeftOut["kind"];
export type Invitation = v.InferOutput<typeof invitationSchema>;
export type Delivery = v.InferOutput<typeof deliverySchema>;
export type Message = v.InferOutput<typeof messageSchema>;
export type ConversationEvent = v.InferOutput<typeof conversationEventSchema>;
export type Audience = v.InferOutput<typeof audienceSchema>;
export type AddressLevel = v.InferOutput<typeof addressLevelSchema>;
export type ContactSummary = v.InferOutput<typeof contactSummarySchema>;
export type Conversation = v.InferOutput<typeof conversationSchema>;
export type VisitorConversation = v.InferOutput<typeof visitorConversationSchema>;
export type Presence = v.InferOutput<typeof presenceSchema>;
export type Draft = v.InferOutput<typeof draftSchema>;
export type RejectionReason = v.InferOutput<typeof rejectionReasonSchema>;
export type ClientFrame = v.InferOutput<typeof clientFrameSchema>;
export type ServerFrame = v.InferOutput<typeof serverFrameSchema>;
