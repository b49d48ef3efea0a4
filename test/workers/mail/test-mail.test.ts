import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { testMailResultSchema } from "../../../worker/domain/api-shapes.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { listMailboxes, loadCachedSettings } from "../../../worker/db/settings.ts";
import { sendTestMail } from "../../../worker/email/send-test-mail.ts";
import { MAILBOX, OWNER, addAgent, freshDeployment, newId, type Deployment } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { ledger, receive } from "../support/inbound.ts";
import { failure, takeMail } from "../support/outbound.ts";
import { count, listThreads } from "../support/threads.ts";

let deployment: Deployment;
let key: string;

beforeEach(async () => {
  deployment = await freshDeployment();
  ({ key } = deployment.owner);
});

const path = () => `POST /api/mailboxes/${deployment.mailboxes[MAILBOX]}/test`;
const send = (body: unknown = {}) => read(testMailResultSchema, { key }, path(), { body });

describe("a test mail from the settings", () => {
  test("goes from the mailbox to whoever asks, or to a given address, and makes nothing", async () => {
    const outbound = takeMail();
    expect(await send()).toEqual({ kind: "sent", to: OWNER.email });
    expect(await outbound.nth(1)).toMatchObject({
      from: { email: MAILBOX, name: "Acme" },
      to: [OWNER.email],
      subject: `Test mail from ${MAILBOX}`,
      headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
    });
    expect((await outbound.nth(1)).replyTo).toBeUndefined();
    expect(await send({ to: "It@Acme.test" })).toEqual({ kind: "sent", to: "it@acme.test" });
    await listThreads(key, 0);
    expect(await count("mail_ids")).toBe(0);
  });

  test("[T14] that comes back to a mailbox of ours begins no conversation", async () => {
    const outbound = takeMail();
    await send({ to: MAILBOX });
    const { subject, headers, text } = await outbound.nth(1);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const raw = [`From: Acme <${MAILBOX}>`, `To: ${MAILBOX}`, `Subject: ${subject}`, ...lines, "", text].join("\r\n");
    await receive(raw, { from: MAILBOX, to: MAILBOX });
    expect(await ledger(key)).toMatchObject([{ verdict: "filtered:loop", conversationId: null }]);
    await listThreads(key, 0);
  });

  test("speaks the mailbox's language", async () => {
    const outbound = takeMail();
    await call({ key }, `PATCH /api/mailboxes/${deployment.mailboxes[MAILBOX]}`, { body: { locale: "es" } });
    await send();
    expect((await outbound.nth(1)).subject).toBe(`Correo de prueba de ${MAILBOX}`);
  });

  test.each([
    ["E_SENDER_NOT_VERIFIED", "refused", "The domain of this mailbox is not verified for sending at Cloudflare."],
    ["E_DAILY_LIMIT_EXCEEDED", "deferred", "The number of mails that Cloudflare allows for today is used up."],
    ["E_INTERNAL_SERVER_ERROR", "unknown", "Cloudflare had an internal error; whether the mail was sent is not known."],
  ])("%s is told as it is: %s", async (code, kind, reason) => {
    takeMail(async () => Promise.reject(failure(code)));
    expect(await send()).toEqual({ kind, to: OWNER.email, reason });
  });

  test("a server that does not answer is told as unknown, soon", async () => {
    const db = openDatabase(env.DB);
    const [mailbox] = await listMailboxes(db);
    if (mailbox === undefined) throw new Error("no mailbox");
    const input = { mailbox, to: "it@acme.test", settings: await loadCachedSettings(db, Date.now()), id: newId() };
    const transport = { send: async () => new Promise<never>(() => {}) };
    expect(await sendTestMail(env, input, { transport, timeoutMs: 1_000 })).toEqual({
      kind: "unknown",
      to: "it@acme.test",
      reason: "The mail server has not answered within 1 seconds; the mail may still arrive.",
    });
  });

  test("where mail is not configured nothing was sent, and it says why", async () => {
    const bindings = { MAIL_TRANSPORT: "smtp", SMTP_URL: "" };
    const { status, body } = await call({ key }, path(), { body: {}, bindings });
    expect([status, body]).toMatchObject([200, { kind: "deferred", to: OWNER.email }]);
  });

  test("[T7] is for admins; 404 for no mailbox, 422 for no address", async () => {
    const { key: agentKey } = await addAgent("agent");
    await refused({ key: agentKey }, path(), [403, "not_allowed"], { body: {} });
    await refused({ key }, `POST /api/mailboxes/${newId()}/test`, [404, "not_found"], { body: {} });
    await refused({ key }, path(), [422, "invalid"], { body: { to: "nobody" } });
  });
});
