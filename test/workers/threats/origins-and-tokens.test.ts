import { applyD1Migrations, listDurableObjectIds, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createVisitorToken, readVisitorToken } from "../../../worker/auth/visitor-token.ts";
import { OWNER, SETUP_BODY, SETUP_HEADERS, freshDeployment, newId, signIn } from "../support/deployment.ts";
import { ORIGIN, SITE, call, fetchWorker, refused, statusesOf } from "../support/http.ts";
import { agentSocket, inboxSocket, visitorSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

const SECRET = env.APP_SECRET ?? "";

async function empty(): Promise<void> {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS ?? []);
}

describe("[T8] setup", () => {
  test("two at the same instant: one 201, one 409, one owner", async () => {
    await empty();
    const second = { ...SETUP_BODY, email: "other@acme.test", mailbox: "other@acme.test" };
    const answers = await Promise.all(
      [SETUP_BODY, second].map((body) => call(null, "POST /api/setup", { body, headers: SETUP_HEADERS })),
    );
    expect(statusesOf(answers)).toEqual([201, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: "already_done" });
    for (const table of ["agents", "mailboxes", "settings", "accounts"])
      expect([table, await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table}`).first("n")]).toEqual([table, 1]);
  });

  test("[T24] needs the setup token where one is set, and on every host but one's own machine; it says so", async () => {
    await empty();
    const bindings = { SETUP_TOKEN: "the-setup-token" };
    expect((await call(null, "GET /api/setup", { bindings })).body).toEqual({ isDone: false, needsToken: true });
    for (const headers of [{}, { "x-setup-token": "wrong" }, { "x-setup-token": "" }])
      await refused(null, "POST /api/setup", [403, "bad_setup_token"], { body: SETUP_BODY, headers, bindings });
    await refused(null, "POST /api/setup", [403, "no_setup_token"], { body: SETUP_BODY, bindings: { SETUP_TOKEN: "" } });
    const headers = { "x-setup-token": "the-setup-token" };
    expect((await call(null, "POST /api/setup", { body: SETUP_BODY, headers, bindings })).status).toBe(201);
  });

  test("asks for no token on one's own machine", async () => {
    await empty();
    const bindings = { SETUP_TOKEN: "" };
    const place = "http://localhost:8787/api/setup";
    expect((await call(null, `GET ${place}`, { bindings })).body).toEqual({ isDone: false, needsToken: false });
    expect((await call(null, `POST ${place}`, { bindings, body: SETUP_BODY })).status).toBe(201);
  });
});

describe("[T6] agents' requests and sockets come from our own origins", () => {
  let cookie: string;

  beforeEach(async () => {
    await empty();
    expect((await call(null, "POST /api/setup", { body: SETUP_BODY, headers: SETUP_HEADERS })).status).toBe(201);
    cookie = await signIn(OWNER.email, OWNER.password);
  });

  test("a state-changing request with the cookie from another site is 403, and changes nothing", async () => {
    const { conversationId: id } = await beginChat();
    const body = { clientId: newId(), channel: "chat", text: "forged" };
    for (const origin of [SITE, "null", "https://hilo.test.evil.example", "http://hilo.test", "https://hilo.test:8443"])
      await refused({ cookie, origin }, `POST /api/conversations/${id}/messages`, [403, "bad_origin"], { body });
    for (const site of ["cross-site", "same-site"])
      await refused({ cookie: "" }, `POST /api/conversations/${id}/messages`, [403, "bad_origin"], {
        body,
        headers: { cookie, origin: SITE, "sec-fetch-site": site },
      });
    expect((await call({ cookie, origin: ORIGIN }, `POST /api/conversations/${id}/messages`, { body })).status).toBe(201);
    expect((await call({ cookie }, `GET /api/conversations/${id}`)).body).toMatchObject({ messages: [{ seq: 1 }, { seq: 2 }] });
  });

  test("without any Origin a browser's word that it is another site's request is enough", async () => {
    const response = await fetchWorker(null, "POST /api/saved-reply-categories", {
      body: { name: "x" },
      headers: { cookie, "sec-fetch-site": "cross-site" },
    });
    expect(response.status).toBe(403);
  });

  test("sockets of another site are refused, ours are not", async () => {
    const { conversationId: id } = await beginChat();
    const headers = { upgrade: "websocket" };
    await refused({ cookie, origin: SITE }, `GET /api/conversations/${id}/socket`, [403, "bad_origin"], { headers });
    await refused({ cookie, origin: SITE }, "GET /api/inbox/socket", [403, "bad_origin"], { headers });
    const socket = await agentSocket({ cookie }, id);
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    const inbox = await inboxSocket({ cookie });
    inbox.send({ type: "hello" });
    await inbox.next("welcome");
  });

  test("the session cookie is HttpOnly, Secure and SameSite=Lax; the API never allows other sites to read", async () => {
    const answer = await call(null, "POST /api/auth/sign-in/email", {
      body: { email: OWNER.email, password: OWNER.password },
      headers: { "content-type": "application/json", origin: ORIGIN },
    });
    const [set] = answer.headers.getSetCookie();
    expect(set).toMatch(/^__(Secure|Host)-/);
    for (const flag of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) expect(set).toContain(flag);
    const me = await call({ cookie, origin: SITE }, "GET /api/me");
    expect(me.headers.get("access-control-allow-origin")).toBeNull();
    expect(me.headers.get("access-control-allow-credentials")).toBeNull();
  });
});

interface TokenChange {
  session?: string;
  generation?: number;
  origin?: string | null;
  secret?: string;
}

const tokenFor = (conversationId: string, change: TokenChange = {}) =>
  createVisitorToken(change.secret ?? SECRET, {
    conversationId,
    sessionId: change.session ?? newId(),
    generation: change.generation ?? 1,
    origin: change.origin === undefined ? SITE : change.origin,
  });

describe("[T5] [T9] a visitor's token", () => {
  beforeEach(async () => {
    await freshDeployment();
  });

  test("unknown, foreign, forged and revoked ones are answered alike, by HTTP and by socket", async () => {
    const { conversationId: id, token } = await beginChat();
    const other = await beginChat();
    const session = (await readVisitorToken(SECRET, token))?.sessionId ?? "";
    const [payload, signature] = [token.slice(0, token.lastIndexOf(".")), token.slice(token.lastIndexOf(".") + 1)];
    const bad = [
      "",
      "v1",
      `${token}x`,
      `${payload}.${"A".repeat(signature.length)}`,
      token.replace(id, other.conversationId),
      token.replace("v2.", "v1."),
      token.replace("v2.", "v3."),
      await tokenFor(id, { session, secret: "another secret of the right length 0123456789" }),
      await tokenFor(newId(), { session }),
      await tokenFor(id),
      await tokenFor(id, { session, generation: 2 }),
      await tokenFor(id, { session, origin: "https://evil.example" }),
    ];
    const answers = new Set<string>();
    for (const wrong of bad) {
      const { id: _, ...problem } = await refused({ token: wrong }, "POST /widget/contact", [401, "not_signed_in"], {
        body: { email: "a@b.test" },
      });
      answers.add(JSON.stringify(problem));
      const socket = await visitorSocket(wrong, { headers: { origin: SITE } });
      expect(await socket.end()).toMatchObject({ code: 4001 });
    }
    expect(answers.size).toBe(1);
    expect((await call({ token }, "POST /widget/contact", { body: { email: "a@b.test" } })).status).toBe(204);
  });

  test("works only from the site that it was given to", async () => {
    const { token } = await beginChat({ origin: SITE });
    expect((await call({ token, origin: SITE }, "POST /widget/contact", { body: { email: "a@b.test" } })).status).toBe(204);
    for (const origin of ["https://evil.example", "null", "https://shop.example.evil.test"]) {
      await refused({ token, origin }, "POST /widget/contact", [401, "not_signed_in"], { body: { email: "a@b.test" } });
      expect(await (await visitorSocket(token, { headers: { origin } })).end()).toMatchObject({ code: 4001 });
    }
  });

  test("a bad token never makes or wakes an object (A11)", async () => {
    const before = (await listDurableObjectIds(env.CONVERSATION)).length;
    await call({ token: `v1.${newId()}.1.-.x` }, "POST /widget/contact", { body: { email: "a@b.test" } });
    await (await visitorSocket(`v1.${newId()}.1.-.x`)).end();
    await call(null, "GET /widget/config");
    expect(await listDurableObjectIds(env.CONVERSATION)).toHaveLength(before);
  });

  test("is the same wherever it is read, and says nothing but what it is for", async () => {
    const { token, conversationId } = await beginChat();
    const read = await readVisitorToken(SECRET, token);
    expect(read?.sessionId).not.toBe(conversationId);
    expect([read?.conversationId, read?.generation, await read?.isFor(SITE), await read?.isFor("https://evil.example")]).toEqual([
      conversationId,
      1,
      true,
      false,
    ]);
    expect(token).not.toContain("shop");
  });
});

const firstMessage = () => ({ clientId: newId(), text: "hi" });

const embedStatus = async (origin: string) =>
  (await call(null, "POST /widget/conversations", { body: firstMessage(), headers: { origin } })).status;

describe("[T6] sites that may embed the widget", () => {
  test("are those of the settings; others are refused, our own is not", async () => {
    await freshDeployment({ widget: { allowedOrigins: ["https://*.shop.example", SITE] } });
    expect([await embedStatus(SITE), await embedStatus("https://www.shop.example"), await embedStatus(ORIGIN)]).toEqual([
      201, 201, 201,
    ]);
    for (const origin of [
      "https://evil.example",
      "http://shop.example",
      "https://shop.example.evil.example",
      "https://evilshop.example",
      "null",
    ])
      await refused(null, "POST /widget/conversations", [403, "bad_origin"], { body: firstMessage(), headers: { origin } });
  });

  test("are told that no cookie goes along, whichever they are and whatever the answer", async () => {
    await freshDeployment();
    const { token } = await beginChat({ origin: SITE });
    const asked = { origin: SITE, "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
    const answers = [
      await call(null, "OPTIONS /widget/contact", { headers: asked }),
      await call({ token }, "POST /widget/contact", { body: { email: "vera@example.test" } }),
      await call(null, "POST /widget/contact", { body: {}, headers: { origin: "https://evil.example" } }),
      await call(null, "GET /widget/config", { headers: { origin: SITE } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 401, 200]);
    for (const { headers } of answers) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    }
    // To agents' routes other sites have no way at all.
    const agents = await call(null, "OPTIONS /api/me", { headers: asked });
    expect(agents.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("a site that is taken off the list loses its visitors' access", async () => {
    const { owner } = await freshDeployment();
    const { token } = await beginChat({ origin: SITE });
    await call({ key: owner.key }, "PATCH /api/settings", { body: { widget: { allowedOrigins: ["https://other.example"] } } });
    await refused({ token, origin: SITE }, "POST /widget/contact", [401, "not_signed_in"], { body: { email: "a@b.test" } });
    expect(await (await visitorSocket(token, { headers: { origin: SITE } })).end()).toMatchObject({ code: 4001 });
  });
});
