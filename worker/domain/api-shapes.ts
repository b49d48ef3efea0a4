/**
 * Every body, query and answer of the HTTP surface as a schema: the routes validate with them, the OpenAPI page
 * is generated from them, and the browser imports their types.
 */
import * as v from "valibot";
import {
  ATTACHMENTS_PER_MESSAGE_MAX,
  NAME_LENGTH_MAX,
  RECIPIENTS_MAX,
  SUBJECT_LENGTH_MAX,
  TEXT_LENGTH_MAX,
  channelSchema,
  contactSummarySchema,
  conversationEventSchema,
  conversationSchema,
  draftSchema,
  messageSchema,
  uuidSchema,
} from "../../durable-objects/conversation/protocol.ts";
import { ADDRESS_BYTES_MAX, canonicalAddress, isAddress } from "./address.ts";
import { toOneLine } from "./one-line.ts";
import { roleSchema } from "./roles.ts";

export const EMAIL_LENGTH_MAX = ADDRESS_BYTES_MAX;
export const PAGE_SIZE_MAX = 100;
export const PAGE_SIZE = 50;
export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 128;

/** One mailbox that mail can be sent to, in the one spelling that it is known by; no CR, LF, NUL, spaces, quotes or comments (T15). */
export const emailSchema = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(EMAIL_LENGTH_MAX),
  v.check(isAddress, "must be an email address"),
  v.transform(canonicalAddress),
);
/** A person's or thing's name on one line. */
export const nameSchema = v.pipe(v.string(), v.transform(toOneLine), v.minLength(1), v.maxLength(NAME_LENGTH_MAX));
const subjectSchema = v.pipe(
  v.string(),
  v.transform((subject) => subject.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim()),
  v.maxLength(SUBJECT_LENGTH_MAX),
);
/** Who else a mail goes to; with To at most 50 in all. */
const copies = {
  cc: v.optional(v.pipe(v.array(emailSchema), v.maxLength(RECIPIENTS_MAX))),
  bcc: v.optional(v.pipe(v.array(emailSchema), v.maxLength(RECIPIENTS_MAX))),
};
export const requiredText = v.pipe(
  v.string(),
  v.maxLength(TEXT_LENGTH_MAX),
  v.check((text) => text.trim() !== "", "must not be empty"),
);
/** Of a new password; older, shorter ones may still sign in. */
export const passwordSchema = v.pipe(v.string(), v.minLength(PASSWORD_LENGTH_MIN), v.maxLength(PASSWORD_LENGTH_MAX));
const limitSchema = v.optional(
  v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.minValue(1), v.maxValue(PAGE_SIZE_MAX)),
  String(PAGE_SIZE),
);
const cursorSchema = v.optional(v.pipe(v.string(), v.maxLength(500)));
/** Of a list that is small: without a `limit` all of it. */
export const pageQuerySchema = v.object({
  limit: v.optional(v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.minValue(1), v.maxValue(PAGE_SIZE_MAX))),
  cursor: cursorSchema,
});
const epochMs = v.number();

export const pageOf = <const S extends v.GenericSchema>(item: S) =>
  v.object({ items: v.array(item), nextCursor: v.nullable(v.string()) });

// Errors

export const problemSchema = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  code: v.string(),
  /** Names this failure in the log; shown to the user. */
  id: v.optional(v.string()),
});

// Setup, agents, keys

export const setupBodySchema = v.object({
  name: nameSchema,
  email: emailSchema,
  password: passwordSchema,
  company: nameSchema,
  mailbox: emailSchema,
});
export const setupStateSchema = v.object({ isDone: v.boolean(), needsToken: v.boolean() });

/** Who may be assigned and who wrote: what every agent sees of the others. */
export const agentSchema = v.object({ id: uuidSchema, name: v.string(), email: v.string(), role: roleSchema });
export const meSchema = v.object({ agent: agentSchema });
/** Without a `password` they are invited, and choose one themselves. */
export const agentCreateSchema = v.object({
  name: nameSchema,
  email: emailSchema,
  password: v.optional(passwordSchema),
  role: v.optional(roleSchema, "agent"),
});
/** `name` only of oneself (T22). */
export const agentPatchSchema = v.object({ name: v.optional(nameSchema), role: v.optional(roleSchema) });

