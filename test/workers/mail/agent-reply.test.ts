/** What agents answer by mail, and what a new subject does: both are settings. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../../worker/domain/roles.ts";
import { TRUSTED, passed, signedFor } from "../support/authority.ts";
import { addAgent, freshDeployment } from "../support/deployment.ts";
import { call, refused } from "../support/http.ts";
import { FILE_MAIL, ledger, rawMail, receive, type MailParts } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { beginChat } from "../support/visitor.ts";
import { deliveredAs, listThreads, openThread, textsOf } from "../support/threads.ts";

let key: string;
let outbound: Outbound;

const ANA = "ana@acme.test";

async function deployment(mail: Record<string, unknown>, role: Role = "agent"): Promise<void> {
  ({ key } = (await freshDeployment({ mail: { ...TRUSTED, ...mail } })).owner);
  outbound = takeMail();
  await addAgent(role, { name: "Ana", email: ANA });
}

beforeEach(async () => deployment({ canAgentsReplyByMail: true }));

async function thread(): Promise<string> {
  await receive(rawMail({ text: "first", messageId: "one@example.test" }));
  const [found] = await listThreads(key, 1);
  return found?.id ?? "";
}

/** Of Ana, whom the server believes. */
async function answer(parts: MailParts, to?: string) {
  const headers = [passed(), ...(parts.headers ?? [])];
  await receive(rawMail({ from: `Ana <${ANA}>`, ...parts, headers }), { from: ANA, ...(to === undefined ? {} : { to }) });
  return (await ledger(key))[0];
}

