import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import type { Env } from "../../../worker/env.ts";
import { OTHER_MAILBOXES, OWNER, freshDeployment } from "../support/deployment.ts";
import { databaseAway, storeAway } from "../support/faults.ts";
import { ledger, rawMail, receive, type Envelope } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { deliveredAs, listThreads, openThread, reply } from "../support/threads.ts";

const BOUNCE = ["Content-Type: text/plain", "X-Failed-Recipients: vera@example.test", "References: <sent-1@cloudflare.test>"];

/** Mails of every kind, some of them more than once. */
function mixedMails(replyTo: string): { raw: string; envelope?: Envelope; bindings?: Partial<Env> }[] {
  const question = rawMail({ from: "nora@example.test", text: "question" });
  const reused = { from: "nora@example.test", messageId: "reused@example.test" };
  return [
    { raw: question },
    { raw: question },
    { raw: `Received: by another way\r\n${question}` },
    { raw: question, envelope: { to: OTHER_MAILBOXES[0] ?? "" } },
    { raw: rawMail({ from: "nora@example.test", text: "again" }) },
    { raw: rawMail({ ...reused, text: "one" }) },
    { raw: rawMail({ ...reused, text: "two" }) },
    { raw: rawMail({ text: "by token" }), envelope: { to: replyTo } },
    { raw: rawMail({ from: "eve@evil.test", text: "stranger" }), envelope: { to: replyTo } },
    { raw: rawMail({ from: "eve@evil.test", text: "linked", headers: ["In-Reply-To: <sent-1@cloudflare.test>"] }) },
    { raw: rawMail({ from: "away@example.test", headers: ["Auto-Submitted: auto-replied"] }) },
    { raw: rawMail({ from: "mailer-daemon@x.test", subject: "Delivery failure", headers: BOUNCE }), envelope: { from: "" } },
    {
      raw: rawMail({ from: "mailer-daemon@x.test", subject: "Delivery failure", headers: BOUNCE.slice(0, 2) }),
      envelope: { from: "" },
    },
    { raw: rawMail({ from: OTHER_MAILBOXES[1] ?? "" }) },
    { raw: rawMail({ from: OWNER.email, text: "of an agent", headers: ["In-Reply-To: <first@example.test>"] }) },
    {
      raw: rawMail({ from: "broken@example.test" }),
      envelope: { from: "broken@example.test" },
      bindings: { MAIL: storeAway("get") },
    },
    { raw: rawMail({ from: "list@example.test", headers: ["List-Id: <news.example.test>"] }) },
    { raw: "no headers at all, just bytes", envelope: { from: "odd@example.test" } },
  ];
}

test("[E6] [A8] accepted = messages + events + quarantined + filtered + duplicates + visible failures", async () => {
  const { key } = (await freshDeployment()).owner;
  const outbound = takeMail();
  await receive(rawMail({ text: "first", messageId: "first@example.test" }));
  const [thread] = await listThreads(key, 1);
  const { seq } = await reply(key, thread?.id);
  await deliveredAs(key, thread?.id, { seq, state: "sent" });

  const troubles = [{}, { DB: databaseAway(9) }, { MAIL: storeAway("get") }, { DB: databaseAway(14) }];
  for (const [index, { raw, envelope, bindings }] of mixedMails(outbound.mails[0]?.replyTo ?? "").entries()) {
    const sent = await receive(raw, envelope, bindings ?? troubles[index % troubles.length]).catch(() => "try again");
    // Whoever is told to try again does.
    if (sent !== null) expect(await receive(raw, envelope)).toBeNull();
  }
  // One has ended its process twice.
  await env.DB.prepare("UPDATE ledger SET unfinished = 2 WHERE envelope_from = 'broken@example.test'").run();
  await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL WHERE retry_at IS NOT NULL").run();
  await handleCron(env);

  const rows = await ledger(key);
  // All but the very same bytes to the very same mailbox.
  expect(rows).toHaveLength(1 + 17);
  const kinds = rows.map((row) => {
    if (row.state === "failed") return "visible failure";
    if (row.state === "quarantined" || row.state === "filtered") return row.state;
    expect([row.verdict, row.state]).toEqual([row.verdict, "applied"]);
    if (row.verdict === "duplicate") return "duplicate";
    return row.verdict === "bounce" || row.verdict === "event" ? "event" : "message";
  });
  const tally = (kind: string) => kinds.filter((found) => found === kind).length;
  expect({
    events: tally("event"),
    filtered: tally("filtered"),
    failures: tally("visible failure"),
    duplicates: tally("duplicate"),
  }).toEqual({
    events: 1,
    filtered: 3,
    failures: 1,
    duplicates: 1,
  });
  expect(tally("message")).toBe(12);

  // Each of those messages is there to be read, in the conversation that its row names.
  for (const [index, row] of rows.entries()) {
    if (kinds[index] !== "message" && kinds[index] !== "visible failure") continue;
    const { messages } = await openThread(key, row.conversationId);
    const seqs = await env.DB.prepare("SELECT seq FROM ledger WHERE id = ?").bind(row.id).first<number>("seq");
    const message = messages.find((found) => found.seq === seqs);
    const subject = kinds[index] === "visible failure" ? "An email that could not be displayed" : row.subject;
    expect([row.subject, message?.subject ?? ""]).toEqual([row.subject, subject ?? ""]);
  }
  const places = new Set(rows.flatMap(({ conversationId }) => conversationId ?? []));
  const conversations = await listThreads(key, places.size);
  expect(new Set(conversations.map(({ id }) => id))).toEqual(places);
  const stored = await Promise.all(conversations.map(async ({ id }) => (await openThread(key, id)).messages));
  const ledgerIds = stored.flat().flatMap(({ mail }) => mail?.ledgerId ?? []);
  expect(new Set(ledgerIds).size).toBe(ledgerIds.length);
  // One mail that came to two mailboxes is one message: two rows name it.
  expect(ledgerIds).toHaveLength(tally("message") + tally("visible failure") - 1);
});
