/** [A15] [M16] Whose mail goes where, from what the version before had written down. */
import "../support/bindings.ts";
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { placeOf } from "../support/threads.ts";

const VERA = "vera@example.test";
const all = env.TEST_MIGRATIONS ?? [];
const at = all.findIndex(({ name }) => name.startsWith("0002_"));

beforeEach(async () => {
  await reset();
  await applyD1Migrations(env.DB, all.slice(0, at));
});

let made = 0;

/** A row of the index, as it was written. */
async function conversation(
  id: string,
  row: { email?: string | null; hasVisitor?: boolean; contactId?: string; lastAt?: number },
) {
  const { email = VERA, hasVisitor = false, contactId = "vera", lastAt = (made += 1) } = row;
  const contact = email === null ? null : { id: contactId, name: null, email };
  await env.DB.prepare(
    "INSERT INTO conversations (id, status, is_unread, contact_id, channel, last_at, revision, item) VALUES (?, 'open', 0, ?, 'email', ?, 1, ?)",
  )
    .bind(id, contact === null ? null : contactId, lastAt, JSON.stringify({ id, contact, hasVisitor }))
    .run();
}

/** Somebody with these addresses, and the conversation that their next mail went to. */
async function contact(id: string, addresses: string[], conversationId: string | null) {
  await env.DB.prepare(
    "INSERT INTO contacts (id, name, email, attributes, created_at, updated_at) VALUES (?, NULL, ?, '{}', 1, 1)",
  )
    .bind(id, addresses[0] ?? null)
    .run();
  for (const email of addresses)
    await env.DB.prepare("INSERT INTO contact_addresses (email, contact_id, is_proven, created_at) VALUES (?, ?, 1, 1)")
      .bind(email, id)
      .run();
  if (conversationId !== null)
    await env.DB.prepare("INSERT INTO contact_conversations (contact_id, conversation_id, updated_at) VALUES (?, ?, 7)")
      .bind(id, conversationId)
      .run();
}

async function migrate(): Promise<void> {
  await applyD1Migrations(env.DB, all);
}

test("a conversation by mail stays the place of its address", async () => {
  await contact("vera", [VERA], "mails");
  await conversation("mails", {});
  await conversation("newer", {});
  await migrate();
  expect(await placeOf(VERA)).toBe("mails");
});

test("a chat that a mail came into is nobody's place any more: their newest conversation by mail is", async () => {
  await contact("vera", [VERA], "chat");
  await conversation("chat", { hasVisitor: true });
  await conversation("older", { lastAt: 10 });
  await conversation("newest", { lastAt: 20 });
  await migrate();
  expect(await placeOf(VERA)).toBe("newest");
});

test("where there is none by mail, it has none; the next mail finds or begins one", async () => {
  await contact("vera", [VERA], "chat");
  await conversation("chat", { hasVisitor: true });
  await migrate();
  expect(await placeOf(VERA)).toBeNull();
});

test("a place belongs to the address, not to the person: another address of theirs has its own, or none", async () => {
  await contact("vera", [VERA, "vera@home.test", "vera@old.test"], "mails");
  await conversation("mails", {});
  await conversation("home", { email: "Vera@Home.test" });
  await migrate();
  expect([await placeOf(VERA), await placeOf("vera@home.test"), await placeOf("vera@old.test")]).toEqual(["mails", "home", null]);
});

test("every conversation is known by the address that it has; one without is not", async () => {
  await contact("vera", [VERA], null);
  await conversation("chat", { email: "Vera@Example.test", hasVisitor: true, lastAt: 5 });
  await conversation("mails", { lastAt: 6 });
  await conversation("nobody", { email: null, hasVisitor: true });
  await migrate();
  const { results } = await env.DB.prepare("SELECT * FROM conversation_addresses ORDER BY at").all();
  expect(results).toEqual([
    { email: VERA, bare_email: VERA, conversation_id: "chat", is_chat: 1, at: 5 },
    { email: VERA, bare_email: VERA, conversation_id: "mails", is_chat: 0, at: 6 },
  ]);
});

test("an empty database is migrated like any other", async () => {
  await migrate();
  expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM places").first("n")).toBe(0);
});
