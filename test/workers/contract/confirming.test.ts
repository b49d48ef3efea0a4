/** A browser in a chat shows that an address is theirs: the routes, and the mail with a code. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { signForSession } from "../../../worker/auth/confirming-secrets.ts";
import { readVisitorToken } from "../../../worker/auth/visitor-token.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { markUndeliverable } from "../../../worker/db/undeliverable.ts";
import { mailboxSchema } from "../../../worker/domain/api-shapes.ts";
import { widgetTokenSchema } from "../../../worker/domain/widget-shapes.ts";
import { askCode, codeIn, secretIn, stopIn, wrongFor } from "../support/codes.ts";
import { MAILBOX, freshDeployment } from "../support/deployment.ts";
import { ORIGIN, SITE, call, fetchWorker, read, refused } from "../support/http.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { visitorSocket } from "../support/socket.ts";
import { openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const VERA = "vera@example.test";
let key: string;
let outbound: Outbound;

async function deployment(settings: Record<string, unknown> = {}): Promise<void> {
  ({ key } = (await freshDeployment(settings)).owner);
  outbound = takeMail();
}

beforeEach(async () => deployment({ widget: { allowedOrigins: [SITE] } }));

afterEach(() => vi.useRealTimers());

/** When an address may have another code. */
const aMinuteLater = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 72_000 });
const chat = (email = VERA) => beginChat({ text: "Do you ship?", contact: { email } });
const confirm = (token: string, body: unknown) => call({ token }, "POST /widget/confirm", { body });
const confirmed = async (token: string, body: unknown) =>
  (await read(v.strictObject(widgetTokenSchema.entries), { token }, "POST /widget/confirm", { body })).token;
const levelOf = async (id: string) => (await openThread(key, id)).conversation.address?.level;
const statusOf = async (token: string) => (await call({ token }, "POST /widget/contact", { body: { email: VERA } })).status;

describe("[B4] [B7] POST /widget/codes and /widget/confirm", () => {
  test("a code is mailed to the address, and typed in makes a new token; the older one ends when that is used", async () => {
    const { token, clientId, conversationId: id } = await chat();
    const asked = await askCode(token);
    expect([asked.status, asked.body]).toEqual([202, { digits: 6 }]);
    expect(outbound.mails).toMatchObject([{ to: [VERA] }]);
    const code = codeIn(outbound.mails[0]);
    // As people type it.
    const next = await confirmed(token, { code: ` ${code.slice(0, 3)}-${code.slice(3)} ` });
    expect(next).not.toBe(token);
    expect([await levelOf(id), await statusOf(token)]).toEqual(["typed", 204]);
    expect(await statusOf(next)).toBe(204);
    expect(await levelOf(id)).toBe("confirmed");
    await refused({ token }, "POST /widget/contact", [401, "not_signed_in"], { body: { email: VERA } });
    // It has been used up.
    await refused({ token: next }, "POST /widget/confirm", [410, "expired"], { body: { code } });
    // The first message's clientId is no way back to a token that has ended, nor to the one in its place (T5).
    const first = { clientId, text: "Do you ship?" };
    await refused(null, "POST /widget/conversations", [401, "not_signed_in"], { body: first, headers: { origin: SITE } });
    const both = [await readVisitorToken(env.APP_SECRET ?? "", token), await readVisitorToken(env.APP_SECRET ?? "", next)];
    expect(both.map((one) => one?.generation)).toEqual([1, 2]);
    expect(both[0]?.sessionId).toBe(both[1]?.sessionId);
  });

  test("a wrong one says how many tries are left; the fifth ends it, also for who has the right one", async () => {
    const { token, conversationId: id } = await chat();
    await askCode(token);
    const code = codeIn(outbound.mails[0]);
    const answers = [];
    for (let tries = 0; tries < 5; tries += 1) answers.push(await confirm(token, { code: wrongFor(code) }));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
    expect(answers.map(({ body }) => body)).toMatchObject(
      [4, 3, 2, 1, 0].map((triesLeft) => ({ code: "wrong_code", triesLeft })),
    );
    await refused({ token }, "POST /widget/confirm", [410, "expired"], { body: { code } });
    expect(await levelOf(id)).toBe("typed");
  });

  test("does nothing with another chat's token, or with none", async () => {
    const [mine, other] = [await chat(), await chat("other@example.test")];
    await askCode(mine.token);
    const code = codeIn(outbound.mails[0]);
    await refused({ token: other.token }, "POST /widget/confirm", [410, "expired"], { body: { code } });
    await refused(null, "POST /widget/confirm", [401, "not_signed_in"], { body: { code } });
    await refused({ token: mine.token, origin: "https://evil.example" }, "POST /widget/confirm", [401, "not_signed_in"], {
      body: { code },
    });
    expect([await levelOf(mine.conversationId), await levelOf(other.conversationId)]).toEqual(["typed", "typed"]);
    expect((await confirm(mine.token, { code })).status).toBe(200);
  });

  test("422 for what is no code, and for neither code nor secret", async () => {
    const { token } = await chat();
    for (const body of [
      {},
      { code: "12345" },
      { code: "x".repeat(41) },
      { code: 123_456 },
      { secret: 1 },
      { secret: "x".repeat(1_001) },
    ])
      await refused({ token }, "POST /widget/confirm", [422, "invalid"], { body });
    await refused({ token }, "POST /widget/confirm", [410, "expired"], { body: { code: "123456" } });
    await refused({ token }, "POST /widget/confirm", [410, "expired"], { body: { secret: "nonsense" } });
  });

  test("an address that is given with it is typed first, and the code goes there", async () => {
    const { token, conversationId: id } = await beginChat();
    expect((await askCode(token)).status).toBe(202);
    expect(outbound.mails).toEqual([]);
    expect((await askCode(token, { email: "Vera@Example.test" })).status).toBe(202);
    expect(outbound.mails).toMatchObject([{ to: [VERA] }]);
    expect((await openThread(key, id)).conversation.address).toMatchObject({ email: VERA, level: "typed" });
  });

  test("a new code ends the one before", async () => {
    const { token } = await chat();
    await askCode(token);
    // To another address: the same one gets one a minute.
    await askCode(token, { email: "work@example.test" });
    const [first, second] = outbound.mails.map(codeIn);
    if (first !== second) expect((await confirm(token, { code: first })).body).toMatchObject({ code: "wrong_code" });
    expect((await confirm(token, { code: second })).status).toBe(200);
  });
});

