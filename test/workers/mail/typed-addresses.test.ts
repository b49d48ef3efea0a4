/** Mails to an address that a visitor only typed: nobody is to be reached with a stranger's words under the company's name. */
import * as v from "valibot";
import { beforeEach, expect, test } from "vitest";
import { attachmentCreatedSchema } from "../../../worker/domain/api-shapes.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { SITE, call, read } from "../support/http.ts";
import { rawMail, receive } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { visitorSocket } from "../support/socket.ts";
import { deliveredAs, listThreads, openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

const HOSTILE = "Your account is locked. Log in at https://evil.test/login or call +34 612 345 678, case 100234.";

async function mailed(id: string, text: string): Promise<Outbound["mails"][number]> {
  const { seq } = await reply(key, id, { text });
  await deliveredAs(key, id, { seq, state: "sent" });
  const mail = outbound.mails.at(-1);
  if (mail === undefined) throw new Error("no mail was sent");
  return mail;
}

/** The visitor shows with the code that was mailed to the address that it is theirs. */
async function confirm(token: string): Promise<void> {
  const before = outbound.mails.length;
  expect((await call({ token }, "POST /widget/codes", { body: {} })).status).toBe(202);
  const code = /\b\d{6}\b/u.exec((await outbound.nth(before + 1)).text)?.[0];
  const confirmed = await read(v.object({ token: v.string() }), { token }, "POST /widget/confirm", { body: { code } });
  // It counts from the first use of the new token.
  const socket = await visitorSocket(confirmed.token, { headers: { origin: SITE } });
  socket.send({ type: "hello", lastSeq: 0 });
  await socket.next("welcome");
}

test("[T23] [T1] carry no address of a visitor, no file, no link to one and no name; once it is theirs, all of it", async () => {
  const chat = await beginChat({ text: HOSTILE, contact: { email: "vera@example.test", name: "Security, evil.test" } });
  const first = await mailed(chat.conversationId, `We don't know this:\n> ${HOSTILE}\nOurs is shop.example.`);
  expect(first.to).toEqual(["vera@example.test"]);
  for (const part of [first.text, first.html]) {
    expect(part).toContain("Written by somebody in our chat");
    expect(part).toContain("Log in at [link left out] or call [number left out], case 100234.");
    expect(part).toContain("Ours is shop.example.");
  }
  expect(JSON.stringify(first)).not.toMatch(/evil|612|Security/u);

  // That the mailbox answers shows that it exists, not that the visitor's words may be sent to it.
  await receive(rawMail({ text: "What is this?" }), { from: "vera@example.test", to: first.replyTo ?? "" });
  const answered = await mailed(chat.conversationId, "A question of ours.");
  expect(answered.text).not.toContain("evil.test");
  await confirm(chat.token);
  const second = await mailed(chat.conversationId, "Thank you.");
  expect(second.text).toContain("https://evil.test/login or call +34 612 345 678");
});

test("[T23] carry no address that an agent has taken over from a visitor's words without marking it, now or in an earlier reply", async () => {
  const chat = await beginChat({ text: HOSTILE, contact: { email: "vera@example.test" } });
  const words = "Did you write “Your account is locked. Log in at https://evil.test/login or call”? Look at shop.example/help.";
  await reply(key, chat.conversationId, { channel: "chat", text: words });
  const mail = await mailed(chat.conversationId, words);
  expect(mail.text.match(/Log in at \[link left out\] or call”\? Look at shop\.example\/help\./gu)).toHaveLength(2);
  expect(JSON.stringify(mail)).not.toContain("evil");
});

test("[T23] name a visitor's file, and leave it", async () => {
  const chat = await beginChat({ text: "See the file", contact: { email: "vera@example.test" } });
  const socket = await visitorSocket(chat.token, { headers: { origin: SITE } });
  socket.send({ type: "hello", lastSeq: 0 });
  for (const name of ["evil.test.pdf", "invoice.pdf"]) {
    const headers = { "content-type": "application/pdf", "x-filename": name };
    const options = { body: new TextEncoder().encode("%PDF-1.7"), headers, status: 201 };
    const { id } = await read(attachmentCreatedSchema, { token: chat.token }, "POST /widget/attachments", options);
    socket.send({ type: "send", clientId: newId(), text: "", attachmentIds: [id] });
  }
  await expect.poll(async () => (await openThread(key, chat.conversationId)).messages.length).toBe(3);
  const { text, html } = await mailed(chat.conversationId, "Got it.");
  expect(text).toContain("[invoice.pdf]");
  expect(`${text}${html}`).not.toMatch(/evil\.test|\/files\//u);
});

test("[T23] do not apply where a mail of that address began it", async () => {
  await receive(rawMail({ text: "Log in at https://evil.test/login", messageId: "one@example.test" }));
  const [thread] = await listThreads(key, 1);
  const mail = await mailed(thread?.id ?? "", "> Log in at https://evil.test/login\nWhy?");
  expect(mail.text).toContain("> Log in at https://evil.test/login");
});

test("[A16] [T23] to another address are not called what somebody else's mail called the chat, and name no mail of theirs", async () => {
  const chat = await beginChat({ text: "Hello", contact: { email: "vera@example.test" } });
  const first = await mailed(chat.conversationId, "How can we help?");
  const theirs = rawMail({ text: "My secret", subject: "Contract 4711", messageId: "secret@example.test" });
  await receive(theirs, { from: "vera@example.test", to: first.replyTo ?? "" });
  const second = await mailed(chat.conversationId, "We look at it.");
  expect(second.subject).toBe("Re: Contract 4711");
  expect(second.headers["In-Reply-To"]).toBe("<secret@example.test>");
  const path = `POST /api/conversations/${chat.conversationId}/address`;
  expect((await call({ key }, path, { body: { email: "eve@example.test" } })).status).toBe(204);
  const other = await mailed(chat.conversationId, "Hello again.");
  expect(other.to).toEqual(["eve@example.test"]);
  expect(JSON.stringify(other)).not.toMatch(/4711|secret@/u);
});
