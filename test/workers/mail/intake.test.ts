import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { MAILBOX, OTHER_MAILBOXES, freshDeployment } from "../support/deployment.ts";
import { databaseAway, storeAway } from "../support/faults.ts";
import { call, fetchWorker } from "../support/http.ts";
import { MAIL_SECRET, ledger, post, rawMail, receive, settled } from "../support/inbound.ts";
import { count, listContacts, listThreads, openThread, textsOf } from "../support/threads.ts";

const MAIL_HEADERS = { authorization: `Bearer ${MAIL_SECRET}` };
let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

/** Time has passed: what waits for another try is due. */
async function cron(): Promise<void> {
  await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL WHERE retry_at IS NOT NULL").run();
  await handleCron(env);
}

const rawKeys = async () => (await env.MAIL.list({ prefix: "raw/" })).objects.map((object) => object.key);

describe("[A8] a mail is taken only when it is safe", () => {
  test("[E1] the raw bytes are in R2 and the row is in the ledger before 202, whatever comes after", async () => {
    const raw = rawMail();
    // Everything that follows the acceptance fails: only reading the raw mail back is broken.
    const answer = await post(raw, {}, { bindings: { MAIL: storeAway("get") } });
    expect(answer.status).toBe(202);
    const [row] = await ledger(key);
    expect(row).toMatchObject({ state: "received", verdict: null, conversationId: null });
    const response = await fetchWorker({ key }, `GET /api/ledger/${row?.id}/raw`);
    expect(new TextDecoder().decode(await response.arrayBuffer())).toBe(raw);
    await cron();
    expect(await ledger(key)).toMatchObject([{ id: row?.id, state: "applied", verdict: "new" }]);
    expect(await count("ledger")).toBe(1);
  });

  test("[T13] mail for the postmaster of a domain of ours is taken, by its oldest mailbox, and no other domain's", async () => {
    for (const to of ["postmaster@acme.test", "Postmaster", "POSTMASTER+dmarc@acme.test"])
      expect([to, await receive(rawMail({ from: `<${to.length}@example.test>` }), { to })]).toEqual([to, null]);
    expect((await call(null, "GET /email/recipients?to=postmaster@acme.test", { headers: MAIL_HEADERS })).status).toBe(204);
    for (const to of ["postmaster@elsewhere.test", "postmaster@test", "postmasters@acme.test", "notpostmaster@acme.test"])
      expect([to, await receive(rawMail(), { to })]).toEqual([to, expect.stringMatching(/^550/)]);
    const { results } = await env.DB.prepare(
      "SELECT DISTINCT address FROM ledger JOIN mailboxes ON mailbox_id = mailboxes.id",
    ).all();
    expect(results).toEqual([{ address: MAILBOX }]);
    expect((await ledger(key)).map(({ state }) => state)).toEqual(["applied", "applied", "applied"]);
  });

  test("[E1] with R2 or D1 away nothing is accepted: 503, and email() throws", async () => {
    const raw = rawMail();
    for (const bindings of [{ MAIL: storeAway("put") }, { DB: databaseAway() }]) {
      expect((await post(raw, {}, { bindings })).body).toMatchObject({ status: 503, code: "unavailable" });
      await expect((async () => receive(raw, {}, bindings))()).rejects.toThrow();
    }
    expect(await count("ledger")).toBe(0);
    // With D1 failing between the two, the bytes may be there and the mail is not: it is sent again.
    await expect((async () => receive(raw, {}, { DB: databaseAway(1) }))()).rejects.toThrow();
    expect([await count("ledger"), (await rawKeys()).length]).toEqual([0, 1]);
    expect(await receive(raw)).toBeNull();
    expect(await ledger(key)).toMatchObject([{ state: "applied" }]);
  });

  test("[E2] trouble afterwards is tried five times and then says so, with the raw mail still there", async () => {
    await receive(rawMail());
    await receive(rawMail({ from: "nora@example.test", subject: "lost" }), {}, { MAIL: storeAway("get") });
    await env.MAIL.delete(await rawKeys());
    for (let n = 2; n <= 4; n += 1) {
      await cron();
      expect((await ledger(key))[0]).toMatchObject({ state: "received" });
    }
    await cron();
    const [row] = await ledger(key);
    expect(row).toMatchObject({ state: "failed", reason: "It could not be taken up after 5 tries." });
    expect(await count("ledger", "retry_at IS NOT NULL")).toBe(0);
  });

  test("[E3] [T19] a mail beyond the limits is read as far as they go, says so, and the next one is not touched", async () => {
    const bomb = rawMail({ headers: Array.from({ length: 40_000 }, (_, n) => `X-Filler-${n}: ${"x".repeat(60)}`) });
    expect(await receive(bomb, { from: "nora@example.test" })).toBeNull();
    expect(await receive(rawMail({ text: "fine" }))).toBeNull();
    const [next, broken] = await ledger(key);
    expect(next).toMatchObject({ state: "applied", verdict: "new" });
    // Its own headers stand below those that were read, so the envelope names its author.
    expect(broken).toMatchObject({ state: "applied", verdict: "new", from: "nora@example.test" });
    const { messages, contact } = await openThread(key, broken?.conversationId);
    expect(contact?.email).toBe("nora@example.test");
    expect(messages.map(({ text, mail }) => [text, mail?.ledgerId, mail?.leftOut?.map(({ kind }) => kind)])).toEqual([
      ["Hello, I have a question.", broken?.id, ["headers"]],
    ]);
    expect((await call({ key }, `GET /api/ledger/${broken?.id}/raw`)).status).toBe(200);
    expect(await textsOf(key, next?.conversationId)).toEqual(["fine"]);
    await cron();
    expect((await openThread(key, broken?.conversationId)).messages).toHaveLength(1);
  });
});

