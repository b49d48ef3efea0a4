/**
 * Addresses that a version before stored as they were typed, in the one spelling that they are looked up by now
 * (`canonicalAddress`). Cron looks for them; each table has an index of what is left, so that finding nothing costs nothing.
 * Safe to repeat, and to stop anywhere.
 */
import * as v from "valibot";
import { canonicalAddress } from "../domain/address.ts";
import type { Database } from "./database.ts";

/** Rows of one table in one run. */
const BATCH = 100;

/** Statements with the spelling from before as `?1` and today's as `?2`. */
type Step = readonly string[];

/** What another row already says in today's spelling stays; of places and people of a mail there is no more to know. */
const moved = (table: string, column = "email"): Step => [
  `UPDATE OR IGNORE ${table} SET ${column} = ?2 WHERE ${column} = ?1`,
  `DELETE FROM ${table} WHERE ${column} = ?1 AND ?2 <> ?1`,
];

const TABLES: readonly { table: string; column: string; step: Step }[] = [
  {
    table: "contact_addresses",
    column: "email",
    step: [
      // Whoever was blocked by either spelling is blocked by both.
      `UPDATE contacts SET blocked_at = COALESCE(blocked_at, (SELECT contacts.blocked_at FROM contacts
         JOIN contact_addresses ON contact_addresses.contact_id = contacts.id WHERE contact_addresses.email = ?1))
         WHERE id = (SELECT contact_id FROM contact_addresses WHERE email = ?2)`,
      ...moved("contact_addresses"),
    ],
  },
  { table: "contacts", column: "email", step: ["UPDATE contacts SET email = ?2 WHERE email = ?1"] },
  {
    table: "undeliverable_addresses",
    column: "email",
    step: [
      // A complaint stays one.
      `INSERT INTO undeliverable_addresses (email, cause, reason, at)
         SELECT ?2, cause, reason, at FROM undeliverable_addresses WHERE email = ?1
         ON CONFLICT (email) DO UPDATE SET cause = excluded.cause, reason = excluded.reason, at = excluded.at
         WHERE excluded.cause = 'complaint'`,
      "DELETE FROM undeliverable_addresses WHERE email = ?1 AND ?2 <> ?1",
    ],
  },
  { table: "places", column: "email", step: moved("places") },
  { table: "conversation_addresses", column: "email", step: moved("conversation_addresses") },
  { table: "participants", column: "email", step: moved("participants") },
  { table: "form_conversations", column: "person", step: moved("form_conversations", "person") },
  // Few, and nobody is removed for another one: two agents, or two mailboxes, of one address are for an admin to see to.
  { table: "agents", column: "email", step: ["UPDATE OR IGNORE agents SET email = ?2 WHERE email = ?1"] },
  { table: "mailboxes", column: "address", step: ["UPDATE OR IGNORE mailboxes SET address = ?2 WHERE address = ?1"] },
];

const rowSchema = v.object({ email: v.string() });

export async function respellAddresses(db: Database): Promise<void> {
  for (const { table, column, step } of TABLES) {
    const { results } = await db.$client.prepare(findQuery(table, column)).all();
    for (const { email } of v.parse(v.array(rowSchema), results)) {
      const today = canonicalAddress(email);
      // A domain that is none has no other spelling.
      if (today === email) continue;
      await db.$client.batch(step.map((statement) => bind(db, statement, { email, today })));
    }
  }
}

function bind(db: Database, statement: string, { email, today }: { email: string; today: string }) {
  return db.$client.prepare(statement).bind(email, today);
}

/** Written as in the index that answers it. */
export function findQuery(table: string, column: string): string {
  return `SELECT DISTINCT ${column} AS email FROM ${table} WHERE ${column} GLOB '*@*[^ -~]*' LIMIT ${BATCH}`;
}
