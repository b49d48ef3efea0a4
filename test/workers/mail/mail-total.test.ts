/** Totals of mails that leave (T21): what is written by hand, what is not, and automatic answers. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { noticesSchema } from "../../../worker/domain/notices.ts";
import { DAY_MS, MINUTE_MS, RECEIPTS_PER_HOUR, takesOfReceipt } from "../../../worker/limits.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { takeTotals } from "../../../worker/totals.ts";
import { freshDeployment, MAILBOX, newId } from "../support/deployment.ts";
import { call, read } from "../support/http.ts";
import { rawMail, receive } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { ports } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";
import { reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;

afterEach(() => {
  vi.useRealTimers();
  ports.reset();
});

const kinds = async () => (await read(noticesSchema, { key }, "GET /api/notices")).items.map(({ kind }) => kind);
const times = (count: number) => Array.from({ length: count }, (_, n) => n);

/** An agent begins a conversation by mail. @returns its id */
async function writeTo(email: string): Promise<string> {
  const body = { clientId: newId(), to: { email }, subject: "Your order", text: "It is on its way." };
  const answer = await call({ key }, "POST /api/conversations", { body });
  expect(answer.status).toBe(201);
  return String(Object(Object(answer.body).conversation).id);
}

async function deliveryOf(id: string) {
  return (await conversationStub(env, id).findMessage(1))?.delivery;
}

/** Some time later the conversation's alarm rings. */
async function lookAgain(id: string, ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  await runDurableObjectAlarm(conversationStub(env, id));
}

describe("[T21] mails of a day", () => {
  beforeEach(async () => {
    ({ key } = (await freshDeployment({ limits: { mailsPerDay: 4 } })).owner);
  });

  test("an agent's reply over the total is put off with a reason, the owner is told, and it leaves when it may", async () => {
    const outbound = takeMail();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    for (const n of times(4)) await writeTo(`person${n}@example.test`);
    await outbound.nth(4);
    const late = await writeTo("late@example.test");
    await vi.waitFor(async () => {
      expect(await deliveryOf(late)).toMatchObject({
        state: "queued",
        reason: "The limit of mails for a day is reached. This one leaves by itself as soon as it may.",
      });
    }, WAIT);
    await expect.poll(kinds, WAIT).toEqual(["mails"]);
    expect(outbound.mails).toHaveLength(4);
    // However often it is looked at, it is not given up: nobody was asked.
    for (const _ of times(15)) await lookAgain(late, 17 * MINUTE_MS);
    expect(await deliveryOf(late)).toMatchObject({ state: "queued", reason: expect.stringContaining("limit of mails") });
    expect(outbound.mails).toHaveLength(4);
    await lookAgain(late, DAY_MS);
    await vi.waitFor(async () => expect(await deliveryOf(late)).toMatchObject({ state: "sent" }), WAIT);
  });

  test("what nobody wrote by hand has half of it: agents' mails still leave", async () => {
    const outbound = takeMail();
    await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1").run();
    for (const n of times(3)) {
      const from = `person${n}@example.test`;
      await receive(rawMail({ from }), { from, to: MAILBOX });
    }
    await outbound.nth(2);
    for (const n of times(2)) await writeTo(`other${n}@example.test`);
    await outbound.nth(4);
    const subjects = outbound.mails.map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === "We have received your message")).toHaveLength(2);
    expect(subjects.filter((subject) => subject === "Your order")).toHaveLength(2);
    const { results } = await env.DB.prepare("SELECT conversation_id AS id FROM ledger ORDER BY received_at, id").all();
    const receipt = await conversationStub(env, String(results[2]?.["id"])).findMessage(2);
    expect(receipt?.delivery).toMatchObject({ state: "queued", reason: expect.stringContaining("Automatic mails") });
  });

  test("are counted by whom they go to: copies, hidden ones too, are mails", async () => {
    const outbound = takeMail();
    const copies = { cc: ["a@example.test", "b@example.test"], bcc: ["c@example.test"] };
    const body = { clientId: newId(), to: { email: "person@example.test" }, subject: "Your order", text: "x", ...copies };
    expect((await call({ key }, "POST /api/conversations", { body })).status).toBe(201);
    await outbound.nth(1);
    const late = await writeTo("late@example.test");
    await vi.waitFor(async () => expect(await deliveryOf(late)).toMatchObject({ state: "queued" }), WAIT);
    await expect.poll(kinds, WAIT).toEqual(["mails"]);
    expect(outbound.mails).toHaveLength(1);
  });

  test("chat replies that nobody has seen are of that half, though agents wrote them", async () => {
    const { owner } = await freshDeployment({ limits: { mailsPerDay: 4 }, mail: { unseenSeconds: 60 } });
    ({ key } = owner);
    const outbound = takeMail();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    for (const n of times(2)) await writeTo(`person${n}@example.test`);
    await outbound.nth(2);
    const { conversationId: id } = await beginChat({ contact: { email: "vera@example.test" } });
    const { seq } = await reply(key, id, { channel: "chat", text: "Are you there?" });
    await lookAgain(id, 2 * MINUTE_MS);
    await vi.waitFor(async () => {
      const unseen = await conversationStub(env, id).findMessage(seq);
      expect(unseen?.delivery).toMatchObject({ state: "queued", reason: expect.stringContaining("Automatic mails") });
    }, WAIT);
    expect(outbound.mails).toHaveLength(2);
  });

  test("a mail that does not leave is not counted", async () => {
    takeMail(async () => Promise.reject(Object.assign(new Error("no"), { code: "E_RECIPIENT_SUPPRESSED" })));
    for (const n of times(6)) {
      const id = await writeTo(`gone${n}@example.test`);
      await vi.waitFor(async () => expect(await deliveryOf(id)).toMatchObject({ state: "failed" }), WAIT);
    }
    expect(await kinds()).toEqual([]);
  });

  test("totals that do not answer: agents' mails leave, automatic ones wait", async () => {
    const outbound = takeMail();
    const get = () => ({ take: async () => Promise.reject(new Error("away")), refund: async () => undefined });
    const totals = Object.assign(Object.create(env.TOTALS), { get, idFromName: () => env.TOTALS.idFromName("x") });
    const { conversationPorts } = await import("../../../worker/ports.ts");
    ports.conversation = { deliver: conversationPorts({ ...env, TOTALS: totals }).deliver };
    await writeTo("person@example.test");
    await outbound.nth(1);
    await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1").run();
    await receive(rawMail({ from: "vera@example.test" }), { from: "vera@example.test", to: MAILBOX });
    const id = String(await env.DB.prepare("SELECT conversation_id AS id FROM ledger").first("id"));
    await vi.waitFor(async () => {
      const receipt = await conversationStub(env, id).findMessage(2);
      expect(receipt?.delivery).toMatchObject({ state: "queued", reason: expect.stringContaining("could not be counted") });
    }, WAIT);
    expect(outbound.mails).toHaveLength(1);
  });
});

