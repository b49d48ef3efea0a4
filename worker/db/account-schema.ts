/** Tables of D1 `DB` around signing in that the sign-in library does not know. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AccountLinkPurpose } from "../domain/account-shapes.ts";
import { agents } from "./schema.ts";

/** Links that were mailed or handed over, and work once: to join, to choose a new password, to sign in on a new browser. */
export const accountLinks = sqliteTable(
  "account_links",
  {
    /** Hex SHA-256 of the token; the token itself is never stored. */
    hash: text("hash").primaryKey(),
    purpose: text("purpose").$type<AccountLinkPurpose>().notNull(),
    agentId: text("agent_id")
      .notNull()
      .references(() => agents.id, { onDelete: "cascade" }),
    /** Epoch ms. */
    expiresAt: integer("expires_at").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("account_links_agent").on(table.agentId, table.purpose)],
);

/** Tries of a secret in one hour, counted before it is compared. What is counted stands here as a keyed hash. */
export const secretTries = sqliteTable(
  "secret_tries",
  {
    key: text("key").notNull(),
    /** Hours since 1970. */
    hour: integer("hour").notNull(),
    tries: integer("tries").notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.hour] }), index("secret_tries_hour").on(table.hour)],
);
