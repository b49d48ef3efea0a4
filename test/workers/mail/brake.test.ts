/** Floods of mails from senders who have never written (T21, M16a). */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { conversationSchema } from "../../../durable-objects/conversation/protocol.ts";
import { ledgerEntrySchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { noticesSchema } from "../../../worker/domain/notices.ts";
import { BRAKE_DEPLOYMENT_FACTOR, BRAKE_WINDOW_MS } from "../../../worker/limits.ts";
import { forwardOf } from "../support/authority.ts";
import { addAgent, freshDeployment, MAILBOX, OTHER_MAILBOXES } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { rawMail, receive } from "../support/inbound.ts";
import { ports } from "../support/ports.ts";
import { inboxSocket, WAIT } from "../support/socket.ts";

let key: string;
let mailboxes: Record<string, string>;
/** Mails of as many senders. An attack sent 1,500 (`MAIL_FLOOD=1500`, two minutes); the bound shows with fewer. */
const FLOOD = Number(env.MAIL_FLOOD ?? "240");
/** For dozens of mails on a busy machine. */
const LONG = { timeout: 60_000 };
const FEW = { limits: { newSendersPerTwoMinutes: 5 } };

async function deploy(settings: Record<string, unknown> = {}): Promise<void> {
  const deployment = await freshDeployment(settings);
  key = deployment.owner.key;
  mailboxes = deployment.mailboxes;
}

beforeEach(async () => deploy(FEW));
afterEach(() => {
  vi.useRealTimers();
  ports.reset();
});

const times = (count: number) => Array.from({ length: count }, (_, n) => n);

/** The first mail of somebody. */
async function write(from: string, over: { to?: string; headers?: string[] } = {}): Promise<void> {
  const { to = MAILBOX, headers = [] } = over;
  await receive(rawMail({ from, to, headers }), { from, to });
}
const flood = async (count: number, domain = "flood.test", over: Parameters<typeof write>[1] = {}) => {
  for (const n of times(count)) await write(`sender${n}@${domain}`, over);
};

async function verdicts(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare("SELECT verdict, COUNT(*) AS n FROM ledger GROUP BY verdict").all();
  return Object.fromEntries(results.map(({ verdict, n }) => [String(verdict), Number(n)]));
}
const countOf = async (table: "conversations" | "contacts") =>
  Number(await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table}`).first("n"));
const notices = async () => (await read(noticesSchema, { key }, "GET /api/notices")).items;
const letInSchema = v.object({ letIn: v.number(), remaining: v.number() });
const letIn = () => read(letInSchema, { key }, `POST /api/mailboxes/${mailboxes[MAILBOX]}/let-in`);

describe("[T21] [M16a] the brake", () => {
  test("holds what only looks like contact forms, however many senders it comes from, and an agent's name in From", async () => {
    const form = (n: number) => ({ headers: [`Reply-To: person${n}@customer.test`] });
    for (const n of times(4)) await write(`noreply@form${n}.test`, form(n));
    await write("somebody@example.test");
    expect(await verdicts()).toMatchObject({ form: 4, new: 1 });
    for (const n of times(3)) await write(`noreply@late${n}.test`, form(10 + n));
    // Its From says that an agent forwards it, and nothing shows that.
    const claim = { from: "olivia@acme.test", ...forwardOf({ from: "Nora <nora@example.test>", text: "Hi" }) };
    await receive(rawMail(claim), { from: "olivia@acme.test" });
    expect(await verdicts()).toMatchObject({ form: 4, "filtered:brake": 4 });
    expect(await notices()).toMatchObject([{ kind: "brake", brake: { keptAside: 4 } }]);
    // One who has written through one goes on, and one that the owner has called a form has its own limit.
    await write("noreply@form0.test", form(0));
    await read(v.unknown(), { key }, "PUT /api/forms/noreply@called.test", {});
    await write("noreply@called.test", form(20));
    expect(await verdicts()).toMatchObject({ form: 6, "filtered:brake": 4 });
    expect(await letIn()).toEqual({ letIn: 4, remaining: 0 });
    expect(await verdicts()).toMatchObject({ form: 9, "forwarded:unverified": 1 });
  });

  test(
    "a flood of senders: sixty reach the list, the owner is told, and a known contact's mail arrives at once",
    { timeout: FLOOD * 300 },
    async () => {
      await deploy();
      await write("carla@customer.test");
      const inbox = await inboxSocket({ key });
      inbox.send({ type: "hello" });
      await inbox.next("welcome");
      // Several at a time, as they come; the clock stands still, so that it is one flood however slow this machine is.
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
      let next = 0;
      const sendOn = async (): Promise<void> => {
        for (let n = next++; n < FLOOD; n = next++) await write(`sender${n}@flood.test`);
      };
      await Promise.all(times(8).map(sendOn));
      await write("carla@customer.test");
      // The first of the sixty is Carla.
      const aside = FLOOD - 59;
      expect(await verdicts()).toEqual({ new: 60, "filtered:brake": aside, contact: 1 });
      expect([await countOf("conversations"), await countOf("contacts")]).toEqual([60, 60]);
      expect(inbox.frames.filter(({ type }) => type === "notices")).toHaveLength(1);
      expect(await notices()).toMatchObject([{ kind: "brake", brake: { address: MAILBOX, offUntil: null, keptAside: aside } }]);
    },
  );

  test("is each mailbox's, and all mailboxes together have one", LONG, async () => {
    for (const [n, to] of [MAILBOX, ...OTHER_MAILBOXES].entries()) await flood(8, `flood${n}.test`, { to });
    expect(await verdicts()).toEqual({ new: 15, "filtered:brake": 9 });
    expect(BRAKE_DEPLOYMENT_FACTOR * 5).toBe(15);
  });

  test("loosens by itself when the flood is over; what it kept aside stays aside", async () => {
    await flood(7);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + BRAKE_WINDOW_MS * 1.125 + 1 });
    await write("late@example.test");
    expect(await verdicts()).toEqual({ new: 6, "filtered:brake": 2 });
    expect(await notices()).toMatchObject([{ brake: { keptAside: 2 } }]);
  });

  test("an id that others have, too, is no way around it", async () => {
    await write("carla@customer.test", { headers: ["X-Nothing: 1"] });
    const known = await env.DB.prepare("SELECT message_id AS id FROM mail_ids").first("id");
    await flood(9, "flood.test", { headers: [`In-Reply-To: <${String(known)}>`] });
    const { linked = 0, "filtered:brake": braked = 0 } = await verdicts();
    expect([linked, braked]).toEqual([4, 5]);
  });

  test("what was not new anyway is not counted: duplicates, loops, automatic mail", async () => {
    for (const _ of times(9)) await write("robot@example.test", { headers: ["Auto-Submitted: auto-replied"] });
    await flood(5);
    expect(await verdicts()).toEqual({ "filtered:auto-reply": 9, new: 5 });
  });

  test("totals that do not answer keep nobody aside", async () => {
    const away = {
      get: () => ({ take: async () => Promise.reject(new Error("away")) }),
      idFromName: () => env.TOTALS.idFromName("x"),
    };
    const bindings = { TOTALS: Object.assign(Object.create(env.TOTALS), away) };
    for (const n of times(9)) {
      const from = `sender${n}@flood.test`;
      await receive(rawMail({ from }), { from, to: MAILBOX }, bindings);
    }
    expect(await verdicts()).toEqual({ new: 9 });
  });
});

describe("[T21] [M16a] what it kept aside", () => {
  const page = pageOf(v.strictObject(ledgerEntrySchema.entries));

  test("is a filter of the ledger, and one click lets one in: then it is in the list", async () => {
    await flood(8);
    const { items } = await read(page, { key }, "GET /api/ledger?state=braked");
    expect(items.map(({ state, verdict, from }) => [state, verdict, from])).toEqual(
      [7, 6, 5].map((n) => ["filtered", "filtered:brake", `sender${n}@flood.test`]),
    );
    const entry = await read(ledgerEntrySchema, { key }, `POST /api/ledger/${items[0]?.id}/accept`);
    expect(entry).toMatchObject({ state: "applied", verdict: "new" });
    expect((await read(page, { key }, "GET /api/ledger?state=braked")).items).toHaveLength(2);
  });

  test(
    "is let in by one click, oldest first, some at a time, and nobody is answered automatically hours later",
    LONG,
    async () => {
      await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1").run();
      await flood(28);
      expect(await letIn()).toEqual({ letIn: 20, remaining: 3 });
      expect(await letIn()).toEqual({ letIn: 3, remaining: 0 });
      expect(await letIn()).toEqual({ letIn: 0, remaining: 0 });
      expect(await verdicts()).toEqual({ new: 28 });
      expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM auto_answers").first("n")).toBe(5);
      const list = await read(pageOf(conversationSchema), { key }, "GET /api/conversations?limit=100");
      expect(list.items).toHaveLength(28);
    },
  );

  test("new ones are let in for an hour, which one click ends", LONG, async () => {
    await flood(7);
    const path = `POST /api/mailboxes/${mailboxes[MAILBOX]}/brake`;
    const answer = await call({ key }, path, { body: { isOff: true } });
    expect(answer.body).toMatchObject({ offUntil: expect.any(Number) });
    await flood(9, "more.test");
    expect(await verdicts()).toEqual({ new: 14, "filtered:brake": 2 });
    expect(await notices()).toMatchObject([{ brake: { offUntil: expect.any(Number), keptAside: 2 } }]);
    expect((await call({ key }, path, { body: { isOff: false } })).body).toEqual({ offUntil: null });
    await flood(3, "again.test");
    expect(await verdicts()).toEqual({ new: 14, "filtered:brake": 5 });
    await call({ key }, path, { body: { isOff: true } });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61 * 60_000 });
    await flood(7, "later.test");
    expect(await verdicts()).toEqual({ new: 19, "filtered:brake": 7 });
  });

  test("agents let mails in, admins hold the brake; 404 for no mailbox", async () => {
    const agent = { key: (await addAgent("agent")).key };
    await refused(agent, `POST /api/mailboxes/${mailboxes[MAILBOX]}/brake`, [403, "not_allowed"], { body: { isOff: true } });
    await refused(agent, "GET /api/notices", [403, "not_allowed"]);
    expect((await call(agent, `POST /api/mailboxes/${mailboxes[MAILBOX]}/let-in`)).status).toBe(200);
    const none = "0190f000-0000-7000-8000-000000000000";
    await refused({ key }, `POST /api/mailboxes/${none}/brake`, [404, "not_found"], { body: { isOff: true } });
  });
});

describe("[T21] notices", () => {
  test("are told once in a minute, dismissed by one for all, and told again when it is another story", LONG, async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    await flood(9);
    const [first] = await vi.waitFor(async () => {
      const items = await notices();
      expect(items).toHaveLength(1);
      return items;
    }, WAIT);
    expect(first).toMatchObject({ count: 1 });
    vi.setSystemTime(Date.now() + 61_000);
    await flood(9, "more.test");
    await expect.poll(async () => (await notices())[0]?.count, WAIT).toBe(2);
    expect((await call({ key }, `POST /api/notices/${first?.id}/dismiss`)).status).toBe(204);
    expect(await notices()).toEqual([]);
    vi.setSystemTime(Date.now() + 61_000);
    await flood(9, "on-and-on.test");
    await expect.poll(async () => env.DB.prepare("SELECT count FROM notices").first("count"), WAIT).toBe(3);
    expect(await notices()).toEqual([]);
    vi.setSystemTime(Date.now() + 2 * 60 * 60_000);
    await flood(9, "another.test");
    await expect.poll(async () => (await notices())[0]?.count, WAIT).toBe(1);
    await refused({ key }, "POST /api/notices/0190f000-0000-7000-8000-000000000000/dismiss", [404, "not_found"]);
  });
});
