import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { attachmentCreatedSchema, conversationCreatedSchema } from "../../../worker/domain/api-shapes.ts";
import { MAILBOX, OWNER, freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { failure, takeMail, type Outbound } from "../support/outbound.ts";
import { WAIT } from "../support/socket.ts";
import { contactKnown, count, deliveredAs, listContacts, listThreads, openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment({ mail: { signature: "Acme\nwww.acme.test" } })).owner);
  outbound = takeMail();
});

async function chat(visit: Parameters<typeof beginChat>[0] = {}): Promise<string> {
  const { conversationId } = await beginChat({
    text: "Do you ship?",
    contact: { email: "vera@example.test", name: "Vera" },
    ...visit,
  });
  return conversationId;
}

const alarm = async (id: string) => runDurableObjectAlarm(env.CONVERSATION.get(env.CONVERSATION.idFromName(id)));

describe("a reply by mail", () => {
  test("[E22] [S11] of a chat: from the mailbox, with the signed address and the chat so far below it; notes never", async () => {
    const id = await chat();
    await reply(key, id, { channel: "note", text: "secret note" });
    await reply(key, id, { channel: "chat", text: "Where to?" });
    const { seq, id: messageId } = await reply(key, id, { text: "We ship\nworldwide." });
    const delivery = await deliveredAs(key, id, { seq, state: "sent" });
    expect(delivery).toEqual({ state: "sent", to: ["vera@example.test"] });
    expect(outbound.mails).toHaveLength(1);
    const mail = await outbound.nth(1);
    expect(mail).toMatchObject({
      from: { email: MAILBOX, name: `${OWNER.name} at Acme` },
      // A name that was typed stands in no header (T23).
      to: ["vera@example.test"],
      subject: "Your conversation with Acme",
      attachments: [],
    });
    expect(mail.replyTo).toMatch(/^hello\+[a-z2-7]{39}@acme\.test$/);
    expect(mail.headers).toEqual({ "X-Auto-Response-Suppress": "All", "X-Hilo-Loop": expect.stringMatching(/^[0-9a-f]{24}$/) });
    const lines = mail.text.split("\n");
    expect(lines.slice(0, 2)).toEqual(["We ship", "worldwide."]);
    const at = (text: string) => mail.text.indexOf(text);
    expect([at("We ship"), at("-- \nAcme"), at("Do you ship?"), at("Where to?")].every((place) => place >= 0)).toBe(true);
    expect([at("We ship"), at("-- \nAcme"), at("Do you ship?"), at("Where to?")]).toEqual(
      [at("We ship"), at("-- \nAcme"), at("Do you ship?"), at("Where to?")].sort((a, b) => a - b),
    );
    expect(mail.html).toContain("gmail_quote");
    for (const body of [mail.text, mail.html]) expect(body).not.toContain("secret note");
    expect(JSON.stringify(mail)).not.toContain(messageId);
  });

  test("[E22] of a mail: Re: its subject, answering its id, with the thread's references; a second one too", async () => {
    await receive(rawMail({ subject: "RE: Lamp", messageId: "two@example.test", headers: ["References: <one@example.test>"] }));
    const [thread] = await listThreads(key, 1);
    await reply(key, thread?.id);
    const first = await outbound.nth(1);
    expect(first.subject).toBe("Re: Lamp");
    expect(first.headers).toMatchObject({
      "In-Reply-To": "<two@example.test>",
      References: "<one@example.test> <two@example.test>",
    });
    expect(first.to).toEqual([{ email: "vera@example.test", name: "Vera" }]);
    await deliveredAs(key, thread?.id, { seq: 2, state: "sent" });
    await reply(key, thread?.id, { text: "And another thing" });
    const second = await outbound.nth(2);
    expect(second.headers["In-Reply-To"]).toBe("<two@example.test>");
    expect(second.headers["References"]).toBe("<one@example.test> <sent-1@cloudflare.test> <two@example.test>");
    expect(second.replyTo).toBe(first.replyTo);
  });

  test("[T4] goes to the contact's stored address, never to a Reply-To; from the mailbox that was written to", async () => {
    await receive(rawMail({ to: "sales@acme.test", headers: ["Reply-To: victim@bank.test"] }), { to: "sales@acme.test" });
    const [thread] = await listThreads(key, 1);
    await reply(key, thread?.id);
    const mail = await outbound.nth(1);
    expect(mail.to).toEqual([{ email: "vera@example.test", name: "Vera" }]);
    expect(mail.from).toMatchObject({ email: "sales@acme.test" });
    expect(mail.replyTo).toMatch(/^sales\+/);
  });

  test("is in the visitor's language", async () => {
    const id = await chat({ locale: "es-MX" });
    await reply(key, id);
    expect((await outbound.nth(1)).subject).toBe("Tu conversación con Acme");
  });

  test("carries the files that fit", async () => {
    const id = await chat();
    const bytes = new TextEncoder().encode("a,b\n1,2\n");
    const file = await read(attachmentCreatedSchema, { key }, "POST /api/attachments", {
      body: bytes,
      headers: { "content-type": "text/csv", "x-filename": "list.csv" },
      status: 201,
    });
    await reply(key, id, { attachmentIds: [file.id] });
    expect((await outbound.nth(1)).attachments).toEqual([
      { disposition: "attachment", filename: "list.csv", type: "text/csv", content: bytes },
    ]);
  });

  test("of a conversation that the team begins has its own subject and no reference", async () => {
    const made = await read(conversationCreatedSchema, { key }, "POST /api/conversations", {
      body: { clientId: newId(), to: { email: "nora@example.test" }, subject: "Your order", text: "It left." },
      status: 201,
    });
    await deliveredAs(key, made.id, { seq: 1, state: "sent" });
    const mail = await outbound.nth(1);
    expect([mail.subject, mail.headers["In-Reply-To"], mail.headers["References"]]).toEqual(["Your order", undefined, undefined]);
    await receive(rawMail({ from: "nora@example.test", text: "Thank you" }), { to: mail.replyTo ?? "" });
    expect(await ledger(key)).toMatchObject([{ verdict: "token", conversationId: made.id }]);
  });
});

