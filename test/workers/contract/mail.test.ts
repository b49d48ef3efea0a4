import { beforeEach, describe, expect, test } from "vitest";
import type * as v from "valibot";
import { conversationPageSchema, ledgerEntrySchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { MAILBOX, freshDeployment, newId } from "../support/deployment.ts";
import { call, fetchWorker, read, refused } from "../support/http.ts";
import { MAIL_SECRET, ledger, post, rawMail, receive, settled } from "../support/inbound.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const AUTHORISED = { authorization: `Bearer ${MAIL_SECRET}` };

describe("POST /email/inbound", () => {
  test("202 with the id of the ledger's row, which then tells what became of the mail", async () => {
    const raw = rawMail({ subject: "=?utf-8?q?Caf=C3=A9?=", text: "Is it open?" });
    const answer = await post(raw, { from: "bounce+7@example.test" });
    const [row] = await settled(key, 1);
    expect([answer.status, answer.body]).toEqual([202, { ledgerId: row?.id }]);
    expect(row).toEqual({
      id: row?.id,
      receivedAt: row?.receivedAt,
      from: "vera@example.test",
      to: MAILBOX,
      subject: "Café",
      state: "applied",
      verdict: "new",
      reason: "The sender is not known yet.",
      conversationId: row?.conversationId,
      isMovable: true,
      movingTo: null,
      movedFrom: null,
      size: new TextEncoder().encode(raw).byteLength,
    });
    const page = await read(conversationPageSchema, { key }, `GET /api/conversations/${row?.conversationId}`);
    expect(page.messages).toEqual([
      {
        seq: 1,
        id: page.messages[0]?.id,
        at: page.messages[0]?.at,
        author: { kind: "contact", name: "Vera" },
        channel: "email",
        text: "Is it open?",
        subject: "Café",
        attachments: [],
        for: { sessions: [], addresses: ["vera@example.test"] },
        mail: { ledgerId: row?.id, from: { address: "vera@example.test", name: "Vera" } },
      },
    ]);
    expect(page.conversation).toMatchObject({ status: "open", unread: true, hasVisitor: false, subject: "Café" });
  });

  test("401 for a wrong secret, 404 for no mailbox, 413 for one too large, 422 for nothing", async () => {
    const raw = rawMail();
    for (const secret of ["wrong", `${MAIL_SECRET}x`, ""])
      expect((await post(raw, {}, { secret })).body).toMatchObject({ status: 401, code: "bad_secret" });
    await refused(null, `POST /email/inbound?to=${MAILBOX}`, [401, "bad_secret"], { body: raw });
    expect((await post(raw, {}, { bindings: { INBOUND_MAIL_SECRET: "" }, secret: "x" })).body).toMatchObject({
      code: "bad_secret",
    });
    expect((await post(raw, { to: "nobody@acme.test" })).body).toMatchObject({ status: 404, code: "not_found" });
    expect((await post(raw, { to: "" })).body).toMatchObject({ status: 404, code: "not_found" });
    expect((await post(new Uint8Array(25 * 1024 * 1024 + 1))).body).toMatchObject({ status: 413, code: "too_large" });
    expect((await post("")).body).toMatchObject({ status: 422, code: "invalid" });
    expect(await ledger(key)).toEqual([]);
  });

  test("an empty sender is legal, and so are capitals and sub-addresses of a mailbox", async () => {
    expect((await post(rawMail(), { from: "" })).status).toBe(202);
    expect((await post(rawMail(), { to: "Hello@ACME.test" })).status).toBe(202);
    expect((await post(rawMail(), { to: "hello+anything@acme.test" })).status).toBe(202);
    const rows = await settled(key, 3);
    expect(rows.map(({ to }) => to).sort()).toEqual(["hello+anything@acme.test", MAILBOX, MAILBOX]);
  });
});

const recipientStatus = async (to: string) =>
  (await call(null, `GET /email/recipients?to=${encodeURIComponent(to)}`, { headers: AUTHORISED })).status;

describe("GET /email/recipients", () => {
  test("204 for mailboxes and their sub-addresses, 404 for others, 401 without the secret", async () => {
    expect([
      await recipientStatus(MAILBOX),
      await recipientStatus("HELLO+x@acme.test"),
      await recipientStatus("nobody@acme.test"),
      await recipientStatus(""),
    ]).toEqual([204, 204, 404, 404]);
    await refused(null, `GET /email/recipients?to=${MAILBOX}`, [401, "bad_secret"]);
  });
});

describe("email()", () => {
  test("[E4] takes a mail with a null sender, and rejects for ever only what is no mailbox or too large", async () => {
    expect(await receive(rawMail(), { from: "" })).toBeNull();
    expect(await receive(rawMail(), { to: "nobody@acme.test" })).toMatch(/^550 5\.1\.1 /);
    expect(await receive(new Uint8Array(25 * 1024 * 1024 + 1))).toMatch(/^552 5\.3\.4 /);
    const rows = await ledger(key);
    expect(rows).toMatchObject([{ state: "applied", from: "vera@example.test" }]);
  });
});

describe("GET /api/ledger", () => {
  test("is newest first, in pages; one row by its id", async () => {
    for (let n = 1; n <= 5; n += 1) await receive(rawMail({ subject: `mail ${n}`, from: `p${n}@example.test` }));
    const schema = pageOf(ledgerEntrySchema);
    const seen: (string | null)[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: v.InferOutput<typeof schema> = await read(
        schema,
        { key },
        `GET /api/ledger?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ subject }) => subject));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(["mail 5", "mail 4", "mail 3", "mail 2", "mail 1"]);
    const [row] = await ledger(key);
    expect(await read(ledgerEntrySchema, { key }, `GET /api/ledger/${row?.id}`)).toEqual(row);
    await refused({ key }, `GET /api/ledger/${newId()}`, [404, "not_found"]);
    await refused({ key }, "GET /api/ledger?cursor=x", [422, "invalid"]);
  });

  test("gives the raw mail, byte for byte, as a download in which nothing runs", async () => {
    const raw = new Uint8Array([...new TextEncoder().encode(rawMail({ text: "bytes:" })), 0, 255, 254, 13, 10]);
    await receive(raw);
    const [row] = await ledger(key);
    const response = await fetchWorker({ key }, `GET /api/ledger/${row?.id}/raw`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(raw);
    expect([response.status, response.headers.get("content-type"), response.headers.get("content-disposition")]).toEqual([
      200,
      "message/rfc822",
      `attachment; filename="${row?.id}.eml"`,
    ]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    await refused({ key }, `GET /api/ledger/${newId()}/raw`, [404, "not_found"]);
  });
});