describe("[T1] [T23] the mail with a code", () => {
  const HOSTILE = "Visit https://evil.example now";

  test("has no word that a visitor chose, names the company and the site, and how to stop it", async () => {
    const { token } = await beginChat({
      text: HOSTILE,
      page: "https://shop.example/evil-path?x=1",
      contact: { email: VERA, name: "Evil Name" },
    });
    await askCode(token);
    const [mail] = outbound.mails;
    const code = codeIn(mail);
    expect(mail).toMatchObject({
      from: { email: MAILBOX, name: "Acme" },
      to: [VERA],
      subject: `${code} is your code for the chat with Acme`,
      headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
      attachments: [],
    });
    const all = JSON.stringify(mail);
    expect(all).not.toMatch(/evil|Evil|Visit/);
    expect(mail?.text).toContain("Somebody who chats with Acme (at shop.example) typed your address.");
    expect(mail?.text).toContain("Never read this number to anybody.");
    expect(mail?.text).toContain(`${ORIGIN}/not-me#`);
    // Whoever answers it is read: the mailbox exists.
    expect(mail?.replyTo).toMatch(/^hello\+[a-z2-7]+@acme\.test$/);
    expect(mail?.html).toContain(code);
  });

  test("is in the language of the browser", async () => {
    const { token } = await chat();
    await askCode(token, { headers: { "accept-language": "es-MX,es;q=0.9" } });
    expect(outbound.mails[0]?.subject).toMatch(/^\d{6} es tu código para el chat con Acme$/u);
  });

  test.each([
    ["where every site may embed the widget", []],
    ["where a pattern lets it in", ["https://*.example"]],
  ])("names no site and has no link %s", async (_, allowedOrigins) => {
    await deployment({ widget: { allowedOrigins } });
    const { token } = await chat();
    await askCode(token);
    expect(outbound.mails[0]?.text).toContain("Somebody who chats with Acme typed your address.");
    expect(JSON.stringify(outbound.mails[0])).not.toMatch(/shop\.example|hilo-confirm/);
  });

  test.each([
    ["that mail does not reach", "bounce"],
    ["that has complained", "complaint"],
  ] as const)("does not go to an address %s; the answer is the same", async (_, cause) => {
    await markUndeliverable(openDatabase(env.DB), { email: VERA, cause, reason: "why", at: 1 });
    const { token } = await chat();
    const asked = await askCode(token);
    expect([asked.status, asked.body, outbound.mails]).toEqual([202, { digits: 6 }, []]);
    const other = await chat("nora@example.test");
    expect((await askCode(other.token)).body).toEqual(asked.body);
    expect(outbound.mails).toHaveLength(1);
  });

  test("does not go to a mailbox of ours", async () => {
    const { token } = await beginChat();
    for (const email of [MAILBOX, "hello+x@acme.test"]) {
      const answer = await askCode(token, { email });
      expect(answer.body).toMatchObject({ code: "own_address" });
    }
    expect(outbound.mails).toEqual([]);
  });

  test("nor to what has become a mailbox of ours since it was typed; the answer is the same", async () => {
    const { token } = await chat("orders@acme.test");
    await read(mailboxSchema, { key }, "POST /api/mailboxes", { body: { address: "orders@acme.test" }, status: 201 });
    const asked = await askCode(token);
    expect([asked.status, asked.body, outbound.mails]).toEqual([202, { digits: 6 }, []]);
  });

  test("a mail server that refuses it changes nothing in the answer", async () => {
    const { token } = await chat();
    outbound = takeMail(async () => Promise.reject(new Error("away")));
    const asked = await askCode(token);
    expect([asked.status, asked.body]).toEqual([202, { digits: 6 }]);
  });
});

