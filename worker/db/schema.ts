/**
 * The schema of D1 `DB`, but for the tables of `account-schema.ts`. Messages are not here: they belong to the conversation objects, and `conversations`
 * is a projection of them. `npm run db:generate` writes the migration after a change.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { NoticeKind } from "../domain/notices.ts";
import type { Role } from "../domain/roles.ts";

// Sign-in (the shapes that better-auth expects, with its users as our agents)

export const agents = sqliteTable(
  "agents",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    email: text("email").notNull().unique(),
    emailVerified: integer("email_verified", { mode: "boolean" }).notNull().default(false),
    image: text("image"),
    role: text("role").$type<Role>().notNull().default("none"),
    /** What they chose for themselves: language, colours. */
    preferences: text("preferences", { mode: "json" }).$type<unknown>(),
    /** Epoch ms. Who was removed keeps their row, so that their name stays on what they wrote; nothing of it signs in. */
    removedAt: integer("removed_at"),
    /** The agent who removed them. */
    removedBy: text("removed_by"),
    createdAt: integer("created_at", { mode: "timestamp_ms" }).notNull(),
    updatedAt: integer("updated_at", { mode: "timestamp_ms" }).notNull(),
  },
  (table) => [
    index("agents_removed")
      .on(table.removedAt)
      .where(sql`removed_at IS NOT NULL`),
  ],
);

export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => agents.id, { onDelete: "cascade" }),
    token: text("token").notNull().unique(),
    expiresAt: integer("expires_at", { mode: "timestamp_ms" }).notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    /** Epoch ms at which this session's password was given last (T22). */
    passwordAt: integer("password_at"),
    /** Epoch ms, a few minutes behind at most; null until it is used again after signing in. */
    lastUsedAt: integer("last_used_at"),
    createdAt: integer("created_at", { mode: "timestamp_ms" }).notNull(),
    updatedAt: integer("updated_at", { mode: "timestamp_ms" }).notNull(),
  },
  (table) => [index("sessions_user").on(table.userId), index("sessions_expires").on(table.expiresAt)],
);

export const accounts = sqliteTable(
  "accounts",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => agents.id, { onDelete: "cascade" }),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    accessTokenExpiresAt: integer("access_token_expires_at", { mode: "timestamp_ms" }),
    refreshTokenExpiresAt: integer("refresh_token_expires_at", { mode: "timestamp_ms" }),
    scope: text("scope"),
    idToken: text("id_token"),
    password: text("password"),
    createdAt: integer("created_at", { mode: "timestamp_ms" }).notNull(),
    updatedAt: integer("updated_at", { mode: "timestamp_ms" }).notNull(),
  },
  (table) => [index("accounts_user").on(table.userId)],
);

export const verifications = sqliteTable("verifications", {
  id: text("id").primaryKey(),
  identifier: text("identifier").notNull(),
  value: text("value").notNull(),
  expiresAt: integer("expires_at", { mode: "timestamp_ms" }).notNull(),
  createdAt: integer("created_at", { mode: "timestamp_ms" }),
  updatedAt: integer("updated_at", { mode: "timestamp_ms" }),
});

export const apiKeys = sqliteTable("api_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** Hex SHA-256 of the key; the key itself is never stored. */
  hash: text("hash").notNull().unique(),
  role: text("role").$type<Role>().notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: integer("created_at").notNull(),
  lastUsedAt: integer("last_used_at"),
  /** Epoch ms from which on it is refused; null: never. */
  expiresAt: integer("expires_at"),
});

// Settings

