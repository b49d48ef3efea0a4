/** [M16] [S14] [T2] Where the mails of an address go: its usual place belongs to the address, and is nobody's who only typed it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { openDatabase } from "../../../worker/db/database.ts";
import { partMails } from "../../../worker/email/part-mails.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { WAIT, visitorSocket } from "../support/socket.ts";
import { addressNoted, deliveredAs, openThread, placeOf, reply, textsOf } from "../support/threads.ts";
import { beginChat, confirmedFor } from "../support/visitor.ts";

const [VERA, NORA, PAUL] = ["vera@example.test", "nora@example.test", "paul@example.test"];
let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

/** @returns where this mail went, and by which row */
async function take(
  text: string,
  parts: MailParts = {},
  envelope: Envelope = {},
): Promise<[verdict: string | null, id: string | null]> {
  expect(await receive(rawMail({ text, ...parts }), { from: VERA, ...envelope })).toBeNull();
  const [row] = await ledger(key);
  return [row?.verdict ?? null, row?.conversationId ?? null];
}

/** A chat in which this address was typed, as the address book knows it. */
async function chat(email = VERA, text = "Do you ship?") {
  const begun = await beginChat({ text, contact: { email } });
  await addressNoted(begun.conversationId, email);
  return { ...begun, id: begun.conversationId };
}

async function widgetTexts(token: string): Promise<string[]> {
  const socket = await visitorSocket(token, { headers: { origin: SITE } });
  socket.send({ type: "hello", lastSeq: 0 });
  return (await socket.next("welcome")).messages.map(({ text }) => text);
}

async function untilPlace(email: string, id: string): Promise<void> {
  await vi.waitFor(async () => expect(await placeOf(email)).toBe(id), WAIT);
}

describe("an address that was typed", () => {
  test("in two chats: neither is its place; its mails have a conversation of their own", async () => {
    const [one, two] = [await chat(), await chat()];
    const [verdict, id] = await take("mine");
    expect(verdict).toBe("new");
    expect([one.id, two.id]).not.toContain(id);
    expect(await take("again")).toEqual(["contact", id]);
    expect(await Promise.all([one, two].map((begun) => textsOf(key, begun.id)))).toEqual([["Do you ship?"], ["Do you ship?"]]);
  });

  test("in one chat: its mails are there for agents, until somebody else types it too", async () => {
    const one = await chat();
    const [, first] = await take("mine");
    expect(first).toBe(one.id);
    await chat();
    const [, second] = await take("later");
    expect(second).not.toBe(one.id);
    expect(await take("and later")).toEqual(["contact", second]);
    expect(await widgetTexts(one.token)).toEqual(["Do you ship?"]);
    expect(await widgetTexts(await confirmedFor(one.token, VERA))).toEqual(["Do you ship?", "mine"]);
  });

  test("in one chat, and only claimed in another, whose own address is held: neither is its place", async () => {
    const [held, other] = [await chat(NORA), await chat(VERA)];
    await take("mine", { from: NORA }, { from: NORA });
    await call({ token: held.token }, "POST /widget/contact", { body: { email: VERA } });
    await addressNoted(held.id, VERA);
    expect((await openThread(key, held.id)).conversation).toMatchObject({ address: { email: NORA, claimed: VERA } });
    const [verdict, id] = await take("mine");
    expect([verdict, [held.id, other.id].includes(id ?? "")]).toEqual(["new", false]);
    expect(await take("again")).toEqual(["contact", id]);
  });

  test("and had a conversation by mail: its mails stay there, whoever types it", async () => {
    const [, mails] = await take("first");
    const begun = await chat();
    expect(await take("second")).toEqual(["contact", mails]);
    expect(await textsOf(key, begun.id)).toEqual(["Do you ship?"]);
  });

  test("and was replaced there since: the chat is its place no more", async () => {
    const begun = await chat();
    await call({ token: begun.token }, "POST /widget/contact", { body: { email: NORA } });
    await addressNoted(begun.id, NORA);
    const [verdict, id] = await take("mine");
    expect([verdict, id === begun.id]).toEqual(["new", false]);
    expect((await take("mine", { from: NORA }, { from: NORA }))[1]).toBe(begun.id);
  });
});