describe("[B4] confirming links", () => {
  test("of a code's mail, opened in the browser that chats, do the same; again and again, and alone nothing", async () => {
    const { token, conversationId: id } = await chat();
    await askCode(token);
    const secret = secretIn(outbound.mails[0]) ?? "";
    expect(outbound.mails[0]?.text).toContain(`${SITE}/#hilo-confirm=${secret}`);
    await refused(null, "POST /widget/confirm", [401, "not_signed_in"], { body: { secret } });
    const other = await chat("other@example.test");
    await refused({ token: other.token }, "POST /widget/confirm", [410, "expired"], { body: { secret } });
    const next = await confirmed(token, { secret });
    expect(await statusOf(next)).toBe(204);
    expect(await levelOf(id)).toBe("confirmed");
    const again = await confirmed(next, { secret });
    expect([await statusOf(again), await levelOf(id)]).toEqual([204, "confirmed"]);
  });

  test("stand below an agent's reply by mail to an address that is not confirmed, and not any more after that", async () => {
    const { token, conversationId: id } = await chat();
    await reply(key, id, { text: "We do." });
    const secret = secretIn(await outbound.nth(1)) ?? "";
    expect(secret).not.toBe("");
    const next = await confirmed(token, { secret });
    await statusOf(next);
    await reply(key, id, { text: "Anything else?" });
    expect(secretIn(await outbound.nth(2))).toBeNull();
  });

  test("[T23] lead to the page that the settings name, never to one that a visitor chose", async () => {
    await deployment({ widget: { allowedOrigins: [SITE], confirmPage: `${SITE}/chat?from=mail` } });
    const here = await beginChat({ page: `${SITE}/redirect?to=evil`, contact: { email: VERA } });
    await askCode(here.token);
    expect(outbound.mails[0]?.text).toContain(`${SITE}/chat?from=mail#hilo-confirm=`);
    await deployment({ widget: { allowedOrigins: [SITE], confirmPage: "https://other.example/chat" } });
    const there = await beginChat({ page: `${SITE}/redirect?to=evil`, contact: { email: VERA } });
    await askCode(there.token);
    expect(outbound.mails[0]?.text).toContain(`${SITE}/#hilo-confirm=`);
  });

  test("of another session, address or purpose, and old ones, do nothing", async () => {
    const { token, conversationId } = await chat();
    const sessionId = (await readVisitorToken(env.APP_SECRET ?? "", token))?.sessionId ?? "";
    const secret = env.APP_SECRET ?? "";
    const own = { conversationId, sessionId, email: VERA, now: Date.now() };
    const forged = [
      await signForSession(secret, "confirm", { ...own, sessionId: "another" }),
      await signForSession(secret, "confirm", { ...own, conversationId: "another" }),
      await signForSession(secret, "stop-codes", own),
      await signForSession(`${secret}!`, "confirm", own),
      await signForSession(secret, "confirm", { ...own, now: Date.now() - 31 * 24 * 60 * 60_000 }),
    ];
    for (const one of forged) await refused({ token }, "POST /widget/confirm", [410, "expired"], { body: { secret: one } });
    expect(await levelOf(conversationId)).toBe("typed");
    expect((await confirm(token, { secret: await signForSession(secret, "confirm", own) })).status).toBe(200);
  });
});

