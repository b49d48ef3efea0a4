/**
 * The schema of D1 `DB`, but for the tables of `account-schema.ts`. Messages are not here: they belong to the conversation objects, and `conversations`
 * is a projection of them. `npm run db:generate` writes the migration after a change.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
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
 * Where the next mail of a contact goes (S14): claimed before the append, so that two quick mails of one person
 * cannot open two conversations.
 */
export const contactConversations = sqliteTable("contact_conversations", {
  contactId: text("contact_id").primaryKey(),
  conversationId: text("conversation_id").notNull(),
  updatedAt: integer("updated_at").notNull(),
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
    messageId: text("message_id"),
    conversationId: text("conversation_id"),
    seq: integer("seq"),
    /** Tries that were begun. */
    attempts: integer("attempts").notNull().default(0),
    /** The agent who let a mail in that had been kept aside: from then on it is treated as a person's. */
    acceptedBy: text("accepted_by"),
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
    index("ledger_message").on(table.mailboxId, table.messageId, table.contentHash),
    index("ledger_moving")
      .on(table.updatedAt)
      .where(sql`move_to IS NOT NULL`),
    index("ledger_retry")
      .on(table.retryAt)
      .where(sql`retry_at IS NOT NULL`),
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
