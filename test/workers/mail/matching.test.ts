import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { openDatabase } from "../../../worker/db/database.ts";
import { findLedgerRow } from "../../../worker/db/ledger.ts";
import { ledgerEntrySchema } from "../../../worker/domain/api-shapes.ts";
import { processMail } from "../../../worker/email/process.ts";
import { receiveMail } from "../../../worker/email/receive.ts";
import { MAILBOX, freshDeployment } from "../support/deployment.ts";
import { dyingAfter } from "../support/faults.ts";
import { SITE, call, read } from "../support/http.ts";
import { ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { WAIT, visitorSocket } from "../support/socket.ts";
import { contactKnown, deliveredAs, listContacts, listThreads, openThread, reply, textsOf } from "../support/threads.ts";
import { beginChat, confirmedFor } from "../support/visitor.ts";

let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

/** @returns the newest row of the ledger, which is this mail's */
async function take(parts: MailParts = {}, envelope: Envelope = {}) {
  const from = /<([^<>]+)>/.exec(parts.from ?? "<vera@example.test>")?.[1] ?? parts.from ?? "";
  expect(await receive(rawMail(parts), { from, ...envelope })).toBeNull();
  const [row] = await ledger(key);
  if (row === undefined) throw new Error("the mail is not in the ledger");
  return row;
}

/** A chat whose visitor typed Vera's address, and the signed address of an agent's reply to it by mail. */
async function chatWithReply() {
  const chat = await beginChat({ text: "Do you ship?", contact: { email: "vera@example.test", name: "Vera" } });
  const { seq } = await reply(key, chat.conversationId, { text: "We do." });
  await deliveredAs(key, chat.conversationId, { seq, state: "sent" });
  await contactKnown(key, chat.conversationId);
  return { ...chat, token: chat.token, address: outbound.mails.at(-1)?.replyTo ?? "", seq };
}

/** What the widget with this token shows. */
async function welcomeOf(token: string) {
  const socket = await visitorSocket(token, { headers: { origin: SITE } });
  socket.send({ type: "hello", lastSeq: 0 });
  return socket.next("welcome");
}

async function widgetTexts(token: string): Promise<string[]> {
  return (await welcomeOf(token)).messages.map(({ text }) => text);
}

async function stored(raw: string) {
  const received = await receiveMail(env, { from: "vera@example.test", to: MAILBOX }, new TextEncoder().encode(raw));
  if (received.kind !== "accepted") throw new Error("not accepted");
  return received;
}

async function ledgerState(id: string): Promise<string | undefined> {
  return (await findLedgerRow(openDatabase(env.DB), id))?.state;
}

async function complete(id: string | null): Promise<void> {
  expect((await call({ key }, `POST /api/conversations/${id}/complete`)).status).toBe(204);
}

describe("[S14] a known contact", () => {
  test("[M16] joins their conversation and reopens it", async () => {
    const { conversationId: id } = await take({ text: "first" });
    await complete(id);
    expect((await openThread(key, id)).conversation).toMatchObject({ status: "complete", unread: false });
    const second = await take({ text: "second", subject: "Something else" });
    expect([second.verdict, second.conversationId]).toEqual(["contact", id]);
    const { conversation, messages, events } = await openThread(key, id);
    expect(conversation).toMatchObject({ status: "open", unread: true, subject: "Something else" });
    expect(messages.map(({ text }) => text)).toEqual(["first", "second"]);
    expect(events.map(({ kind, afterSeq }) => [kind, afterSeq]).filter(([kind]) => kind !== "contact")).toEqual([
      ["completed", 1],
      ["reopened", 1],
    ]);
    await listThreads(key, 1);
  });

  test("[T2] [M16] [A16] whose address was typed in this one chat joins it, for agents alone", async () => {
    const { conversationId: chat, address, token } = await chatWithReply();
    const fresh = await take({ text: "private" });
    expect([fresh.verdict, fresh.conversationId]).toEqual(["contact", chat]);
    // One person all the same.
    expect(await listContacts(key)).toHaveLength(1);
    const answer = await take({ text: "with the token" }, { to: address });
    expect([answer.verdict, answer.conversationId]).toEqual(["token", chat]);
    expect(await textsOf(key, chat)).toEqual(["Do you ship?", "We do.", "private", "with the token"]);
    expect((await openThread(key, chat)).conversation).toMatchObject({
      address: { level: "reachable" },
      unconfirmedMail: { seq: 4, email: "vera@example.test" },
    });
    // That the mailbox exists, and who reads it, says nothing of who chats.
    expect(await widgetTexts(token)).toEqual(["Do you ship?"]);
    expect(await widgetTexts(await confirmedFor(token, "vera@example.test"))).toEqual(await textsOf(key, chat));
  });

  test("[T2] [M16] does not join what was theirs until an agent put another's address right", async () => {
    const { conversationId: chat, address } = await chatWithReply();
    await take({ text: "I never wrote to you" }, { to: address });
    const body = { email: "paul@example.test" };
    expect((await call({ key }, `PUT /api/conversations/${chat}/contact`, { body })).status).toBe(200);
    await vi.waitFor(async () => expect((await openThread(key, chat)).contact?.email).toBe("paul@example.test"), WAIT);
    const { seq } = await reply(key, chat, { text: "Paul?" });
    await deliveredAs(key, chat, { seq, state: "sent" });
    const proof = await take({ from: "paul@example.test", text: "Yes" }, { to: outbound.mails.at(-1)?.replyTo ?? "" });
    expect([proof.verdict, proof.conversationId]).toEqual(["token", chat]);

    const vera = await take({ text: "private" });
    expect(vera.verdict).toBe("contact");
    expect(vera.conversationId).not.toBe(chat);
    expect(await textsOf(key, chat)).not.toContain("private");
    const paul = await take({ from: "paul@example.test", text: "and another thing" });
    expect([paul.verdict, paul.conversationId]).toEqual(["contact", chat]);
    expect((await take({ text: "private too" })).conversationId).toBe(vera.conversationId);
  });

  test("[T2] [A5] a mail that was decided before an agent put another's address right is not shown to the visitor", async () => {
    const { conversationId: chat, address, token } = await chatWithReply();
    await take({ text: "Yes" }, { to: address });
    const confirmed = await confirmedFor(token, "vera@example.test");
    const { id } = (await stored(rawMail({ text: "private" }))).row;
    for (let steps = 1; (await ledgerState(id)) !== "decided"; steps += 1)
      await processMail({ ...env, ...dyingAfter(steps) }, id);
    const body = { email: "paul@example.test" };
    expect((await call({ key }, `PUT /api/conversations/${chat}/contact`, { body })).status).toBe(200);
    await processMail(env, id);
    expect((await ledger(key))[0]).toMatchObject({ id, state: "applied", verdict: "contact", conversationId: chat });
    expect(await textsOf(key, chat)).toContain("private");
    expect(await widgetTexts(confirmed)).toEqual(["Do you ship?", "We do.", "Yes"]);
  });

  test("[M12] [T2] [A16] ids lead its contact into a chat, too, for agents alone", async () => {
    const { conversationId: chat, token } = await chatWithReply();
    const row = await take({ text: "private", headers: ["In-Reply-To: <sent-1@cloudflare.test>"] });
    expect([row.verdict, row.conversationId]).toEqual(["reference", chat]);
    expect(await textsOf(key, chat)).toEqual(["Do you ship?", "We do.", "private"]);
    expect(await widgetTexts(token)).toEqual(["Do you ship?"]);
  });
});

describe("[S13] a reply to the signed address", () => {
  test("[M10] [T2] joins, reopens, shows its channel, and reaches the widget of who has shown that the address is theirs", async () => {
    const { conversationId: id, address, token } = await chatWithReply();
    await complete(id);
    const row = await take({ text: "Great!\r\n\r\nOn Mon, Olivia wrote:\r\n> We do." }, { to: address.toUpperCase() });
    expect([row.verdict, row.conversationId]).toEqual(["token", id]);
    const { conversation, messages } = await openThread(key, id);
    expect(conversation).toMatchObject({ status: "open", unread: true });
    expect(messages.map(({ channel, text }) => [channel, text])).toEqual([
      ["chat", "Do you ship?"],
      ["email", "We do."],
      ["email", "Great!"],
    ]);
    expect(messages[2]).toMatchObject({ quoted: "On Mon, Olivia wrote:\n> We do." });
    expect(await widgetTexts(token)).toEqual(["Do you ship?"]);
    const shown = (await welcomeOf(await confirmedFor(token, "vera@example.test"))).messages;
    expect(shown.map(({ text }) => text)).toEqual(["Do you ship?", "We do.", "Great!"]);
    expect(JSON.stringify(shown)).not.toContain("example.test");
  });

  test("[T3] [M11] of a stranger joins as another person: hidden from the widget, and replies do not go to them", async () => {
    const { conversationId: id, address, token } = await chatWithReply();
    const row = await take({ from: "Eve <eve@evil.test>", text: "It's me, Vera's new address" }, { to: address });
    expect([row.verdict, row.conversationId]).toEqual(["token:new-person", id]);
    const { messages, contact } = await openThread(key, id);
    expect(messages.at(-1)).toMatchObject({
      author: { name: "Eve" },
      mail: { isNewPerson: true, from: { address: "eve@evil.test" } },
    });
    expect(contact?.email).toBe("vera@example.test");
    expect(await widgetTexts(await confirmedFor(token, "vera@example.test"))).toEqual(["Do you ship?", "We do."]);
    const { seq } = await reply(key, id, { text: "Hello?" });
    expect((await deliveredAs(key, id, { seq, state: "sent" })).to).toEqual(["vera@example.test"]);
    // Nor does the next mail of that stranger come here by itself.
    const next = await take({ from: "eve@evil.test", text: "again" });
    expect(next.conversationId).not.toBe(id);
  });

  test("[T2] of a participant joins, and what other people mailed is never shown in the widget", async () => {
    const { conversationId: id, address, token } = await chatWithReply();
    await take({ text: "I copy my colleague", cc: "paul@example.test" }, { to: address });
    const row = await take({ from: "Paul <paul@example.test>", text: "Paul's words" }, { to: address });
    expect([row.verdict, row.conversationId]).toEqual(["token", id]);
    expect((await textsOf(key, id)).at(-1)).toBe("Paul's words");
    expect(await widgetTexts(await confirmedFor(token, "vera@example.test"))).toEqual([
      "Do you ship?",
      "We do.",
      "I copy my colleague",
    ]);
  });

  test("[E20] a forged, moved or made-up token is no token", async () => {
    const { conversationId: id, address } = await chatWithReply();
    const [local = "", domain = ""] = address.split("@");
    const flipped = `${local.slice(0, -1)}${local.endsWith("a") ? "b" : "a"}@${domain}`;
    for (const to of [flipped, address.replace("hello+", "sales+"), `hello+${"a".repeat(39)}@acme.test`]) {
      const row = await take({ from: "nora@example.test", text: "no token" }, { to });
      expect([row.state, row.conversationId === id]).toEqual(["applied", false]);
    }
    expect(await textsOf(key, id)).toEqual(["Do you ship?", "We do."]);
  });
});

describe("references", () => {
  test("[M12] of the contact join; [M13] of a stranger begin a conversation of their own", async () => {
    const { conversationId: id } = await take({ messageId: "one@example.test", text: "first" });
    const headers = ["In-Reply-To: <one@example.test>", "References: <x@y> <one@example.test>"];
    const own = await take({ text: "second", headers });
    expect([own.verdict, own.conversationId]).toEqual(["reference", id]);
    const stranger = await take({ from: "eve@evil.test", text: "let me in", headers });
    expect(stranger.verdict).toBe("linked");
    expect(stranger.conversationId).not.toBe(id);
    expect(await textsOf(key, id)).toEqual(["first", "second"]);
  });

  test("[T3] a signed address that is only quoted is no more than an id: it leads who belongs there, and nobody else", async () => {
    const { conversationId: id, address } = await chatWithReply();
    const paul = { from: "Paul <paul@example.test>", to: `Shop <${address}>`, text: `On Monday Shop <${address}> wrote:` };
    const stranger = await take(paul);
    expect([stranger.verdict, stranger.conversationId === id]).toEqual(["linked", false]);
    // Another chat makes this one no place of Vera's: nothing else leads there.
    await beginChat({ contact: { email: "vera@example.test" } });
    const own = await take({ to: `Shop <${address}>`, text: `Great!\n\nOn Monday Shop <${address}> wrote:\n> We do.` });
    expect([own.verdict, own.conversationId]).toEqual(["reference", id]);
    expect(await textsOf(key, id)).toEqual(["Do you ship?", "We do.", "Great!"]);
  });

  test("a reply without a token finds our mail by the id that the platform gave it", async () => {
    const { conversationId: id } = await take({ text: "first" });
    const { seq } = await reply(key, id);
    await deliveredAs(key, id, { seq, state: "sent" });
    const row = await take({ text: "thanks", headers: ["In-Reply-To: <sent-1@cloudflare.test>"] });
    expect([row.verdict, row.conversationId]).toEqual(["reference", id]);
  });
});

describe("automatic mail", () => {
  const AUTO = { subject: "Out of office", text: "I am away.", headers: ["Auto-Submitted: auto-replied"] };

  test("with a token joins without reopening or unread", async () => {
    const { conversationId: id, address } = await chatWithReply();
    await complete(id);
    const row = await take(AUTO, { to: address });
    expect([row.verdict, row.conversationId]).toEqual(["token", id]);
    const { conversation, messages } = await openThread(key, id);
    expect(conversation).toMatchObject({ status: "complete", unread: false });
    expect(messages.at(-1)?.text).toBe("I am away.");
  });

  test("[M14] with neither token nor reference is kept aside and opens nothing", async () => {
    expect(await take(AUTO)).toMatchObject({ state: "filtered", verdict: "filtered:auto-reply", conversationId: null });
    await listThreads(key, 0);
    expect(await listContacts(key)).toEqual([]);
  });

  test("[M3a] [M3b] our own mail that comes back, a mailbox of ours as sender, and a storm of one sender are loops", async () => {
    const { conversationId: id } = await take({ text: "first" });
    const { seq } = await reply(key, id);
    await deliveredAs(key, id, { seq, state: "sent" });
    const marker = outbound.mails[0]?.headers["X-Hilo-Loop"] ?? "";
    expect(marker).toMatch(/^[0-9a-f]{24}$/);
    expect((await take({ headers: [`X-Hilo-Loop: ${marker}`] })).verdict).toBe("filtered:loop");
    expect((await take({ from: "sales@acme.test" })).verdict).toBe("filtered:loop");
    const verdicts: (string | null)[] = [];
    for (let n = 0; n < 21; n += 1) verdicts.push((await take({ from: "storm@example.test", text: `${n}` })).verdict);
    expect([verdicts[0], verdicts[19], verdicts[20]]).toEqual(["new", "contact", "filtered:loop"]);
  });
});

test("[M3b] a mail that is taken up late is no storm: what came after it does not count", async () => {
  const first = await take({ from: "often@example.test", text: "first" });
  await env.DB.prepare("UPDATE ledger SET received_at = received_at - 60000, state = 'failed' WHERE id = ?").bind(first.id).run();
  for (let n = 0; n < 21; n += 1) await receive(rawMail({ from: "often@example.test", text: `${n}` }));
  const again = await read(ledgerEntrySchema, { key }, `POST /api/ledger/${first.id}/parse`);
  expect(again).toMatchObject({ state: "applied", verdict: "contact" });
});

describe("[S13] other ways in", () => {
  test("[E14] mail to a campaign's address carries its label", async () => {
    const row = await take({}, { to: "hello+campaign-spring-sale@acme.test" });
    expect((await openThread(key, row.conversationId)).messages[0]?.mail?.campaign).toBe("spring-sale");
  });
});
