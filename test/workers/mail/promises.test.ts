/** Promises about mail that no other file shows: `docs/mail.md` has them all, by number. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ledgerEntrySchema, type LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { MAILBOX, OTHER_MAILBOXES, freshDeployment, type KeyedAgent } from "../support/deployment.ts";
import { call, read } from "../support/http.ts";
import { ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { deliveredAs, listThreads, openThread, reply, textsOf } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";
import { attachmentCreatedSchema } from "../../../worker/domain/api-shapes.ts";

let owner: KeyedAgent;
let key: string;
let mailboxes: Record<string, string>;
let outbound: Outbound;

beforeEach(async () => {
  ({ owner, mailboxes } = await freshDeployment());
  ({ key } = owner);
  outbound = takeMail();
});

async function take(parts: MailParts = {}, envelope: Envelope = {}): Promise<LedgerEntry> {
  const from = /<([^<>]+)>/.exec(parts.from ?? "<vera@example.test>")?.[1] ?? parts.from ?? "";
  expect(await receive(rawMail(parts), { from, ...envelope })).toBeNull();
  const [row] = await ledger(key);
  if (row === undefined) throw new Error("the mail is not in the ledger");
  return row;
}

/** The signed address of an agent's reply to Vera's first mail. */
async function answered(): Promise<{ id: string; address: string }> {
  const { conversationId } = await take({ text: "first" });
  const { seq } = await reply(key, conversationId);
  await deliveredAs(key, conversationId, { seq, state: "sent" });
  return { id: conversationId ?? "", address: outbound.mails.at(-1)?.replyTo ?? "" };
}

describe("[E5] what is kept aside", () => {
  const REPORT = ["Content-Type: multipart/report; report-type=delivery-status; boundary=b", "MIME-Version: 1.0"];
  const STATUS = [
    "--b",
    "Content-Type: text/plain",
    "",
    "It could not be delivered.",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example.test",
    "",
    "Final-Recipient: rfc822; someone@example.test",
    "Action: failed",
    "Status: 5.1.1",
    "",
    "--b--",
  ].join("\r\n");
  const cases: [verdict: string, MailParts][] = [
    ["filtered:loop", { from: OTHER_MAILBOXES[0] ?? "" }],
    ["filtered:bounce", { from: "mailer-daemon@example.test", headers: REPORT, text: STATUS }],
    ["filtered:auto-reply", { headers: ["Auto-Submitted: auto-replied"] }],
  ];

  test.each(cases)("%s keeps its row, its reason and its raw mail, and is let in with one click", async (verdict, parts) => {
    const row = await take(parts);
    expect(row).toMatchObject({ state: "filtered", verdict, conversationId: null });
    expect(row.reason).toMatch(/\.$/u);
    const raw = await call({ key }, `GET /api/ledger/${row.id}/raw`);
    expect(raw.status).toBe(200);
    expect(String(raw.body)).toContain(`From: ${parts.from ?? "Vera <vera@example.test>"}`);
    const entry = await read(ledgerEntrySchema, { key }, `POST /api/ledger/${row.id}/accept`);
    expect(entry.state).toBe("applied");
    expect(await textsOf(key, entry.conversationId)).toHaveLength(1);
  });
});

test("[E7] order is by when mails came in, whatever their dates say", async () => {
  const dated = (text: string, date: string) => receive(rawMail({ text }).replace(/^Date: .*$/mu, `Date: ${date}`));
  const startedAt = Date.now();
  await dated("first", "Fri, 01 Jan 2038 00:00:00 +0000");
  await dated("second", "Thu, 01 Jan 1970 00:00:00 +0000");
  await dated("third", "yesterday, or the day before");
  const [thread] = await listThreads(key, 1);
  const { messages } = await openThread(key, thread?.id);
  expect(messages.map(({ text }) => text)).toEqual(["first", "second", "third"]);
  for (const { at } of messages) {
    expect(at).toBeGreaterThanOrEqual(startedAt);
    expect(at).toBeLessThanOrEqual(Date.now());
  }
});

test("[E8] the envelope's recipient decides, never To: a hidden copy, a list, a forwarding", async () => {
  const [sales = "", billing = ""] = OTHER_MAILBOXES;
  for (const to of ["undisclosed-recipients:;", "list@elsewhere.test", sales]) {
    const { id } = await take({ to, from: `person-${to.length}@example.test` }, { to: billing });
    const row = await env.DB.prepare("SELECT mailbox_id, state FROM ledger WHERE id = ?").bind(id).first();
    expect(row).toEqual({ mailbox_id: mailboxes[billing], state: "applied" });
  }
  // And what says our address, but was sent to nobody here, is not taken.
  expect(await receive(rawMail({ to: MAILBOX }), { to: "stranger@acme.test" })).not.toBeNull();
});