describe("[S20] POST …/messages/:seq/email and …/transcript", () => {
  test("mail a chat message with the chat so far, once", async () => {
    const id = await chat();
    const { seq } = await reply(key, id, { channel: "chat", text: "We do." });
    expect((await call({ key }, `POST /api/conversations/${id}/messages/${seq}/email`)).status).toBe(202);
    await deliveredAs(key, id, { seq, state: "sent" });
    expect((await outbound.nth(1)).text).toMatch(/^We do\.[^]*Do you ship\?/);
    expect((await openThread(key, id)).messages.at(-1)).toMatchObject({ channel: "chat", delivery: { state: "sent" } });
    expect((await call({ key }, `POST /api/conversations/${id}/transcript`)).status).toBe(202);
    await alarm(id);
    expect(outbound.mails).toHaveLength(1);
  });

  test("422 without an address; 409 for what no agent wrote, and where nobody has replied", async () => {
    const { conversationId: id } = await beginChat();
    await refused({ key }, `POST /api/conversations/${id}/transcript`, [409, "conflict"]);
    await refused({ key }, `POST /api/conversations/${id}/messages/1/email`, [409, "conflict"]);
    const note = await reply(key, id, { channel: "note" });
    await refused({ key }, `POST /api/conversations/${id}/messages/${note.seq}/email`, [409, "conflict"]);
    const { seq } = await reply(key, id, { channel: "chat" });
    await refused({ key }, `POST /api/conversations/${id}/messages/${seq}/email`, [422, "no_address"]);
    await refused({ key }, `POST /api/conversations/${id}/transcript`, [422, "no_address"]);
    await refused({ key }, `POST /api/conversations/${id}/messages/99/email`, [409, "conflict"]);
    expect(outbound.mails).toHaveLength(0);
  });
});

describe("what became of it", () => {
  test("[E32] refused for good: failed with the reason in plain words; the address is marked where it is the address", async () => {
    takeMail(async () => Promise.reject(failure("E_RECIPIENT_SUPPRESSED")));
    const id = await chat();
    const { seq } = await reply(key, id);
    expect(await deliveredAs(key, id, { seq, state: "failed" })).toEqual({
      state: "failed",
      to: ["vera@example.test"],
      reason: "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.",
    });
    expect(await count("undeliverable_addresses", "email = 'vera@example.test'")).toBe(1);
    // It has not left: nobody is in the address book for it.
    expect(await listContacts(key)).toEqual([]);
    // By hand it can be tried again.
    outbound = takeMail();
    expect((await call({ key }, `POST /api/conversations/${id}/messages/${seq}/email`)).status).toBe(202);
    await deliveredAs(key, id, { seq, state: "sent" });
    await contactKnown(key, id);
  });

  test("put off: stays queued with the reason, and leaves when its time has come", async () => {
    let isOpen = false;
    const { mails } = takeMail(async () =>
      isOpen ? Promise.resolve({ messageId: "<late@cloudflare.test>" }) : Promise.reject(failure("E_DAILY_LIMIT_EXCEEDED")),
    );
    const id = await chat();
    const { seq } = await reply(key, id);
    await vi.waitFor(async () => {
      const { delivery } = (await openThread(key, id)).messages[1] ?? {};
      expect(delivery?.reason).toContain("used up");
    }, WAIT);
    expect((await deliveredAs(key, id, { seq, state: "queued" })).to).toEqual(["vera@example.test"]);
    isOpen = true;
    const later = Date.now() + 60 * 60_000;
    const clock = vi.spyOn(Date, "now").mockReturnValue(later);
    try {
      await alarm(id);
      await deliveredAs(key, id, { seq, state: "sent" });
    } finally {
      clock.mockRestore();
    }
    expect(mails).toHaveLength(2);
  });

  test("[E31] [A5] not known: unknown, and never sent again by itself", async () => {
    const { mails } = takeMail(async () => Promise.reject(new Error("the connection broke")));
    const id = await chat();
    const { seq } = await reply(key, id);
    expect((await deliveredAs(key, id, { seq, state: "unknown" })).reason).toContain("not known");
    await alarm(id);
    await reply(key, id, { channel: "note" });
    await alarm(id);
    expect(mails).toHaveLength(1);
  });

  test("[A4] replies leave in the order in which they were written", async () => {
    const id = await chat();
    for (const text of ["one", "two", "three"]) await reply(key, id, { text });
    await outbound.nth(3);
    expect(outbound.mails.map(({ text }) => text.split("\n")[0])).toEqual(["one", "two", "three"]);
  });

  test("[T1] nothing is mailed to a typed address but an agent's own reply", async () => {
    const id = await chat();
    await alarm(id);
    await reply(key, id, { channel: "chat" });
    await reply(key, id, { channel: "note" });
    await call({ key }, `POST /api/conversations/${id}/complete`);
    await alarm(id);
    expect(outbound.mails).toHaveLength(0);
  });
});
