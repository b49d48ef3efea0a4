/** What a mail goes through, and what a crash, an outage or bad luck at any point leaves of it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { updateContact } from "../../../worker/db/contacts.ts";
import type { LedgerRow } from "../../../worker/db/ledger.ts";
import { endTry } from "../../../worker/db/ledger-tries.ts";
import { processMail } from "../../../worker/email/process.ts";
import type { Env } from "../../../worker/env.ts";
import { freshDeployment } from "../support/deployment.ts";
import { databaseAway, objectsAway, storeAway } from "../support/faults.ts";
import { call } from "../support/http.ts";
import { ledger, rawMail, receive, receiveOnly, rowOf } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { count, deliveredAs, listContacts, listThreads, openThread, reply, textsOf } from "../support/threads.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const PLACEHOLDER = "This email could not be displayed. Its raw source can be downloaded.";

/** The database goes away a query later each time, until the row has come this far. */
async function crashUntil(id: string, hasCome: (row: LedgerRow) => boolean): Promise<void> {
  for (let queries = 1; !hasCome(await rowOf(id)); queries += 1) await processMail({ ...env, DB: databaseAway(queries) }, id);
}

/** Time has passed, and what was tried has ended: what waits for another try is due. */
async function cron(bindings: Partial<Env> = {}): Promise<void> {
  await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL WHERE retry_at IS NOT NULL").run();
  await handleCron({ ...env, ...bindings });
}

async function cronTimes(times: number, bindings: Partial<Env> = {}): Promise<void> {
  for (let n = 0; n < times; n += 1) await cron(bindings);
}

describe("[A5] a verdict is stored before it is carried out, and a repeat carries out the same", () => {
  test("whatever has changed meanwhile", async () => {
    await receive(rawMail({ text: "first" }));
    const [contact] = await listContacts(key);
    const id = await receiveOnly(rawMail({ text: "second" }));
    await crashUntil(id, ({ state }) => state === "decided");
    expect(await rowOf(id)).toMatchObject({ verdict: "contact", decision: { code: "contact", row: "M16" }, seq: null });
    await updateContact(openDatabase(env.DB), contact?.id ?? "", { isBlocked: true, now: Date.now() });
    await processMail(env, id);
    expect(await rowOf(id)).toMatchObject({ state: "applied", verdict: "contact", seq: 2 });
    // A mail that is decided now is another matter.
    await receive(rawMail({ text: "third" }));
    expect((await ledger(key))[0]).toMatchObject({ state: "filtered", verdict: "filtered:blocked" });
  });

  test("a verdict that cannot be read is decided again", async () => {
    const id = await receiveOnly(rawMail());
    await env.DB.prepare(`UPDATE ledger SET state = 'decided', decision = '{"code":"of another version"}'`).run();
    await processMail(env, id);
    expect(await rowOf(id)).toMatchObject({ state: "applied", verdict: "new", decision: { code: "new" } });
  });

  test("the conversation is written down before it is gone to", async () => {
    const id = await receiveOnly(rawMail());
    await crashUntil(id, ({ decision }) => decision !== null);
    await crashUntil(id, ({ conversationId }) => conversationId !== null);
    const { conversationId } = await rowOf(id);
    // Nobody is shown a conversation that is not there yet.
    expect(await ledger(key)).toMatchObject([{ state: "decided", conversationId: null }]);
    await env.DB.prepare("UPDATE contact_conversations SET conversation_id = 'another'").run();
    await processMail(env, id);
    expect(await rowOf(id)).toMatchObject({ state: "applied", conversationId, seq: 1 });
  });

  test("of two tries at the same time the first to settle the mail has", async () => {
    const id = await receiveOnly(rawMail());
    await processMail(env, id);
    const db = openDatabase(env.DB);
    const settled = await rowOf(id);
    await endTry(db, id, { state: "failed", seq: null, retryAt: 1, updatedAt: 1 });
    expect(await rowOf(id)).toEqual(settled);
  });

  test("letting a mail in, or reading it again, decides anew", async () => {
    await receive(rawMail({ headers: ["Auto-Submitted: auto-replied"] }));
    const [row] = await ledger(key);
    expect(row?.state).toBe("filtered");
    expect((await call({ key }, `POST /api/ledger/${row?.id}/accept`)).body).toMatchObject({ state: "applied", verdict: "new" });
    await env.DB.prepare("UPDATE ledger SET state = 'failed'").run();
    expect((await call({ key }, `POST /api/ledger/${row?.id}/parse`)).body).toMatchObject({
      state: "applied",
      verdict: "contact",
    });
    expect(await textsOf(key, (await ledger(key))[0]?.conversationId)).toHaveLength(1);
  });
});