describe("[M9] an agent's answer by mail", () => {
  test("with their own signed address and the setting on goes to the contact, once, with its files", async () => {
    const id = await thread();
    const row = await answer(FILE_MAIL, await signedFor("agent-message", ANA, id));
    expect(row).toMatchObject({ state: "applied", verdict: "note", conversationId: id });
    const { messages, conversation } = await openThread(key, id);
    expect(messages[1]).toMatchObject({
      channel: "email",
      text: "See the file",
      author: { kind: "agent", name: "Ana" },
      attachments: [{ name: "a.txt" }],
    });
    expect(conversation.assigneeId).toBe(messages[1]?.author.id);
    expect(await deliveredAs(key, id, { seq: 2, state: "sent" })).toMatchObject({ to: ["vera@example.test"] });
    expect(outbound.mails).toHaveLength(1);
    // Taken up again, it is the same reply.
    await env.DB.prepare("UPDATE ledger SET state = 'decided', retry_at = 1 WHERE id = ?").bind(row?.id).run();
    const { handleCron } = await import("../../../worker/cron.ts");
    await handleCron(env);
    expect((await openThread(key, id)).messages).toHaveLength(2);
    expect(outbound.mails).toHaveLength(1);
  });

  test("[T4] is not sent to an address that was typed since the message it answers: it stays a note that says so", async () => {
    const { token, conversationId: id } = await beginChat({ contact: { email: "vera@example.test" } });
    const to = await signedFor("agent-message", ANA, id);
    const type = (email: string) => call({ token }, "POST /widget/contact", { body: { email } });
    expect((await type("eve@evil.test")).status).toBe(204);
    const row = await answer({ text: "Your code is 1234" }, to);
    expect(row).toMatchObject({ state: "applied", verdict: "note", conversationId: id });
    const { messages } = await openThread(key, id);
    expect(messages[1]).toMatchObject({ channel: "note", text: "Your code is 1234", mail: { isHeldBack: true } });
    expect(outbound.mails).toEqual([]);
  });

  test("[T4] goes to the one address that there has been, and to a newer one where it answers a newer message", async () => {
    const { token, conversationId: id } = await beginChat({});
    const to = await signedFor("agent-message", ANA, id);
    const type = (email: string) => call({ token }, "POST /widget/contact", { body: { email } });
    await type("vera@example.test");
    await answer({ text: "To the first" }, to);
    expect(await deliveredAs(key, id, { seq: 2, state: "sent" })).toMatchObject({ to: ["vera@example.test"] });
    // An agent's click puts another one in its place, and a mail comes in after it.
    await call({ key }, `POST /api/conversations/${id}/address`, { body: { email: "bea@example.test" } });
    await answer({ text: "To whom?" }, to);
    const from = "bea@example.test";
    const mailed = { text: "It is me now", messageId: "newer@example.test", from };
    await receive(rawMail(mailed), { from, to: await signedFor("contact", from, id) });
    await answer({ text: "To the new one", headers: ["In-Reply-To: <newer@example.test>"] }, to);
    const { messages } = await openThread(key, id);
    expect(messages.map(({ channel }) => channel)).toEqual(["chat", "email", "note", "email", "email"]);
    expect(await deliveredAs(key, id, { seq: 5, state: "sent" })).toMatchObject({ to: [from] });
  });

  test("[V1] that went to the contact is not moved: a wish for it is refused, and nothing is left under way", async () => {
    const id = await thread();
    const row = await answer({ text: "Our answer" }, await signedFor("agent-message", ANA, id));
    const body = { conversationId: null };
    await refused({ key }, `POST /api/ledger/${row?.id}/move`, [409, "conflict"], { body });
    expect((await ledger(key))[0]).toEqual(row);
  });

  test("is a note with somebody else's signed address, with none, to a reminder, and with the setting off", async () => {
    const id = await thread();
    await answer({ text: "somebody else's" }, await signedFor("contact", "vera@example.test", id));
    await answer({ text: "none", headers: ["In-Reply-To: <one@example.test>"] });
    await answer({ text: "a reminder" }, await signedFor("agent-other", ANA, id));
    expect((await openThread(key, id)).messages.map(({ channel }) => channel)).toEqual(["email", "note", "note", "note"]);
    await deployment({});
    const other = await thread();
    await answer({ text: "a note" }, await signedFor("agent-message", ANA, other));
    expect((await openThread(key, other)).messages.map(({ channel }) => channel)).toEqual(["email", "note"]);
    expect(outbound.mails).toEqual([]);
  });

  test("[T7] of somebody who may not write in the inbox is a stranger's", async () => {
    for (const role of ["viewer", "none"] as const) {
      await deployment({ canAgentsReplyByMail: true }, role);
      const id = await thread();
      const row = await answer({ text: "let me write" }, await signedFor("agent-message", ANA, id));
      expect(row).toMatchObject({ verdict: "token:new-person", conversationId: id });
      expect((await openThread(key, id)).messages[1]?.mail).not.toHaveProperty("claimsAgent");
    }
    expect(outbound.mails).toEqual([]);
  });

  test("that is empty is a note: nothing is mailed", async () => {
    const id = await thread();
    await answer({ text: "" }, await signedFor("agent-message", ANA, id));
    expect((await openThread(key, id)).messages[1]?.channel).toBe("note");
    expect(outbound.mails).toEqual([]);
  });
});

describe("[M16] a known contact's new subject", () => {
  test("begins a conversation of its own where the setting says so; the same subject, and answers, stay together", async () => {
    await deployment({ isSplitBySubject: true });
    const id = await thread();
    await receive(rawMail({ text: "same", subject: "RE: a question" }));
    await receive(rawMail({ text: "other", subject: "An invoice" }));
    await receive(rawMail({ text: "answer", subject: "Something else", headers: ["In-Reply-To: <one@example.test>"] }));
    await listThreads(key, 2);
    expect(await textsOf(key, id)).toEqual(["first", "same", "answer"]);
  });

  test("joins their latest conversation where it does not", async () => {
    const id = await thread();
    await receive(rawMail({ text: "other", subject: "An invoice" }));
    expect(await textsOf(key, id)).toEqual(["first", "other"]);
  });
});