/** One row. Its existence is what "set up" means, which makes setup atomic (T8). */
export const settings = sqliteTable("settings", {
  id: integer("id").primaryKey(),
  value: text("value", { mode: "json" }).$type<unknown>().notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const mailboxes = sqliteTable("mailboxes", {
  id: text("id").primaryKey(),
  address: text("address").notNull().unique(),
  name: text("name"),
  /** Plain text below its replies; null uses the one in the settings. */
  signature: text("signature"),
  /** Language of its fixed texts; null uses the one in the settings. */
  locale: text("locale").$type<"en" | "es">(),
  /** Who owns conversations that begin here. */
  assigneeId: text("assignee_id"),
  /** Says at once that a mail has arrived. */
  hasReceipt: integer("has_receipt", { mode: "boolean" }).notNull().default(false),
  /** Says outside business hours when the team is back. */
  hasOutOfHours: integer("has_out_of_hours", { mode: "boolean" }).notNull().default(false),
  /** Until then the brake on unknown senders does not hold here (M16a). */
  brakeOffUntil: integer("brake_off_until"),
  createdAt: integer("created_at").notNull(),
});

/** Automatic answers that were given: at most two a day to one address. */
export const autoAnswers = sqliteTable(
  "auto_answers",
  {
    /** The mail that was answered. */
    ledgerId: text("ledger_id").primaryKey(),
    email: text("email").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [index("auto_answers_email").on(table.email, table.at)],
);

/** What the owner is told of limits that were reached: one row for each kind and what it is about (T21). */
export const notices = sqliteTable(
  "notices",
  {
    id: text("id").primaryKey(),
    kind: text("kind").$type<NoticeKind>().notNull(),
    /** The id of the mailbox; empty where it is about the whole deployment. */
    subject: text("subject").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    /** Minutes in which it was reached. */
    count: integer("count").notNull(),
    dismissedAt: integer("dismissed_at"),
  },
  (table) => [uniqueIndex("notices_kind").on(table.kind, table.subject)],
);

// Address book

export const contacts = sqliteTable(
  "contacts",
  {
    id: text("id").primaryKey(),
    name: text("name"),
    /** The name in lower case and without accents, to be found by. */
    nameKey: text("name_key"),
    /** The address that is written to (T4). */
    email: text("email"),
    attributes: text("attributes", { mode: "json" }).$type<Record<string, string>>().notNull(),
    /** Since when their mails are kept aside (M7) and their chats are closed; null where they may write. */
    blockedAt: integer("blocked_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [index("contacts_email").on(table.email), index("contacts_name").on(table.nameKey)],
);

export const contactAddresses = sqliteTable(
  "contact_addresses",
  {
    /** Lower-case; one owner each, so two quick mails cannot make two contacts. */
    email: text("email").primaryKey(),
    contactId: text("contact_id")
      .notNull()
      .references(() => contacts.id),
    /** True unless it was only typed in a widget: mail came from it, or an agent entered it. */
    isProven: integer("is_proven", { mode: "boolean" }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("contact_addresses_contact").on(table.contactId)],
);

/** Addresses that mail does not reach, or that have reported it as spam; of contacts or not. */
export const undeliverableAddresses = sqliteTable("undeliverable_addresses", {
  /** Lower-case. */
  email: text("email").primaryKey(),
  cause: text("cause").$type<"bounce" | "complaint">().notNull(),
  /** Plain words. */
  reason: text("reason").notNull(),
  at: integer("at").notNull(),
});

/**
 * Where the next mail of an address goes (S14): claimed before the append, so that two quick mails of one person
 * cannot open two conversations.
 */
export const places = sqliteTable("places", {
  /** Lower-case. */
  email: text("email").primaryKey(),
  conversationId: text("conversation_id").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** Every address that a conversation has or had, whoever named it. */
export const conversationAddresses = sqliteTable(
  "conversation_addresses",
  {
    email: text("email").notNull(),
    conversationId: text("conversation_id").notNull(),
    /** A browser began it; else a mail or an agent did. */
    isChat: integer("is_chat", { mode: "boolean" }).notNull(),
    at: integer("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.email, table.conversationId] })],
);

/** What `places` was before: read by nobody, written by who still runs the version before. */
export const contactConversations = sqliteTable("contact_conversations", {
  contactId: text("contact_id").primaryKey(),
  conversationId: text("conversation_id").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** The one conversation of a person who writes through a contact form, by their own word: no place of a contact (M7a). */
export const formConversations = sqliteTable(
  "form_conversations",
  {
    /** The form's address. */
    form: text("form").notNull(),
    /** Lower-case. */
    person: text("person").notNull(),
    conversationId: text("conversation_id").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.form, table.person] })],
);

/** Senders that look like contact forms, for an admin to decide; those that were called forms are in the settings. */
export const formOffers = sqliteTable("form_offers", {
  /** Lower-case. */
  address: text("address").primaryKey(),
  offeredAt: integer("offered_at").notNull(),
  /** Since when it is not offered any more, whatever else it sends. */
  declinedAt: integer("declined_at"),
});

/** What stands in the address to which an agent sends on mail: made anew, it ends the one before. */
export const forwardingKeys = sqliteTable("forwarding_keys", {
  agentId: text("agent_id").primaryKey(),
  /** 16 hex characters. */
  key: text("key").notNull().unique(),
  createdAt: integer("created_at").notNull(),
});

/** People who were named in a mail of a conversation: 20 of each that came in, all of our own. */
export const participants = sqliteTable(
  "participants",
  {
    conversationId: text("conversation_id").notNull(),
    email: text("email").notNull(),
    /** The mail that names or brought them: where it is moved to, they go with it. Of our own mail, the message's id. */
    ledgerId: text("ledger_id").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.email, table.ledgerId] })],
);

// Saved replies

export const savedReplyCategories = sqliteTable("saved_reply_categories", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  createdAt: integer("created_at").notNull(),
});

export const savedReplies = sqliteTable("saved_replies", {
  id: text("id").primaryKey(),
  categoryId: text("category_id").references(() => savedReplyCategories.id, { onDelete: "set null" }),
  title: text("title").notNull(),
  text: text("text").notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

// Projection of the conversation objects

export const conversations = sqliteTable(
  "conversations",
  {
    id: text("id").primaryKey(),
    status: text("status").$type<"open" | "complete">().notNull(),
    isUnread: integer("is_unread", { mode: "boolean" }).notNull(),
    assigneeId: text("assignee_id"),
    contactId: text("contact_id"),
    /** Channel of the last message that is no note. */
    channel: text("channel").$type<"chat" | "email">().notNull(),
    lastAt: integer("last_at").notNull(),
    /** An older revision never replaces a newer one. */
    revision: integer("revision").notNull(),
    /** The list item as JSON, so that a page reads one row per conversation and joins nothing. */
    item: text("item").notNull(),
  },
  (table) => [
    index("conversations_status").on(table.status, table.channel, table.lastAt, table.id),
    index("conversations_assignee").on(table.assigneeId, table.status, table.channel, table.lastAt, table.id),
    index("conversations_unread")
      .on(table.channel, table.lastAt, table.id)
      .where(sql`is_unread = 1`),
    index("conversations_unread_assignee")
      .on(table.assigneeId, table.channel, table.lastAt, table.id)
      .where(sql`is_unread = 1`),
    index("conversations_contact").on(table.contactId, table.lastAt, table.id),
  ],
);

// Mail

/** The mail that is read alone: while it is, no other is begun. One row at most. */
export const mailAlone = sqliteTable("mail_alone", {
  name: text("name").$type<"alone">().primaryKey(),
  ledgerId: text("ledger_id").notNull(),
  /** Epoch ms. */
  begunAt: integer("begun_at").notNull(),
  until: integer("until").notNull(),
});

export const ledger = sqliteTable(
  "ledger",
  {
    id: text("id").primaryKey(),
    receivedAt: integer("received_at").notNull(),
    envelopeFrom: text("envelope_from").notNull(),
    envelopeTo: text("envelope_to").notNull(),
    mailboxId: text("mailbox_id").notNull(),
    /** Bytes. */
    size: integer("size").notNull(),
    /** R2 key of the raw mail. */
    rawKey: text("raw_key").notNull(),
    /** Hex SHA-256 of the raw bytes as received. */
    rawHash: text("raw_hash").notNull(),
    /** Hex SHA-256 without the headers that relays add, so that a redelivery is known. */
    contentHash: text("content_hash"),
    state: text("state").$type<"received" | "parsed" | "decided" | "applied" | "quarantined" | "filtered" | "failed">().notNull(),
    verdict: text("verdict"),
    /** The whole verdict, stored before it is carried out, so that a repeat carries out the same. */
    decision: text("decision", { mode: "json" }).$type<unknown>(),
    /** A sentence for people. */
    reason: text("reason"),
    subject: text("subject"),
    fromAddress: text("from_address"),
    /** The one other address that answers are asked for at: of a contact form's mail, who filled it in. */
    replyTo: text("reply_to"),
    messageId: text("message_id"),
    conversationId: text("conversation_id"),
    seq: integer("seq"),
    /** Tries that were begun and came to an end, and the one that goes on: what failed of them is a store's doing. */
    attempts: integer("attempts").notNull().default(0),
    /** When the try that goes on was begun; null while none does. One that is long past has ended with its process. */
    tryAt: integer("try_at"),
    /** Tries that ended with their process: what is in the mail may have ended it. */
    unfinished: integer("unfinished").notNull().default(0),
    /** Reading it in the small budget came to its end. */
    smallEnds: integer("small_ends", { mode: "boolean" }).notNull().default(false),
    /** Its message holds what the small budget allows, and that is not all. */
    isPartial: integer("is_partial", { mode: "boolean" }).notNull().default(false),
    /** Who wants it read in full though it is read so no more by itself. */
    asked: text("asked").$type<"person" | "version">(),
    /** The reader (`READER_VERSION`) that has given it up, and the one under which a person last had it read in full. */
    readerVersion: integer("reader_version"),
    askedVersion: integer("asked_version"),
    /** The agent who let a mail in that had been kept aside: from then on it is treated as a person's. */
    acceptedBy: text("accepted_by"),
    /** The agent who said that it was forwarded by the agent whom it names (M8). */
    forwardAcceptedBy: text("forward_accepted_by"),
    /** Where it stood until then. */
    forwardedOutOf: text("forwarded_out_of"),
    forwardedOutSeq: integer("forwarded_out_seq"),
    /** The conversation that an agent wants it in, until it is there. */
    moveTo: text("move_to"),
    /** The conversation that an agent moved it out of; null where it was never moved, or moved back. */
    movedFrom: text("moved_from"),
    /** The agent who moved it last. */
    movedBy: text("moved_by"),
    /** How often it was moved: the number of its last move. */
    moves: integer("moves").notNull().default(0),
    /** When cron picks it up again; null once it is settled. */
    retryAt: integer("retry_at"),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("ledger_raw").on(table.mailboxId, table.envelopeTo, table.rawHash),
    index("ledger_sender").on(table.fromAddress, table.receivedAt),
    index("ledger_received").on(table.receivedAt, table.id),
    index("ledger_attention")
      .on(table.receivedAt, table.id)
      .where(sql`state IN ('quarantined', 'failed')`),
    index("ledger_filtered")
      .on(table.receivedAt, table.id)
      .where(sql`state = 'filtered'`),
    index("ledger_braked")
      .on(table.receivedAt, table.id, table.mailboxId)
      .where(sql`state = 'filtered' AND verdict = 'filtered:brake'`),
    index("ledger_message").on(table.mailboxId, table.messageId, table.contentHash),
    index("ledger_moving")
      .on(table.updatedAt)
      .where(sql`move_to IS NOT NULL`),
    index("ledger_retry")
      .on(table.retryAt)
      .where(sql`retry_at IS NOT NULL`),
    index("ledger_given_up")
      .on(table.readerVersion)
      .where(sql`unfinished >= 2`),
  ],
);

/** Every Message-ID that belongs to a conversation, ours and theirs, by mailbox. */
export const mailIds = sqliteTable(
  "mail_ids",
  {
    mailboxId: text("mailbox_id").notNull(),
    messageId: text("message_id").notNull(),
    conversationId: text("conversation_id").notNull(),
    /** The message it is in that conversation; null for ids only learnt from References. */
    seq: integer("seq"),
    contentHash: text("content_hash"),
    /** The inbound mail that it is, or that taught it; null for ours. */
    ledgerId: text("ledger_id"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.mailboxId, table.messageId] }),
    index("mail_ids_ledger")
      .on(table.ledgerId)
      .where(sql`ledger_id IS NOT NULL`),
  ],
);

/** Short keys in signed reply addresses → conversation. */
export const replyKeys = sqliteTable("reply_keys", {
  key: text("key").primaryKey(),
  conversationId: text("conversation_id").notNull(),
  createdAt: integer("created_at").notNull(),
});

// Files

export const attachments = sqliteTable(
  "attachments",
  {
    id: text("id").primaryKey(),
    /** Null until a message claims it; then it belongs to that conversation (T11), and goes only where its mail is moved to. */
    conversationId: text("conversation_id"),
    /** `visitor:<conversation>` or `agent:<id>` or `mail`. */
    uploadedBy: text("uploaded_by").notNull(),
    name: text("name").notNull(),
    type: text("type").notNull(),
    size: integer("size").notNull(),
    key: text("key").notNull(),
    isClaimed: integer("is_claimed", { mode: "boolean" }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    index("attachments_unclaimed")
      .on(table.createdAt)
      .where(sql`is_claimed = 0`),
  ],
);
