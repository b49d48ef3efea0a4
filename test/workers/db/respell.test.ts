/** [A15] [T2] Addresses that a version before stored as they were typed, found by the spelling that is looked up now. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { isBlockedAddress } from "../../../worker/db/contacts.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { findQuery } from "../../../worker/db/respell.ts";
import { findUndeliverable } from "../../../worker/db/undeliverable.ts";
import { MAILBOX, freshDeployment } from "../support/deployment.ts";
import { count, placeOf } from "../support/threads.ts";

const TYPED = "ana@b\u00fccher.example";
const KNOWN = "ana@xn--bcher-kva.example";

const run = (query: string, ...values: (string | number | null)[]) =>
  env.DB.prepare(query)
    .bind(...values)
    .run();

async function contact(id: string, email: string, blockedAt: number | null = null): Promise<void> {
  await run(
    "INSERT INTO contacts (id, email, attributes, blocked_at, created_at, updated_at) VALUES (?, ?, '{}', ?, 1, 1)",
    id,
    email,
    blockedAt,
  );
  await run("INSERT INTO contact_addresses (email, contact_id, is_proven, created_at) VALUES (?, ?, 1, 1)", email, id);
}

const complained = (email: string, cause: string) =>
  run("INSERT INTO undeliverable_addresses (email, cause, reason, at) VALUES (?, ?, 'x', 1)", email, cause);
const db = openDatabase(env.DB);

beforeEach(async () => {
  await freshDeployment();
});

describe("[A15] [T2] cron", () => {
  test("gives them their one spelling: contacts, marks, places, agents, mailboxes", async () => {
    await contact("ana", TYPED, 5);
    await complained(TYPED, "bounce");
    await run("INSERT INTO places (email, conversation_id, updated_at) VALUES (?, 'c', 1)", TYPED);
    await run("INSERT INTO conversation_addresses (email, conversation_id, is_chat, at) VALUES (?, 'c', 1, 1)", TYPED);
    await run("INSERT INTO participants (email, conversation_id, ledger_id, created_at) VALUES (?, 'c', 'l', 1)", TYPED);
    await run("INSERT INTO form_conversations (form, person, conversation_id, updated_at) VALUES ('f@x.test', ?, 'c', 1)", TYPED);
    await run("UPDATE agents SET email = ? WHERE id = (SELECT MIN(id) FROM agents)", TYPED);
    await run("UPDATE mailboxes SET address = 'help@b\u00fccher.example' WHERE address = ?", MAILBOX);
    await handleCron(env);
    expect(await isBlockedAddress(db, KNOWN)).toBe(true);
    expect((await findUndeliverable(db, [KNOWN])).map(({ cause }) => cause)).toEqual(["bounce"]);
    expect(await placeOf(KNOWN)).toBe("c");
    for (const table of ["contacts", "conversation_addresses", "participants", "agents"])
      expect([table, await count(table, `email = '${KNOWN}'`)]).toEqual([table, 1]);
    expect(await count("form_conversations", `person = '${KNOWN}'`)).toBe(1);
    expect(await count("mailboxes", "address = 'help@xn--bcher-kva.example'")).toBe(1);
  });

  test("of two spellings one stays: who was blocked by either is blocked, a complaint is one", async () => {
    await contact("one", KNOWN);
    await contact("two", TYPED, 5);
    await complained(KNOWN, "bounce");
    await complained(TYPED, "complaint");
    await run("INSERT INTO places (email, conversation_id, updated_at) VALUES (?, 'new', 1), (?, 'old', 1)", KNOWN, TYPED);
    await handleCron(env);
    await handleCron(env);
    expect(await isBlockedAddress(db, KNOWN)).toBe(true);
    expect(await findUndeliverable(db, [KNOWN, TYPED])).toMatchObject([{ email: KNOWN, cause: "complaint" }]);
    expect([await placeOf(KNOWN), await count("places"), await count("contact_addresses")]).toEqual(["new", 1, 1]);
  });

  test("leaves a domain that has no ASCII form, and letters before the @, as they are", async () => {
    await contact("odd", "a@\u05d01a.example");
    await contact("jose", "jos\u00e9@example.test");
    await handleCron(env);
    expect(await count("contact_addresses", "email IN ('a@\u05d01a.example', 'jos\u00e9@example.test')")).toBe(2);
  });

  test.each(["contacts", "contact_addresses", "undeliverable_addresses", "places", "conversation_addresses", "participants"])(
    "reads nothing of %s where nothing is left",
    async (table) => {
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${findQuery(table, "email")}`).all();
      expect(JSON.stringify(results)).toContain(`INDEX ${table}_respell`);
    },
  );
});