export const apiKeySchema = v.object({
  id: uuidSchema,
  name: v.string(),
  role: roleSchema,
  createdAt: epochMs,
  lastUsedAt: v.nullable(epochMs),
  /** From then on it is refused; null: never. */
  expiresAt: v.nullable(epochMs),
  /** Whose key it is: it does no more than they may do now. */
  createdBy: v.object({ id: uuidSchema, name: v.string() }),
});
export const apiKeyCreateSchema = v.object({
  name: nameSchema,
  role: v.optional(roleSchema, "agent"),
  expiresAt: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger())), null),
});
/** `key` is answered once and stored only as a hash. */
export const apiKeyCreatedSchema = v.object({ ...apiKeySchema.entries, key: v.string() });

// Conversations

export const conversationsQuerySchema = v.object({
  limit: limitSchema,
  cursor: cursorSchema,
  status: v.optional(v.picklist(["open", "complete", "all"]), "open"),
  /** `me`, `none` or an agent's id. */
  assignee: v.optional(v.union([v.picklist(["me", "none"]), uuidSchema])),
  unread: v.optional(v.picklist(["true"])),
  channel: v.optional(v.picklist(["chat", "email"])),
  contact: v.optional(uuidSchema),
});
export const conversationPageSchema = v.object({
  conversation: conversationSchema,
  contact: v.nullable(contactSummarySchema),
  messages: v.array(messageSchema),
  hasOlder: v.boolean(),
  events: v.array(conversationEventSchema),
  drafts: v.array(draftSchema),
});
const seqParameter = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
export const messagesQuerySchema = v.object({
  limit: limitSchema,
  before: v.optional(seqParameter),
  /** The `nextCursor` of the page before: the same as `before`. */
  cursor: v.optional(seqParameter),
});
/** The address that an agent saw: where replies go to another one now nothing is sent (`address_changed`). */
const seenAddressSchema = v.pipe(v.array(emailSchema), v.length(1));
export const mailAgainBodySchema = v.object({
  to: v.optional(
    v.pipe(
      seenAddressSchema,
      v.description(
        "The address that its writer saw. Without it a mail goes where it was written to, if replies still go there, and a " +
          "chat message to the conversation's address of that moment.",
      ),
    ),
  ),
});
export const blockBodySchema = v.object({ isBlocked: v.boolean() });
export const addressBodySchema = v.object({ email: emailSchema });
export const partBodySchema = v.object({ email: v.optional(emailSchema) });
export const messageCreateSchema = v.object({
  clientId: uuidSchema,
  channel: channelSchema,
  text: v.pipe(v.string(), v.maxLength(TEXT_LENGTH_MAX)),
  subject: v.optional(subjectSchema),
  /** For `email` alone. */
  ...copies,
  to: v.optional(
    v.pipe(
      seenAddressSchema,
      v.description(
        "Of an email: the address that its writer saw. Where replies go to another one now it is refused with " +
          "`address_changed`. Without it the email goes to the conversation's address of that moment, whichever it is.",
      ),
    ),
  ),
  attachmentIds: v.optional(v.pipe(v.array(uuidSchema), v.maxLength(ATTACHMENTS_PER_MESSAGE_MAX))),
  ifLastSeq: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
export const readBodySchema = v.object({ seq: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))) });
export const assignBodySchema = v.object({ agentId: v.nullable(uuidSchema) });
export const conversationCreateSchema = v.object({
  clientId: uuidSchema,
  to: v.object({ email: emailSchema, name: v.optional(nameSchema) }),
  ...copies,
  subject: v.pipe(subjectSchema, v.minLength(1)),
  text: requiredText,
  attachmentIds: v.optional(v.pipe(v.array(uuidSchema), v.maxLength(ATTACHMENTS_PER_MESSAGE_MAX))),
});
export const conversationCreatedSchema = v.object({
  conversation: conversationSchema,
  message: messageSchema,
  ...conversationSchema.entries,
});
export const conversationContactBodySchema = v.object({ email: emailSchema, name: v.optional(nameSchema) });