describe("an address that a browser has shown to be its owner's", () => {
  test("has its place there, from then on, and its mails are in the widget", async () => {
    const [, before] = await take("by mail");
    const begun = await chat();
    const token = await confirmedFor(begun.token, VERA);
    await untilPlace(VERA, begun.id);
    expect(await take("later")).toEqual(["contact", begun.id]);
    // What came before stays where it is, and is not shown here.
    expect(await textsOf(key, before)).toEqual(["by mail"]);
    expect(await widgetTexts(token)).toEqual(["Do you ship?", "later"]);
  });

  test("stays there when others type it, and when its session ends", async () => {
    const begun = await chat();
    const token = await confirmedFor(begun.token, VERA);
    await untilPlace(VERA, begun.id);
    await chat();
    expect((await take("one"))[1]).toBe(begun.id);
    await call({ token }, "POST /widget/session/end");
    expect((await take("two"))[1]).toBe(begun.id);
  });

  test("has it no more when that browser is confirmed for another address", async () => {
    const begun = await chat();
    const token = await confirmedFor(begun.token, VERA);
    await untilPlace(VERA, begun.id);
    await confirmedFor(token, NORA);
    await untilPlace(NORA, begun.id);
    const [, id] = await take("for nobody there");
    expect(id).not.toBe(begun.id);
    expect((await take("mine", { from: NORA }, { from: NORA }))[1]).toBe(begun.id);
  });
});

describe("[M10] a mail by our token", () => {
  test("into a chat whose address has others makes it no place of the next one", async () => {
    const [one] = [await chat(), await chat()];
    const { seq } = await reply(key, one.id, { text: "We do." });
    await deliveredAs(key, one.id, { seq, state: "sent" });
    const to = outbound.mails.at(-1)?.replyTo ?? "";
    expect(await take("Great", {}, { to })).toEqual(["token", one.id]);
    const [, next] = await take("without it");
    expect(next).not.toBe(one.id);
    expect(await placeOf(VERA)).toBe(next);
  });

  test("into the only one makes that its place", async () => {
    const begun = await chat();
    const { seq } = await reply(key, begun.id, { text: "We do." });
    await deliveredAs(key, begun.id, { seq, state: "sent" });
    await take("Great", {}, { to: outbound.mails.at(-1)?.replyTo ?? "" });
    expect(await placeOf(VERA)).toBe(begun.id);
  });
});