describe("[A9] the same mail again changes nothing", () => {
  test("[E1] the same bytes: one row, one message, the same answer", async () => {
    const raw = rawMail();
    const first = await post(raw);
    await settled(key, 1);
    const second = await post(raw);
    expect(second).toMatchObject({ status: 202, body: first.body });
    await receive(raw);
    const [row] = await settled(key, 1);
    expect(await textsOf(key, row?.conversationId)).toHaveLength(1);
  });

  test("the same bytes three times at once", async () => {
    const raw = rawMail();
    const answers = await Promise.all([post(raw), post(raw), post(raw)]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const [row] = await settled(key, 1);
    await listThreads(key, 1);
    expect(await textsOf(key, row?.conversationId)).toHaveLength(1);
    expect(await listContacts(key)).toHaveLength(1);
  });

  test("with the headers that a redelivery gains: a row of its own, a duplicate", async () => {
    const raw = rawMail();
    await receive(raw);
    const trace = [
      "Received: from a by b; Mon, 02 Nov 2026 10:00:01 +0000",
      "ARC-Seal: i=1",
      "Authentication-Results: mx; spf=pass",
    ];
    await receive(`${trace.join("\r\n")}\r\n${raw}`);
    const [again, first] = await ledger(key);
    expect([first?.verdict, again?.verdict, again?.state]).toEqual(["new", "duplicate", "applied"]);
    expect(await textsOf(key, first?.conversationId)).toHaveLength(1);
    expect(await rawKeys()).toHaveLength(2);
  });

  test("a mail without a Message-ID, redelivered", async () => {
    const raw = rawMail({ messageId: null });
    await receive(raw);
    await receive(`Received: from a by b\r\n${raw}`);
    const [again, first] = await ledger(key);
    expect([first?.verdict, again?.verdict]).toEqual(["new", "duplicate"]);
  });

  test("to three mailboxes: three rows, one message in the one conversation", async () => {
    const raw = rawMail({ to: [MAILBOX, ...OTHER_MAILBOXES].join(", ") });
    for (const to of [MAILBOX, ...OTHER_MAILBOXES]) await receive(raw, { to });
    const rows = await ledger(key);
    expect(rows.map(({ to, state }) => [to, state])).toEqual(
      [MAILBOX, ...OTHER_MAILBOXES].reverse().map((to) => [to, "applied"]),
    );
    const [thread] = await listThreads(key, 1);
    expect(new Set(rows.map(({ conversationId }) => conversationId))).toEqual(new Set([thread?.id]));
    expect(await textsOf(key, thread?.id)).toHaveLength(1);
  });

  test("[M2] the same Message-ID with other content is another mail: nothing is lost", async () => {
    await receive(rawMail({ messageId: "reused@example.test", text: "the first" }));
    await receive(rawMail({ messageId: "reused@example.test", text: "quite another" }));
    const [second, first] = await ledger(key);
    expect([first?.verdict, second?.verdict]).toEqual(["new", "contact"]);
    expect(await textsOf(key, first?.conversationId)).toEqual(["the first", "quite another"]);
    // And again, by another way: each is still one message.
    await receive(`Received: again\r\n${rawMail({ messageId: "reused@example.test", text: "quite another" })}`);
    expect(await textsOf(key, first?.conversationId)).toEqual(["the first", "quite another"]);
  });
});

describe("[S14] new senders", () => {
  test("two quick mails of a new sender: one contact, one conversation, two messages", async () => {
    await Promise.all([post(rawMail({ text: "one" })), post(rawMail({ text: "two" })), post(rawMail({ text: "three" }))]);
    const rows = await settled(key, 3);
    const [thread] = await listThreads(key, 1);
    expect(new Set(rows.map(({ conversationId }) => conversationId))).toEqual(new Set([thread?.id]));
    expect((await textsOf(key, thread?.id)).sort()).toEqual(["one", "three", "two"]);
    expect(await listContacts(key)).toMatchObject([
      { name: "Vera", email: "vera@example.test", addresses: [{ email: "vera@example.test", isProven: true }] },
    ]);
  });

  test("people in To and Cc become no contacts", async () => {
    await receive(rawMail({ to: `${MAILBOX}, Paul <paul@example.test>`, cc: "mary@example.test" }));
    expect((await listContacts(key)).map(({ email }) => email)).toEqual(["vera@example.test"]);
  });
});
