import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { healthSchema, meSchema, setupStateSchema } from "../../../worker/domain/api-shapes.ts";
import { MAILBOX, OWNER, SETUP_BODY, SETUP_HEADERS, addAgent, addKey, freshDeployment, signIn } from "../support/deployment.ts";
import { ORIGIN, call, read, refused } from "../support/http.ts";

const JSON_FROM_US = { "content-type": "application/json", origin: ORIGIN };

beforeEach(async () => {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS ?? []);
});

describe("POST /api/setup", () => {
  test("makes the owner, the settings and the first mailbox, and then never again", async () => {
    expect(await read(setupStateSchema, null, "GET /api/setup")).toEqual({ isDone: false, needsToken: true });
    const made = await read(meSchema, null, "POST /api/setup", { body: SETUP_BODY, headers: SETUP_HEADERS, status: 201 });
    expect(made).toEqual({ agent: { id: made.agent.id, name: OWNER.name, email: OWNER.email, role: "owner" } });
    expect(await read(setupStateSchema, null, "GET /api/setup")).toEqual({ isDone: true, needsToken: true });
    const body = { ...SETUP_BODY, email: "else@acme.test" };
    await refused(null, "POST /api/setup", [409, "already_done"], { body, headers: SETUP_HEADERS });

    const cookie = await signIn(OWNER.email, OWNER.password);
    expect((await call({ cookie }, "GET /api/settings")).body).toMatchObject({ company: "Acme" });
    expect((await call({ cookie }, "GET /api/mailboxes")).body).toMatchObject({ items: [{ address: MAILBOX, name: "Acme" }] });
    expect((await call({ cookie }, "GET /api/agents")).body).toEqual({ items: [made.agent], nextCursor: null });
  });

  test("answers 422 with the fields that are wrong, and 400 for what is no JSON", async () => {
    const problem = await refused(null, "POST /api/setup", [422, "invalid"], {
      body: { ...SETUP_BODY, email: "nobody", password: "short" },
      headers: SETUP_HEADERS,
    });
    expect(problem.detail).toMatch(/email: .*; password: /);
    await refused(null, "POST /api/setup", [400, "bad_request"], { body: "{", headers: SETUP_HEADERS });
    await refused(null, "POST /api/setup", [422, "invalid"], { body: "[]", headers: SETUP_HEADERS });
    await refused(null, "POST /api/setup", [413, "too_large"], { body: `"${"x".repeat(300_000)}"`, headers: SETUP_HEADERS });
    expect(await read(setupStateSchema, null, "GET /api/setup")).toEqual({ isDone: false, needsToken: true });
  });

  test("refuses a mailbox whose reply addresses would be too long for mail servers", async () => {
    const problem = await refused(null, "POST /api/setup", [422, "invalid"], {
      body: { ...SETUP_BODY, mailbox: `${"m".repeat(25)}@acme.test` },
      headers: SETUP_HEADERS,
    });
    expect(problem.detail).toContain("octets");
    await read(meSchema, null, "POST /api/setup", {
      body: { ...SETUP_BODY, mailbox: `${"m".repeat(24)}@acme.test` },
      headers: SETUP_HEADERS,
      status: 201,
    });
  });
});

describe("signing in", () => {
  test("sets a cookie that GET /api/me accepts, until signing out", async () => {
    await read(meSchema, null, "POST /api/setup", { body: SETUP_BODY, headers: SETUP_HEADERS, status: 201 });
    const cookie = await signIn(OWNER.email.toUpperCase(), OWNER.password);
    const me = await read(meSchema, { cookie }, "GET /api/me");
    expect(me.agent).toMatchObject({ name: OWNER.name, email: OWNER.email, role: "owner" });
    expect((await call({ cookie }, "POST /api/auth/sign-out", { body: {}, headers: JSON_FROM_US })).status).toBe(200);
    await refused({ cookie }, "GET /api/me", [401, "not_signed_in"]);
  });

  test("is needed: nobody, a made-up cookie and an unknown key are told the same 401", async () => {
    await freshDeployment();
    await refused(null, "GET /api/me", [401, "not_signed_in"]);
    await refused({ cookie: "__Secure-hilo.session_token=made.up" }, "GET /api/me", [401, "not_signed_in"]);
    await refused({ key: `hilo_${"x".repeat(43)}` }, "GET /api/me", [401, "not_signed_in"]);
    await refused({ key: "?" }, "GET /api/me", [401, "not_signed_in"]);
  });

  test("strangers cannot sign up, by any name of that door", async () => {
    await freshDeployment();
    for (const path of ["sign-up/email", "sign-up", "admin/create-user"]) {
      const answer = await call(null, `POST /api/auth/${path}`, {
        body: { name: "Eve", email: "eve@evil.test", password: "password-of-eve" },
        headers: JSON_FROM_US,
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM agents").first("n")).toBe(1);
  });

  test("an API key needs no Origin and acts as its agent, with at most its own role", async () => {
    await freshDeployment();
    const { agent, key } = await addAgent("admin");
    expect(await read(meSchema, { key }, "GET /api/me")).toEqual({ agent });
    expect((await call({ key }, "POST /api/saved-reply-categories", { body: { name: "Sales" } })).status).toBe(201);
    const readOnly = await addKey(agent.id, "viewer");
    expect((await read(meSchema, { key: readOnly }, "GET /api/me")).agent.role).toBe("viewer");
    await refused({ key: readOnly }, "POST /api/saved-reply-categories", [403, "not_allowed"], { body: { name: "No" } });
    // A key that was made for more than its agent may do now gives no more than that.
    await env.DB.prepare("UPDATE agents SET role = 'viewer' WHERE id = ?").bind(agent.id).run();
    expect((await read(meSchema, { key }, "GET /api/me")).agent.role).toBe("viewer");
  });
});

describe("GET /api/health", () => {
  test("names every part, and says which one is missing", async () => {
    await freshDeployment();
    const parts = ["configuration", "database", "storage", "inbox", "mail"];
    expect(await read(healthSchema, null, "GET /api/health")).toEqual({
      status: "ok",
      checks: Object.fromEntries(parts.map((part) => [part, { isOk: true }])),
    });
    const { APP_SECRET: _, ...rest } = env;
    const answer = await call(null, "GET /api/health", { bindings: { ...rest, APP_SECRET: "short" } });
    expect([answer.status, answer.body]).toMatchObject([503, { status: "degraded", checks: { configuration: { isOk: false } } }]);
    expect(JSON.stringify(answer.body)).not.toContain('"short"');
  });
});