describe("[M2] deliveries in the same instant", () => {
  test("of one mail by several ways: one is the mail, the others are its duplicates", async () => {
    const raw = rawMail({ text: "once" });
    const ids = await Promise.all([1, 2, 3, 4].map(async (hop) => receiveOnly(`Received: by way ${hop}\r\n${raw}`)));
    await Promise.all(ids.map(async (id) => processMail(env, id)));
    const verdicts = (await ledger(key)).map(({ verdict }) => String(verdict));
    expect(verdicts.toSorted((a, b) => a.localeCompare(b))).toEqual(["duplicate", "duplicate", "duplicate", "new"]);
    const [thread] = await listThreads(key, 1);
    expect(await textsOf(key, thread?.id)).toEqual(["once"]);
  });

  test("of two mails with one Message-ID: neither hides the other", async () => {
    const texts = ["one", "two", "three"];
    const ids = await Promise.all(texts.map(async (text) => receiveOnly(rawMail({ messageId: "same@example.test", text }))));
    await Promise.all(ids.map(async (id) => processMail(env, id)));
    const [thread] = await listThreads(key, 1);
    expect((await textsOf(key, thread?.id)).toSorted()).toEqual(texts.toSorted());
    expect((await ledger(key)).map(({ state }) => state)).toEqual(["applied", "applied", "applied"]);
    // And each of them, again: nothing.
    await receive(`Received: again\r\n${rawMail({ messageId: "same@example.test", text: "two" })}`);
    expect((await ledger(key))[0]).toMatchObject({ verdict: "duplicate" });
    expect(await textsOf(key, thread?.id)).toHaveLength(3);
  });

  test("of a mail that is kept aside: it waits for a person once, and is let in once", async () => {
    const raw = rawMail({ headers: ["Auto-Submitted: auto-replied"] });
    await receive(raw);
    await receive(`Received: again\r\n${raw}`);
    const [again, first] = await ledger(key);
    expect([first?.verdict, again?.verdict]).toEqual(["filtered:auto-reply", "duplicate"]);
    expect((await call({ key }, `POST /api/ledger/${first?.id}/accept`)).body).toMatchObject({
      state: "applied",
      verdict: "new",
    });
    await listThreads(key, 1);
  });
});

describe("[E3] [A8] a mail that fails five times is failed, with a placeholder in its place", () => {
  test("in the conversation that its envelope names", async () => {
    const outbound = takeMail();
    await receive(rawMail({ text: "first" }));
    const [thread] = await listThreads(key, 1);
    const { seq } = await reply(key, thread?.id);
    await deliveredAs(key, thread?.id, { seq, state: "sent" });
    const id = await receiveOnly(rawMail({ text: "lost" }), { to: outbound.mails[0]?.replyTo ?? "" });
    await processMail({ ...env, MAIL: storeAway("get") }, id);
    await cronTimes(3, { MAIL: storeAway("get") });
    expect(await rowOf(id)).toMatchObject({ state: "received", attempts: 4 });
    await cron({ MAIL: storeAway("get") });
    expect(await rowOf(id)).toMatchObject({ state: "failed", conversationId: thread?.id, retryAt: null });
    expect((await ledger(key))[0]).toMatchObject({ state: "failed", reason: "It could not be taken up after 5 tries." });
    const { messages } = await openThread(key, thread?.id);
    expect(messages.map(({ text }) => text)).toEqual(["first", "Our answer.", PLACEHOLDER]);
    expect(messages[2]?.mail?.ledgerId).toBe(id);
    // A person can have it read again when the trouble is over.
    expect((await call({ key }, `POST /api/ledger/${id}/parse`)).body).toMatchObject({ state: "applied", verdict: "token" });
    expect(await textsOf(key, thread?.id)).toEqual(["first", "Our answer.", PLACEHOLDER, "lost"]);
  });

  test("else in a new one", async () => {
    const id = await receiveOnly(rawMail({ text: "lost" }), { from: "nora@example.test" });
    await env.MAIL.delete((await rowOf(id)).rawKey);
    await cronTimes(5);
    const [thread] = await listThreads(key, 1);
    expect(await rowOf(id)).toMatchObject({ state: "failed", conversationId: thread?.id, retryAt: null });
    expect(await textsOf(key, thread?.id)).toEqual([PLACEHOLDER]);
    expect((await listContacts(key)).map(({ email }) => email)).toEqual(["nora@example.test"]);
  });

  test("whatever goes away while it is given up: one placeholder", async () => {
    const id = await receiveOnly(rawMail());
    await env.MAIL.delete((await rowOf(id)).rawKey);
    for (let queries = 0; (await rowOf(id)).retryAt !== null; queries += 1) {
      await env.DB.prepare("UPDATE ledger SET attempts = 5").run();
      await processMail({ ...env, DB: databaseAway(queries) }, id);
    }
    const [thread] = await listThreads(key, 1);
    expect(await textsOf(key, thread?.id)).toEqual([PLACEHOLDER]);
    expect(await count("ledger", "state = 'failed' AND seq = 1")).toBe(1);
  });

  test("which is tried again without end while its conversation is away, and seen in the ledger meanwhile", async () => {
    const id = await receiveOnly(rawMail({ text: "at last" }));
    const away = { CONVERSATION: objectsAway("CONVERSATION") };
    await cronTimes(5, away);
    expect(await rowOf(id)).toMatchObject({ state: "failed", seq: null });
    for (let n = 0; n < 4; n += 1) {
      const { attempts, retryAt } = await rowOf(id);
      // Ever more seldom.
      expect(retryAt).toBeGreaterThan(Date.now() + 180_000);
      await cron(away);
      expect(await rowOf(id)).toMatchObject({ state: "failed", attempts: attempts + 1 });
    }
    expect((await call({ key }, "GET /api/ledger/attention")).body).toEqual({ count: 1 });
    await cron();
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: "applied", verdict: "new", retryAt: null });
    expect(await textsOf(key, row.conversationId)).toEqual(["at last"]);
    expect((await call({ key }, "GET /api/ledger/attention")).body).toEqual({ count: 0 });
  });

  test("one bad mail does not keep the next one waiting", async () => {
    const bad = await receiveOnly(rawMail());
    await env.MAIL.delete((await rowOf(bad)).rawKey);
    const good = await receiveOnly(rawMail({ from: "nora@example.test", text: "fine" }));
    await cron();
    expect([(await rowOf(bad)).state, (await rowOf(good)).state]).toEqual(["received", "applied"]);
    // Begun once more each time, by one alone.
    await env.DB.prepare("UPDATE ledger SET retry_at = 1 WHERE id = ?").bind(bad).run();
    await Promise.all([handleCron(env), handleCron(env), handleCron(env)]);
    expect((await rowOf(bad)).attempts).toBe(3);
  });
});