// Address book

export const contactSchema = v.object({
  id: uuidSchema,
  name: v.nullable(v.string()),
  email: v.nullable(v.string()),
  addresses: v.array(
    v.object({
      email: v.string(),
      /** It has mailed us, or an agent wrote it down; false where it was only typed by a visitor. */
      isProven: v.boolean(),
      isUndeliverable: v.boolean(),
    }),
  ),
  /** Their mails are kept aside and their chats are closed. */
  isBlocked: v.boolean(),
  attributes: v.record(v.string(), v.string()),
  createdAt: epochMs,
});
/** Mail to it came back, or its owner reported it as spam: nothing is sent to it without an agent's say. */
export const undeliverableAddressSchema = v.object({
  email: v.string(),
  cause: v.picklist(["bounce", "complaint"]),
  /** Plain words. */
  reason: v.string(),
  at: epochMs,
});
/** `emails`: addresses, separated by commas. */
export const undeliverableQuerySchema = v.object({
  emails: v.pipe(
    v.string(),
    v.maxLength(RECIPIENTS_MAX * (EMAIL_LENGTH_MAX + 1)),
    v.transform((emails) => emails.split(",").map(canonicalAddress)),
    v.maxLength(RECIPIENTS_MAX),
  ),
});
const attributesSchema = v.pipe(
  v.record(v.pipe(v.string(), v.minLength(1), v.maxLength(50)), v.pipe(v.string(), v.maxLength(500))),
  v.check((attributes) => Object.keys(attributes).length <= 50, "at most 50 attributes"),
);
export const contactCreateSchema = v.object({
  email: v.optional(emailSchema),
  name: v.optional(nameSchema),
  attributes: v.optional(attributesSchema),
});
export const contactPatchSchema = v.object({
  name: v.optional(v.nullable(nameSchema)),
  /** Becomes the address that is written to; the others stay known. */
  email: v.optional(emailSchema),
  attributes: v.optional(attributesSchema),
  /** Blocking closes their chats at once; those stay closed after unblocking, and their visitors begin anew. */
  isBlocked: v.optional(v.boolean()),
});
/** `q` is the beginning of a name or address. */
export const contactsQuerySchema = v.object({
  limit: limitSchema,
  cursor: cursorSchema,
  q: v.optional(v.pipe(v.string(), v.maxLength(100))),
});

// Saved replies

export const savedReplyCategorySchema = v.object({ id: uuidSchema, name: v.string() });
export const savedReplyCategoryBodySchema = v.object({ name: nameSchema });
export const savedReplySchema = v.object({
  id: uuidSchema,
  categoryId: v.nullable(uuidSchema),
  title: v.string(),
  text: v.string(),
});
export const savedReplyCreateSchema = v.object({
  categoryId: v.optional(v.nullable(uuidSchema), null),
  title: nameSchema,
  text: requiredText,
});
export const savedReplyPatchSchema = v.partial(
  v.object({ categoryId: v.nullable(uuidSchema), title: nameSchema, text: requiredText }),
);

// Mailboxes and the ledger

const mailboxSettings = {
  name: v.nullable(nameSchema),
  /** Plain text below its replies; null uses the one in the settings. */
  signature: v.nullable(v.pipe(v.string(), v.maxLength(2_000))),
  locale: v.nullable(v.picklist(["en", "es"])),
  /** Who owns conversations that begin here; null leaves them to whoever replies first. */
  assigneeId: v.nullable(uuidSchema),
  hasReceipt: v.boolean(),
  hasOutOfHours: v.boolean(),
};
/** `brakeOffUntil`: until then mails of unknown senders are let in, however many come (M16a). */
const mailboxTimes = { createdAt: epochMs, brakeOffUntil: v.nullable(epochMs) };
export const mailboxSchema = v.object({ id: uuidSchema, address: v.string(), ...mailboxSettings, ...mailboxTimes });
export const mailboxCreateSchema = v.object({ address: emailSchema, ...v.partial(v.object(mailboxSettings)).entries });
export const mailboxPatchSchema = v.partial(v.object(mailboxSettings));
/** Without `to` it goes to the agent who asks. */
export const testMailSchema = v.object({ to: v.optional(emailSchema) });
export const testMailResultSchema = v.object({
  /** `deferred` was not sent and may work later; of `unknown` nobody can say whether it was sent. */
  kind: v.picklist(["sent", "refused", "deferred", "unknown"]),
  to: v.string(),
  /** Plain words, with the server's own; none where it was sent. */
  reason: v.optional(v.string()),
});

