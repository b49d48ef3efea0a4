/** The tables of mail: the ledger, what threads are known by, and who may speak for whom. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

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
  (table) => [
    primaryKey({ columns: [table.form, table.person] }),
    // `respell.ts`; empty but after an upgrade.
    index("form_conversations_respell")
      .on(table.person)
      .where(sql`person GLOB '*@*[^ -~]*'`),
  ],
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
  (table) => [
    primaryKey({ columns: [table.conversationId, table.email, table.ledgerId] }),
    // `respell.ts`; empty but after an upgrade.
    index("participants_respell")
      .on(table.email)
      .where(sql`email GLOB '*@*[^ -~]*'`),
  ],
);

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
