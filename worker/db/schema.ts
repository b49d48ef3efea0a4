/**
 * The schema of D1 `DB`, but for the tables of `account-schema.ts` and
 * `mail-schema.ts`. Messages are not here: they belong to the conversation objects, and `conversations`
 * is a projection of them. `npm run db:generate` writes the migration after a change.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { NoticeKind } from "../domain/notices.ts";
import type { Role } from "../domain/roles.ts";
import { BARE_EMAIL, HAS_DETAIL } from "./details.ts";

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

/**
 * A domain in letters of its own, as versions before stored it: `respell.ts` looks for them. Their indexes are empty, so that
 * looking costs nothing.
 */
const isSpelledOtherwise = sql`email GLOB '*@*[^ -~]*'`;

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
  (table) => [
    index("contacts_email").on(table.email),
    index("contacts_name").on(table.nameKey),
    index("contacts_respell").on(table.email).where(isSpelledOtherwise),
  ],
);

export const contactAddresses = sqliteTable(
  "contact_addresses",
  {
    /** Lower-case; one owner each, so two quick mails cannot make two contacts. */
    email: text("email").primaryKey(),
    bareEmail: text("bare_email").generatedAlwaysAs(BARE_EMAIL, { mode: "virtual" }),
    contactId: text("contact_id")
      .notNull()
      .references(() => contacts.id),
    /** True unless it was only typed in a widget: mail came from it, or an agent entered it. */
    isProven: integer("is_proven", { mode: "boolean" }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    index("contact_addresses_contact").on(table.contactId),
    index("contact_addresses_respell").on(table.email).where(isSpelledOtherwise),
    index("contact_addresses_detailed").on(table.bareEmail).where(HAS_DETAIL),
  ],
);

/** Addresses that mail does not reach, or that have reported it as spam; of contacts or not. */
export const undeliverableAddresses = sqliteTable(
  "undeliverable_addresses",
  {
    /** Lower-case. */
    email: text("email").primaryKey(),
    cause: text("cause").$type<"bounce" | "complaint">().notNull(),
    /** Plain words. */
    reason: text("reason").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [index("undeliverable_addresses_respell").on(table.email).where(isSpelledOtherwise)],
);

/**
 * Where the next mail of an address goes (S14): claimed before the append, so that two quick mails of one person
 * cannot open two conversations.
 */
export const places = sqliteTable(
  "places",
  {
    /** Lower-case. */
    email: text("email").primaryKey(),
    conversationId: text("conversation_id").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [index("places_respell").on(table.email).where(isSpelledOtherwise)],
);

/** Every address that a conversation has or had, whoever named it. */
export const conversationAddresses = sqliteTable(
  "conversation_addresses",
  {
    email: text("email").notNull(),
    bareEmail: text("bare_email").generatedAlwaysAs(BARE_EMAIL, { mode: "virtual" }),
    conversationId: text("conversation_id").notNull(),
    /** A browser began it; else a mail or an agent did. */
    isChat: integer("is_chat", { mode: "boolean" }).notNull(),
    at: integer("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.email, table.conversationId] }),
    index("conversation_addresses_respell").on(table.email).where(isSpelledOtherwise),
    index("conversation_addresses_detailed").on(table.bareEmail).where(HAS_DETAIL),
    index("conversation_addresses_conversation").on(table.conversationId),
  ],
);

/** What `places` was before: read by nobody, written by who still runs the version before. */
export const contactConversations = sqliteTable("contact_conversations", {
  contactId: text("contact_id").primaryKey(),
  conversationId: text("conversation_id").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

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