describe("[T21] [T14] automatic answers", () => {
  beforeEach(async () => {
    ({ key } = (await freshDeployment({ limits: { newSendersPerTwoMinutes: 1_000 } })).owner);
    await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1").run();
  });

  const mail = async (from: string, headers: string[] = [], subject = "A question") =>
    receive(rawMail({ from, headers, subject }), { from, to: MAILBOX });
  const answers = async () => Number(await env.DB.prepare("SELECT COUNT(*) AS n FROM auto_answers").first("n"));

  test("of an hour, whatever the number of those who write: the rest get none, and the owner is told", async () => {
    takeMail();
    // All but three of them have been given already.
    const given = takesOfReceipt().map((take) => ({ ...take, cost: RECEIPTS_PER_HOUR - 3 }));
    expect((await takeTotals(env, given, { onSilence: "refuse" })).isAllowed).toBe(true);
    for (const n of times(8)) await mail(`person${n}@example.test`);
    expect(await answers()).toBe(3);
    await expect.poll(kinds, WAIT).toEqual(["receipts"]);
  });

  test("carry nothing of what came in: no subject, no text, no name", async () => {
    const outbound = takeMail();
    await mail('"Buy now http://evil.test" <victim@example.test>', [], "Cheap pills http://evil.test");
    const answer = await outbound.nth(1);
    expect(answer.subject).toBe("We have received your message");
    expect(JSON.stringify(answer)).not.toMatch(/evil|pills|Buy/);
    expect(answer.text).not.toContain("I have a question");
  });

  test.each([
    ["All", 0],
    ["DR, AutoReply", 0],
    ["oof, autoreply", 0],
    ["OOF", 1],
    ["DR, NDR, RN, NRN", 1],
  ])("X-Auto-Response-Suppress: %s gets %i receipts", async (value, count) => {
    takeMail();
    await mail("vera@example.test", [`X-Auto-Response-Suppress: ${value}`]);
    expect(await answers()).toBe(count);
  });

  test("that cannot be counted are not given", async () => {
    takeMail();
    const get = () => ({ take: async () => Promise.reject(new Error("away")) });
    const TOTALS = Object.assign(Object.create(env.TOTALS), { get, idFromName: () => env.TOTALS.idFromName("x") });
    await receive(rawMail({ from: "vera@example.test" }), { from: "vera@example.test", to: MAILBOX }, { TOTALS });
    expect(await answers()).toBe(0);
    expect(await env.DB.prepare("SELECT verdict FROM ledger").first("verdict")).toBe("new");
  });
});