describe("[T1] *this was not me*", () => {
  test("opening its page changes nothing and runs nothing but its own; a tap stops codes from that chat to that address", async () => {
    const { token, conversationId: id } = await chat();
    await askCode(token);
    const code = codeIn(outbound.mails[0]);
    const stop = stopIn(outbound.mails[0]);
    const page = await fetchWorker(null, "GET /not-me", { headers: { "accept-language": "es" } });
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'nonce-[\w-]+';.* frame-ancestors 'none'$/u,
    );
    expect([page.headers.get("referrer-policy"), page.headers.get("cache-control")]).toEqual(["no-referrer", "no-store"]);
    const html = await page.text();
    expect(html).toContain('<html lang="es">');
    expect(html).not.toMatch(/https?:|src=|example\.test/u);
    expect((await call(null, "POST /widget/not-me", { body: { token: stop } })).status).toBe(204);
    // The code that waited is over, and none follows to this address.
    expect((await confirm(token, { code })).body).toMatchObject({ code: "expired" });
    aMinuteLater();
    const sent = outbound.mails.length;
    expect((await askCode(token)).body).toEqual({ digits: 6 });
    expect(outbound.mails).toHaveLength(sent);
    await askCode(token, { email: "work@example.test" });
    expect(outbound.mails.at(-1)).toMatchObject({ to: ["work@example.test"] });
    expect(await levelOf(id)).toBe("typed");
  });

  test("says nothing of whether its link was one, and a link that confirms stops nothing", async () => {
    const { token } = await chat();
    await askCode(token);
    const tokens = ["", "nonsense", `${stopIn(outbound.mails[0])}x`, secretIn(outbound.mails[0]) ?? ""];
    for (const one of tokens) expect((await call(null, "POST /widget/not-me", { body: { token: one } })).status).toBe(204);
    expect((await confirm(token, { code: codeIn(outbound.mails[0]) })).status).toBe(200);
  });

  test("also keeps the link that confirms out of later replies to that address", async () => {
    const { token, conversationId: id } = await chat();
    await askCode(token);
    await call(null, "POST /widget/not-me", { body: { token: stopIn(outbound.mails[0]) } });
    await reply(key, id, { text: "We do." });
    expect(secretIn(await outbound.nth(2))).toBeNull();
  });
});

describe("[T5] [B2] POST /widget/session/end", () => {
  test("ends the session: its token is refused everywhere, its sockets close, and its clientId gives none", async () => {
    const { token, clientId } = await chat();
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    expect((await call({ token }, "POST /widget/session/end")).status).toBe(204);
    expect((await socket.end()).code).toBe(4001);
    for (const route of ["POST /widget/session/end", "POST /widget/contact", "POST /widget/codes", "POST /widget/attachments"])
      await refused({ token }, route, [401, "not_signed_in"], { body: { email: VERA } });
    const body = { clientId, text: "Hello" };
    await refused(null, "POST /widget/conversations", [401, "not_signed_in"], { body, headers: { origin: SITE } });
    expect(await (await visitorSocket(token, { headers: { origin: SITE } })).end()).toMatchObject({ code: 4001 });
  });
});

describe("[T4] what agents do about an address", () => {
  test("POST …/address replaces it, …/ask-confirmation asks the visitor, and a reply to another than they saw is 409", async () => {
    const { token, conversationId: id } = await chat();
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    expect((await call({ key }, `POST /api/conversations/${id}/ask-confirmation`)).status).toBe(204);
    expect((await socket.next("conversation")).conversation).toMatchObject({ goesOnAt: "v•••@e•••", isAskedToConfirm: true });
    expect(outbound.mails).toEqual([]);
    const body = { email: "nora@example.test" };
    expect((await call({ key }, `POST /api/conversations/${id}/address`, { body })).status).toBe(204);
    expect((await openThread(key, id)).conversation.address).toMatchObject({ email: "nora@example.test", level: "typed" });
    const message = { clientId: "0190f000-0000-7000-8000-000000000001", channel: "email", text: "For Vera", to: [VERA] };
    await refused({ key }, `POST /api/conversations/${id}/messages`, [409, "address_changed"], { body: message });
    expect((await openThread(key, id)).messages).toHaveLength(1);
    await refused({ key }, `POST /api/conversations/${id}/address`, [409, "own_address"], { body: { email: MAILBOX } });
    await refused({ key }, `POST /api/conversations/${(await beginChat()).conversationId}/ask-confirmation`, [422, "no_address"]);
  });
});
