import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { agentSessionSchema, ownPageSchema } from "../../../worker/domain/account-shapes.ts";
import { pageOf } from "../../../worker/domain/api-shapes.ts";
import { handleCron } from "../../../worker/cron.ts";
import { JSON_FROM_US, addPerson, type Person } from "../support/accounts.ts";
import { addSession, cookiesOf, freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { WAIT, inboxSocket } from "../support/socket.ts";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0";

const DAY_MS = 24 * 60 * 60 * 1_000;

let ana: Person;

afterEach(() => {
  vi.useRealTimers();
});
beforeEach(async () => {
  await freshDeployment();
  ana = await addPerson();
});

async function signIn(userAgent: string, ip: string): Promise<string> {
  const headers = { ...JSON_FROM_US, "user-agent": userAgent, "cf-connecting-ip": ip };
  const body = { email: ana.email, password: ana.password };
  return cookiesOf(await call(null, "POST /api/auth/sign-in/email", { body, headers }));
}

const list = async (cookie: string) => (await read(pageOf(agentSessionSchema), { cookie }, "GET /api/me/sessions")).items;
const listening = async (cookie: string) => {
  const socket = await inboxSocket({ cookie });
  socket.send({ type: "hello" });
  await socket.next("welcome");
  return socket;
};

describe("[T22] one's own sessions", () => {
  test("are listed in words, the newest first, with the one that asks", async () => {
    const old = await signIn(FIREFOX, "198.51.100.7");
    const mine = await signIn("curl/8.0", "2001:db8::1");
    const [first, second, ...rest] = await list(mine);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ isCurrent: true, device: "Unknown device", browser: null, system: null });
    expect(second).toMatchObject({
      isCurrent: false,
      device: "Firefox on Windows",
      browser: "Firefox",
      system: "Windows",
      isPhone: false,
      ipAddress: "198.51.100.7",
    });
    expect((await list(old)).map(({ isCurrent }) => isCurrent)).toEqual([false, true]);
    expect(JSON.stringify([first, second])).not.toMatch(/token/i);
  });

  test("can be ended one by one, with their sockets at once, and only one's own", async () => {
    const [mine, other] = [await addSession(ana.agent.id), await addSession(ana.agent.id)];
    const [here, there] = [await listening(mine), await listening(other)];
    const target = (await list(mine)).find(({ isCurrent }) => !isCurrent)?.id ?? "";
    const ben = await addSession((await addPerson()).agent.id);
    await refused({ cookie: ben }, `DELETE /api/me/sessions/${target}`, [404, "not_found"]);
    expect((await call({ cookie: mine }, `DELETE /api/me/sessions/${target}`)).status).toBe(204);
    expect(await there.end()).toMatchObject({ code: 4001 });
    expect(here.closed).toBeNull();
    await refused({ cookie: other }, "GET /api/me", [401, "not_signed_in"]);
    await refused({ cookie: mine }, `DELETE /api/me/sessions/${newId()}`, [404, "not_found"]);
  });

  test("can all be ended but this one", async () => {
    const [mine, ...others] = [1, 2, 3].map(() => addSession(ana.agent.id));
    const cookie = (await mine) ?? "";
    const here = await listening(cookie);
    expect((await call({ cookie }, "DELETE /api/me/sessions")).status).toBe(204);
    for (const other of others) await refused({ cookie: await other }, "GET /api/me", [401, "not_signed_in"]);
    expect(here.closed).toBeNull();
    expect(await list(cookie)).toHaveLength(1);
  });

  test("are renewed by use, and their cookie with them; their last use is noted", async () => {
    const cookie = await addSession(ana.agent.id);
    expect((await call({ cookie }, "GET /api/me")).headers.getSetCookie()).toEqual([]);
    const later = Date.now() + 2 * DAY_MS;
    vi.useFakeTimers({ toFake: ["Date"], now: later });
    const [renewed] = (await call({ cookie }, "GET /api/me")).headers.getSetCookie();
    expect(renewed).toMatch(new RegExp(`^${RegExp.escape(cookie)}; Max-Age=2592000;.*HttpOnly`));
    await vi.waitFor(async () => expect((await list(cookie))[0]?.lastUsedAt).toBe(later), WAIT);
    vi.useFakeTimers({ toFake: ["Date"], now: later + 29 * DAY_MS });
    expect((await call({ cookie }, "GET /api/me")).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: later + 60 * DAY_MS });
    await refused({ cookie }, "GET /api/me", [401, "not_signed_in"]);
  });

  test("end their socket at once where one signs out, and no other's", async () => {
    const [mine, other] = [await addSession(ana.agent.id), await addSession(ana.agent.id)];
    const [leaves, stays] = [await listening(mine), await listening(other)];
    expect((await call({ cookie: mine }, "POST /api/auth/sign-out", { headers: JSON_FROM_US })).status).toBe(200);
    expect(await leaves.end()).toMatchObject({ code: 4001 });
    expect(stays.closed).toBeNull();
  });

  test("are neither listed nor ended by a key", async () => {
    for (const route of ["GET /api/me/sessions", "DELETE /api/me/sessions", `DELETE /api/me/sessions/${newId()}`])
      await refused({ key: ana.key }, route, [403, "not_allowed"]);
  });

  test("that have run out are forgotten, with tries of hours ago and links that are over", async () => {
    await addSession(ana.agent.id);
    await env.DB.batch([
      env.DB.prepare("UPDATE sessions SET expires_at = 1"),
      env.DB.prepare("INSERT INTO secret_tries VALUES ('x', 1, 50)"),
      env.DB.prepare("INSERT INTO account_links VALUES ('h', 'reset', ?, 1, 1)").bind(ana.agent.id),
      env.DB.prepare("INSERT INTO account_links VALUES ('i', 'invitation', ?, 1, 1)").bind(ana.agent.id),
    ]);
    await handleCron(env);
    for (const [table, left] of [
      ["sessions", 0],
      ["secret_tries", 0],
      ["account_links", 1],
    ])
      expect([table, await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table}`).first("n")]).toEqual([table, left]);
  });
});

describe("one's own page", () => {
  const patch = (cookie: string, body: unknown) => read(ownPageSchema, { cookie }, "PATCH /api/me", { body });

  test("has name, language and colours, each changed on its own", async () => {
    const cookie = await addSession(ana.agent.id);
    expect(await read(ownPageSchema, { cookie }, "GET /api/me")).toEqual({ agent: ana.agent, locale: null, theme: null });
    await Promise.all([patch(cookie, { locale: "es" }), patch(cookie, { theme: "dark" })]);
    expect(await patch(cookie, { name: " Ana\nRuiz " })).toEqual({
      agent: { ...ana.agent, name: "Ana Ruiz" },
      locale: "es",
      theme: "dark",
    });
    expect(await patch(cookie, { locale: null })).toMatchObject({ locale: null, theme: "dark" });
    expect(await read(ownPageSchema, { cookie }, "GET /api/me")).toMatchObject({ agent: { name: "Ana Ruiz" }, theme: "dark" });
  });

  test("refuses what is none", async () => {
    const cookie = await addSession(ana.agent.id);
    for (const body of [{ name: "" }, { locale: "fr" }, { theme: "pink" }])
      await refused({ cookie }, "PATCH /api/me", [422, "invalid"], { body });
    await call({ cookie }, "PATCH /api/me", { body: { role: "owner", email: "eve@acme.test" } });
    expect(await read(ownPageSchema, { cookie }, "GET /api/me")).toMatchObject({ agent: ana.agent });
  });
});