export const ledgerQuerySchema = v.object({
  limit: limitSchema,
  cursor: cursorSchema,
  /** `attention`: only mails that wait for a person, quarantined or failed. `braked`: kept aside by the brake. */
  state: v.optional(v.picklist(["attention", "quarantined", "filtered", "braked"])),
  /**
   * A whole address: all mails of that sender. Else words that the subject or an address contains, looked for among the
   * next 1,000 mails: a page may be short, or empty, and still have a next one.
   */
  q: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(100))),
});
/** Mails that wait for a person, counted up to 100. */
export const ledgerAttentionSchema = v.object({ count: v.number() });
/** What its sender wrote, cleaned; null where it has none or is beyond what can be shown. */
export const ledgerHtmlSchema = v.object({ html: v.nullable(v.string()) });
export const ledgerEntrySchema = v.object({
  id: uuidSchema,
  receivedAt: epochMs,
  from: v.string(),
  to: v.string(),
  subject: v.nullable(v.string()),
  state: v.picklist(["received", "parsed", "decided", "applied", "quarantined", "filtered", "failed"]),
  verdict: v.nullable(v.string()),
  reason: v.nullable(v.string()),
  conversationId: v.nullable(v.string()),
  /** Whether it is a message, which can be moved to another conversation. */
  isMovable: v.boolean(),
  /** Where an agent wants it to be, until it is there. */
  movingTo: v.nullable(v.string()),
  /** Where it was before an agent moved it; moving it back there undoes that. */
  movedFrom: v.nullable(v.string()),
  /** Bytes. */
  size: v.number(),
});

/** Null: a conversation of its own. */
export const ledgerMoveSchema = v.object({ conversationId: v.nullable(uuidSchema) });

// Files

export const attachmentCreatedSchema = v.object({ id: uuidSchema, name: v.string(), type: v.string(), size: v.number() });
export const signedUrlSchema = v.object({ url: v.string(), expiresAt: epochMs });

// Health

export const healthSchema = v.object({
  status: v.picklist(["ok", "degraded"]),
  checks: v.record(v.string(), v.object({ isOk: v.boolean(), detail: v.optional(v.string()) })),
});

export type Problem = v.InferOutput<typeof problemSchema>;
export type Agent = v.InferOutput<typeof agentSchema>;
export type SetupState = v.InferOutput<typeof setupStateSchema>;
export type ApiKey = v.InferOutput<typeof apiKeySchema>;
export type ApiKeyCreated = v.InferOutput<typeof apiKeyCreatedSchema>;
export type ConversationPage = v.InferOutput<typeof conversationPageSchema>;
export type Contact = v.InferOutput<typeof contactSchema>;
export type SavedReply = v.InferOutput<typeof savedReplySchema>;
export type SavedReplyCategory = v.InferOutput<typeof savedReplyCategorySchema>;
export type UndeliverableAddress = v.InferOutput<typeof undeliverableAddressSchema>;
export type TestMailResult = v.InferOutput<typeof testMailResultSchema>;
export type Mailbox = v.InferOutput<typeof mailboxSchema>;
export type LedgerEntry = v.InferOutput<typeof ledgerEntrySchema>;
export type LedgerHtml = v.InferOutput<typeof ledgerHtmlSchema>;
export type AttachmentCreated = v.InferOutput<typeof attachmentCreatedSchema>;
export type SignedUrl = v.InferOutput<typeof signedUrlSchema>;
