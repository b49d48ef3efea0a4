/** [M16] [S14] [T2] Where the mails of an address go: its usual place belongs to the address, and is nobody's who only typed it. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { freshDeployment } from "../support/deployment.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { WAIT, visitorSocket } from "../support/socket.ts";
import { addressNoted, deliveredAs, openThread, placeOf, reply, textsOf } from "../support/threads.ts";
import { beginChat, confirmedFor } from "../support/visitor.ts";

const [VERA, NORA] = ["vera@example.test", "nora@example.test"];
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