test("[M12] [M13] all ids of a mail are looked at: a newer one of somebody else's conversation does not hide the sender's own", async () => {
  const own = await take({ text: "mine", messageId: "own@example.test" });
  const other = await take({ from: "nora@example.test", text: "hers", messageId: "other@example.test" });
  const row = await take({
    text: "about both",
    headers: ["References: <own@example.test> <unknown@x.test> <other@example.test>"],
  });
  expect([row.verdict, row.conversationId]).toEqual(["reference", own.conversationId]);
  // And a stranger to all of them gets a conversation of their own.
  const stranger = await take({
    from: "paul@example.test",
    headers: ["References: <own@example.test> <other@example.test>"],
  });
  expect(stranger.verdict).toBe("linked");
  expect([own.conversationId, other.conversationId]).not.toContain(stranger.conversationId);
  // Linked: agents are led from the one to the other, of the newest id.
  const [message] = (await openThread(key, stranger.conversationId)).messages;
  expect(message?.mail?.linkedTo).toBe(other.conversationId);
});

describe("[E17] an old reply address keeps working", () => {
  test("after its mail was moved to another conversation", async () => {
    const { id, address } = await answered();
    const first = (await ledger(key)).at(-1);
    await call({ key }, `POST /api/ledger/${first?.id}/move`, { body: { conversationId: null } });
    expect(await take({ text: "answer" }, { to: address })).toMatchObject({ verdict: "token", conversationId: id });
  });

  test("after the conversation has got another contact: whoever holds it is another person", async () => {
    const { id, address } = await answered();
    const body = { email: "new@example.test" };
    expect((await call({ key }, `PUT /api/conversations/${id}/contact`, { body })).status).toBeLessThan(300);
    expect(await take({ text: "answer" }, { to: address })).toMatchObject({ verdict: "token:new-person", conversationId: id });
  });

  test("after the secret was changed, while the older one is known", async () => {
    const { id, address } = await answered();
    const bindings = { APP_SECRET: "a-new-secret-0123456789abcdef0123456789", APP_SECRET_OLDER: env.APP_SECRET ?? "" };
    await receive(rawMail({ text: "answer" }), { to: address }, bindings);
    expect((await ledger(key))[0]).toMatchObject({ verdict: "token", conversationId: id });
  });
});

describe("[E20] [E21] what is no signed address", () => {
  test("is none: its mail takes the ordinary path, is not bounced, and is counted without a word of it in the log", async () => {
    const { id, address } = await answered();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const forged = address.replace(/.(?=@)/u, (last) => (last === "a" ? "b" : "a"));
    const row = await take({ from: "nora@example.test", text: "forged" }, { to: forged });
    expect(row).toMatchObject({ state: "applied", verdict: "new" });
    expect(row.conversationId).not.toBe(id);
    expect(warn.mock.calls.flat()).toEqual([JSON.stringify({ level: "warn", event: "bad_reply_token", ledgerId: row.id })]);
    warn.mockRestore();
  });

  test("a conversation's id, or its key, without a signature leads nowhere", async () => {
    const { id } = await answered();
    const keys = await env.DB.prepare("SELECT key FROM reply_keys WHERE conversation_id = ?").bind(id).first<string>("key");
    for (const detail of [id, id.replaceAll("-", ""), keys ?? "", `conversation-${id}`]) {
      const row = await take({ from: `nora-${detail.length}@example.test` }, { to: `hello+${detail}@acme.test` });
      expect([row.state, row.verdict]).toEqual(["applied", "new"]);
    }
    expect(await textsOf(key, id)).toEqual(["first", "Our answer."]);
  });
});

test("[E26] the chat below a reply links to its files", async () => {
  const chat = await beginChat({ text: "See the picture", contact: { email: "vera@example.test", name: "Vera" } });
  const file = await read(attachmentCreatedSchema, { key }, "POST /api/attachments", {
    body: "a plan",
    headers: { "content-type": "text/plain", "x-filename": "plan.txt" },
    status: 201,
  });
  await reply(key, chat.conversationId, { channel: "chat", text: "Here it is", attachmentIds: [file.id] });
  const { seq } = await reply(key, chat.conversationId, { text: "By mail" });
  await deliveredAs(key, chat.conversationId, { seq, state: "sent" });
  const { text = "", html = "" } = outbound.mails.at(-1) ?? {};
  const link = /\[plan\.txt\] (https:\/\/\S+)/u.exec(text)?.[1] ?? "";
  const served = await call(null, `GET ${new URL(link).pathname}${new URL(link).search}`);
  expect([served.status, served.body]).toEqual([200, "a plan"]);
  expect(html).toContain("plan.txt</a>");
});
