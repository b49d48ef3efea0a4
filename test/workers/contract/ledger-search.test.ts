/** Looking for a mail in the ledger: by address and subject, in views, with a bound on what is read. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { SEARCH_ROWS_MAX } from "../../../worker/db/ledger-pages.ts";
import { ledgerEntrySchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";

let key: string;
let mailboxId: string;

beforeEach(async () => {
  const { owner, mailboxes } = await freshDeployment();
  ({ key } = owner);
  mailboxId = Object.values(mailboxes)[0] ?? "";
});

const page = pageOf(ledgerEntrySchema);

interface Mail {
  subject: string;
  from?: string;
  state?: string;
}

let at = 0;

async function arrived(mails: Mail[]): Promise<void> {
  const statements = mails.map(({ subject, from = "vera@example.test", state = "applied" }) => {
    at += 1;
    return env.DB.prepare(
      `INSERT INTO ledger (id, received_at, envelope_from, envelope_to, mailbox_id, size, raw_key, raw_hash, state, subject, from_address, updated_at)
       VALUES (?1, ?2, ?3, 'hello@acme.test', ?4, 1, 'k', ?1, ?5, ?6, ?3, ?2)`,
    ).bind(newId(), at, from, mailboxId, state, subject);
  });
  for (let n = 0; n < statements.length; n += 500) await env.DB.batch(statements.slice(n, n + 500));
}

async function find(query: string) {
  const { items, nextCursor } = await read(page, { key }, `GET /api/ledger?${query}`);
  return { subjects: items.map(({ subject }) => subject), nextCursor };
}

describe("GET /api/ledger?q=", () => {
  test("finds words of subjects and addresses, whatever their case and accents", async () => {
    await arrived([
      { subject: "Pañuelo de seda" },
      { subject: "Wheel size", from: "Nora.Person@shop.example" },
      { subject: "Wheel of fortune" },
    ]);
    expect((await find("q=PANUELO")).subjects).toEqual(["Pañuelo de seda"]);
    expect((await find("q=seda%20pa%C3%B1")).subjects).toEqual(["Pañuelo de seda"]);
    expect((await find("q=wheel")).subjects).toEqual(["Wheel of fortune", "Wheel size"]);
    expect((await find("q=nora.person")).subjects).toEqual(["Wheel size"]);
    expect((await find("q=wheel%20shop.example")).subjects).toEqual(["Wheel size"]);
    expect((await find("q=nora.person%40shop.ex")).subjects).toEqual(["Wheel size"]);
    expect((await find("q=hello%40acme.test")).subjects).toHaveLength(3);
    expect((await find("q=100%25_")).subjects).toEqual([]);
    expect((await find("q=%20%20")).subjects).toHaveLength(3);
    await refused({ key }, `GET /api/ledger?q=${"x".repeat(101)}`, [422, "invalid"]);
  });

  test("in a view, and page by page", async () => {
    await arrived(
      ["quarantined", "filtered", "failed", "applied"].flatMap((state) => [
        { subject: `offer ${state} 1`, state },
        { subject: `other ${state}`, state },
        { subject: `offer ${state} 2`, state },
      ]),
    );
    expect((await find("state=quarantined")).subjects).toEqual([
      "offer quarantined 2",
      "other quarantined",
      "offer quarantined 1",
    ]);
    expect((await find("state=filtered")).subjects).toHaveLength(3);
    expect((await find("state=attention")).subjects).toHaveLength(6);
    expect((await find("state=filtered&q=offer")).subjects).toEqual(["offer filtered 2", "offer filtered 1"]);
    expect((await find("state=filtered&q=vera%40example.test")).subjects).toHaveLength(3);
    const first = await find("q=offer&limit=5");
    expect(first.subjects).toHaveLength(5);
    const second = await find(`q=offer&limit=5&cursor=${first.nextCursor}`);
    expect([...first.subjects, ...second.subjects]).toHaveLength(8);
    expect(second).toMatchObject({ nextCursor: null });
  });

  test("looks through so many mails at a time, and goes on where it ended", async () => {
    await arrived([{ subject: "needle" }]);
    await arrived(Array.from({ length: SEARCH_ROWS_MAX + 20 }, (_, n) => ({ subject: `hay ${n}`, from: `h${n}@example.test` })));
    const first = await find("q=needle");
    expect(first.subjects).toEqual([]);
    expect(first.nextCursor).not.toBeNull();
    expect(await find(`q=needle&cursor=${first.nextCursor}`)).toEqual({ subjects: ["needle"], nextCursor: null });
    // A whole address has an index: at once, however old.
    expect(await find("q=Vera%40example.test")).toEqual({ subjects: ["needle"], nextCursor: null });
  });
});

describe("what is read", () => {
  const rowsRead = async (sql: string) => (await env.DB.prepare(sql).run()).meta.rows_read;

  test("is the page for a view and for a sender, and the bound for a search", async () => {
    await arrived(Array.from({ length: 3_000 }, (_, n) => ({ subject: `hay ${n}`, from: `h${n % 300}@example.test` })));
    await arrived([
      { subject: "kept", state: "filtered" },
      { subject: "held", state: "quarantined" },
    ]);
    const order = "ORDER BY received_at DESC, id DESC";
    expect(await rowsRead(`SELECT * FROM ledger WHERE state = 'filtered' ${order} LIMIT 51`)).toBeLessThanOrEqual(2);
    const attention = "state IN ('quarantined', 'failed') AND state = 'quarantined'";
    expect(await rowsRead(`SELECT * FROM ledger WHERE ${attention} ${order} LIMIT 51`)).toBeLessThanOrEqual(2);
    expect(await rowsRead(`SELECT * FROM ledger WHERE from_address = 'h7@example.test' ${order} LIMIT 51`)).toBeLessThanOrEqual(
      22,
    );
    expect(await rowsRead(`SELECT id, subject FROM ledger ${order} LIMIT ${SEARCH_ROWS_MAX}`)).toBeLessThanOrEqual(
      SEARCH_ROWS_MAX,
    );
  });

  test("is a hundred at most for the number in the menu", async () => {
    await arrived(Array.from({ length: 150 }, () => ({ subject: "held", state: "quarantined" })));
    expect((await call({ key }, "GET /api/ledger/attention")).body).toEqual({ count: 100 });
    const counted = "SELECT id FROM ledger WHERE state IN ('quarantined', 'failed') LIMIT 100";
    expect(await rowsRead(counted)).toBeLessThanOrEqual(101);
  });
});