describe("POST /api/conversations/:id/part: this is somebody else", () => {
  const newConversationByMail = async () => (await take("by mail", { from: PAUL }, { from: PAUL }))[1];

  const part = (id: string) => read(v.object({ conversationId: v.string() }), { key }, `POST /api/conversations/${id}/part`);

  test("the mails of the typed address get a conversation of their own, which is its place from then on", async () => {
    const begun = await chat();
    await take("one", { messageId: "one@example.test" });
    await take("two", { messageId: "two@example.test" });
    const { conversationId: parted } = await part(begun.id);
    expect(parted).not.toBe(begun.id);
    expect(await textsOf(key, parted)).toEqual(["one", "two"]);
    const left = await openThread(key, begun.id);
    expect(left.messages.map(({ mail }) => mail?.movedTo?.conversationId)).toEqual([undefined, parted, parted]);
    expect(left.conversation).toMatchObject({ contact: null, address: null });
    const { conversation } = await openThread(key, parted);
    expect(conversation).toMatchObject({ hasVisitor: false, address: { email: VERA, level: "mail" }, contact: { email: VERA } });
    expect(await placeOf(VERA)).toBe(parted);
    expect(await take("three")).toEqual(["contact", parted]);
    // By what it answers, too.
    expect((await take("four", { headers: ["In-Reply-To: <one@example.test>"] }))[1]).toBe(parted);
    expect(await widgetTexts(begun.token)).toEqual(["Do you ship?"]);
  });

  test("nobody is mailed from the chat any more, and confirming the address then shows none of these mails", async () => {
    const begun = await chat();
    await take("one");
    await part(begun.id);
    await refused({ key }, `POST /api/conversations/${begun.id}/messages`, [422, "no_address"], {
      body: { clientId: "0190f000-0000-7000-8000-000000000001", channel: "email", text: "Vera?" },
    });
    expect(await widgetTexts(await confirmedFor(begun.token, VERA))).toEqual(["Do you ship?"]);
  });

  test("[M16] a repeat after one was busy goes on to the same conversation, and only then is the address taken away", async () => {
    const begun = await chat();
    const elsewhere = await newConversationByMail();
    for (const name of ["one", "two", "three"]) await take(name, { messageId: `${name}@example.test` });
    // An agent's move of the second one to another conversation is not done yet.
    const wish = (to: string | null) =>
      env.DB.prepare("UPDATE ledger SET move_to = ?, moves = moves + 1 WHERE message_id = 'two@example.test'").bind(to).run();
    await wish(elsewhere);
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"]);
    const first = await placeOf(VERA);
    expect(await textsOf(key, first)).toEqual(["one"]);
    expect((await openThread(key, begun.id)).conversation).toMatchObject({ partable: VERA, address: { email: VERA } });
    await wish(null);
    expect(await part(begun.id)).toEqual({ conversationId: first });
    expect(await textsOf(key, first)).toEqual(["one", "two", "three"]);
    const { conversation } = await openThread(key, begun.id);
    expect([conversation.address, conversation.partable]).toEqual([null, undefined]);
    expect(await placeOf(VERA)).toBe(first);
  });

  test("[M16] one that is still being taken up keeps the address here until it is settled", async () => {
    const begun = await chat();
    for (const name of ["one", "two"]) await take(name, { messageId: `${name}@example.test` });
    const retry = (at: number | null) =>
      env.DB.prepare("UPDATE ledger SET retry_at = ? WHERE message_id = 'two@example.test'").bind(at).run();
    await retry(Date.now() + 60_000);
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"]);
    expect((await openThread(key, begun.id)).conversation.address).toMatchObject({ email: VERA });
    await retry(null);
    const { conversationId: parted } = await part(begun.id);
    expect(await textsOf(key, parted)).toEqual(["one", "two"]);
    expect((await openThread(key, begun.id)).conversation.address).toBeNull();
  });

  test("[M16] the first of them busy: the repeat begins it, or whichever is the first by then", async () => {
    const begun = await chat();
    const elsewhere = await newConversationByMail();
    for (const name of ["one", "two"]) await take(name, { messageId: `${name}@example.test` });
    const id = await env.DB.prepare("SELECT id FROM ledger WHERE message_id = 'one@example.test'").first("id");
    await env.DB.prepare("UPDATE ledger SET move_to = ?, moves = moves + 1 WHERE message_id = 'one@example.test'")
      .bind(elsewhere)
      .run();
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"]);
    expect(await textsOf(key, begun.id)).toEqual(["Do you ship?", "one", "two"]);
    await env.DB.prepare("UPDATE ledger SET move_to = NULL WHERE message_id = 'one@example.test'").run();
    const moved = await call({ key }, `POST /api/ledger/${String(id)}/move`, { body: { conversationId: elsewhere } });
    expect(moved.status).toBe(200);
    const { conversationId: parted } = await part(begun.id);
    expect(await textsOf(key, parted)).toEqual(["two"]);
    expect(await placeOf(VERA)).toBe(parted);
  });

  test("[M16] all of them, however many pages the ledger has", async () => {
    const begun = await chat();
    for (let n = 1; n <= 7; n += 1) await take(`mail ${n}`);
    const answer = await partMails(env, openDatabase(env.DB), { conversationId: begun.id, agentId: newId(), pageSize: 2 });
    const parted = answer.kind === "parted" ? answer.conversationId : null;
    expect(await textsOf(key, parted)).toEqual(Array.from({ length: 7 }, (_, n) => `mail ${n + 1}`));
    expect((await openThread(key, begun.id)).conversation.address).toBeNull();
  });

  test("[M16] to the conversation by mail that they have, where they have one", async () => {
    const [, mails] = await take("by mail");
    const begun = await chat();
    const { seq } = await reply(key, begun.id, { text: "We do." });
    await deliveredAs(key, begun.id, { seq, state: "sent" });
    expect(await take("Great", {}, { to: outbound.mails.at(-1)?.replyTo ?? "" })).toEqual(["token", begun.id]);
    expect(await part(begun.id)).toEqual({ conversationId: mails });
    expect(await textsOf(key, mails)).toEqual(["by mail", "Great"]);
    expect(await placeOf(VERA)).toBe(mails);
  });

  test("[M16] back to the conversation by mail from which an agent had moved them into the chat", async () => {
    const [, mails] = await take("by mail", { messageId: "one@example.test" });
    const begun = await chat();
    const id = await env.DB.prepare("SELECT id FROM ledger WHERE message_id = 'one@example.test'").first("id");
    const moved = await call({ key }, `POST /api/ledger/${String(id)}/move`, { body: { conversationId: begun.id } });
    expect(moved.status).toBe(200);
    expect(await placeOf(VERA)).toBe(begun.id);
    expect(await part(begun.id)).toEqual({ conversationId: mails });
    expect(await textsOf(key, mails)).toEqual(["by mail"]);
    expect(await placeOf(VERA)).toBe(mails);
  });

  test("[T4] after an agent's click on what the visitor says now, too: the earlier author's mails go, the address stays", async () => {
    const begun = await chat();
    await take("mine");
    await call({ token: begun.token }, "POST /widget/contact", { body: { email: NORA } });
    await call({ key }, `POST /api/conversations/${begun.id}/address`, { body: { email: NORA } });
    expect((await openThread(key, begun.id)).conversation).toMatchObject({ address: { email: NORA }, partable: VERA });
    const { conversationId: parted } = await part(begun.id);
    expect(await textsOf(key, parted)).toEqual(["mine"]);
    const { conversation } = await openThread(key, begun.id);
    expect([conversation.address?.email, conversation.partable]).toEqual([NORA, undefined]);
    expect(await placeOf(VERA)).toBe(parted);
  });

  test("[M11] of each author by name; without one the newest, whose address was shown to be the visitor's never", async () => {
    const begun = await chat();
    const { seq } = await reply(key, begun.id, { text: "We do." });
    await deliveredAs(key, begun.id, { seq, state: "sent" });
    const to = outbound.mails.at(-1)?.replyTo ?? "";
    await take("of Vera");
    await take("of Nora", { from: NORA }, { from: NORA, to });
    await take("of Paul", { from: PAUL }, { from: PAUL, to });
    const byName = (email: string) =>
      read(v.object({ conversationId: v.string() }), { key }, `POST /api/conversations/${begun.id}/part`, { body: { email } });
    const { conversationId: noras } = await byName(` ${NORA.toUpperCase()}`);
    expect(await textsOf(key, noras)).toEqual(["of Nora"]);
    const { conversationId: pauls } = await part(begun.id);
    expect(await textsOf(key, pauls)).toEqual(["of Paul"]);
    expect((await openThread(key, begun.id)).conversation).toMatchObject({ partable: VERA, address: { email: VERA } });
    await confirmedFor(begun.token, VERA);
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"], { body: { email: VERA } });
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"], { body: { email: NORA } });
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [422, "invalid"], { body: { email: "nobody" } });
  });

  test("409 where no mail of somebody else is: none came, it is theirs, or it was parted before", async () => {
    const begun = await chat();
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"]);
    await take("one");
    await part(begun.id);
    await refused({ key }, `POST /api/conversations/${begun.id}/part`, [409, "conflict"]);
    const other = await chat(NORA);
    await take("mine", { from: NORA }, { from: NORA });
    await confirmedFor(other.token, NORA);
    await refused({ key }, `POST /api/conversations/${other.id}/part`, [409, "conflict"]);
    const [, mails] = await take("by mail", { from: "paul@example.test" }, { from: "paul@example.test" });
    await refused({ key }, `POST /api/conversations/${mails}/part`, [409, "conflict"]);
  });
});

test("[M13] a stranger's linked conversation is their own: their next mail joins it", async () => {
  const [, vera] = await take("first", { messageId: "one@example.test" });
  const headers = ["In-Reply-To: <one@example.test>"];
  const [verdict, linked] = await take("let me in", { from: NORA, headers }, { from: NORA });
  expect([verdict, linked === vera]).toEqual(["linked", false]);
  await vi.waitFor(async () => expect((await openThread(key, linked)).contact?.email).toBe(NORA), WAIT);
  await addressNoted(linked ?? "", NORA);
  expect(await take("again", { from: NORA }, { from: NORA })).toEqual(["contact", linked]);
});

test("[M13] so is one of somebody whose mails have a place: it takes nothing from there, and leaves it where it is", async () => {
  await take("first", { messageId: "one@example.test" });
  const [, place] = await take("mine", { from: NORA }, { from: NORA });
  const headers = ["In-Reply-To: <one@example.test>"];
  const [verdict, linked] = await take("let me in", { from: NORA, headers }, { from: NORA });
  expect([verdict, linked === place]).toEqual(["linked", false]);
  expect(await take("again", { from: NORA }, { from: NORA })).toEqual(["contact", place]);
});

test("[T1] a mail into a chat is answered by nothing automatic until its address is shown to be the visitor's", async () => {
  ({ key } = (await freshDeployment({ hours: { isAlwaysOpen: false, days: [] } })).owner);
  await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1, has_out_of_hours = 1").run();
  const begun = await chat();
  expect((await take("mine"))[1]).toBe(begun.id);
  expect((await openThread(key, begun.id)).messages.map(({ author }) => author.kind)).toEqual(["visitor", "contact"]);
  await confirmedFor(begun.token, VERA);
  await take("again");
  expect((await openThread(key, begun.id)).messages.at(-1)).toMatchObject({ author: { kind: "system" }, to: VERA });
  await outbound.nth(1);
  expect(outbound.mails).toMatchObject([{ to: [VERA] }]);
});
