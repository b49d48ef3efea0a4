import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { env } from "cloudflare:workers";
import { PERMISSIONS } from "../../../worker/auth/permissions.ts";
import { createAuth } from "../../../worker/auth/sessions.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { JSON_FROM_US, addPerson } from "../support/accounts.ts";
import { addSession, freshDeployment } from "../support/deployment.ts";
import { ORIGIN, SITE, call, fetchWorker, refused, statusesOf } from "../support/http.ts";

beforeEach(async () => {
  await freshDeployment();
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Endpoint {
  path?: string | undefined;
  options?: { method?: string | string[] | undefined } | undefined;
}

/** Method and path of everything that the library would serve. */
function libraryRoutes(): string[] {
  const auth = createAuth({ db: openDatabase(env.DB), secret: env.APP_SECRET ?? "", origin: ORIGIN, ownOrigins: [ORIGIN] });
  const endpoints: Endpoint[] = Object.values(auth.api);
  return endpoints.flatMap(({ path, options }) =>
    path === undefined ? [] : [options?.method ?? "GET"].flat().map((method) => `${method} /api/auth${path}`),
  );
}

describe("[T22] the sign-in library's routes", () => {
  test("are those that the table names; every other one is 404, signed in or not", async () => {
    const cookie = await addSession((await addPerson("owner")).agent.id);
    const unnamed = libraryRoutes().filter((route) => !(route in PERMISSIONS));
    expect(unnamed.length).toBeGreaterThan(20);
    for (const route of [
      ...unnamed,
      "GET /api/auth",
      "GET /api/auth/",
      "POST /api/auth/sign-in/email/",
      "POST /api/auth//sign-in/email",
    ])
      for (const caller of [null, { cookie }])
        await refused(caller, route.replace(/:\w+/, "x"), [404, "not_found"], route.startsWith("POST") ? { body: {} } : {});
  });

  test("are served by no other method, spelling or page of the library's own", async () => {
    for (const route of Object.keys(PERMISSIONS).filter((route) => route.includes("/api/auth/"))) {
      const [, path = ""] = route.split(" ");
      for (const method of ["GET", "PUT", "DELETE"]) await refused(null, `${method} ${path}`, [404, "not_found"]);
      await refused(null, `POST ${path.toUpperCase().replace("/API", "/api")}`, [404, "not_found"], { body: {} });
    }
    const page = await call(null, "GET /api/auth/error?error=%3Cscript%3E");
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(JSON.stringify(page.body)).not.toContain("script");
  });

  test("read no body beyond 4 kB, declared or not, and are refused before they look at it", async () => {
    const routes = Object.keys(PERMISSIONS).filter((route) => /auth\/(sign-in|re|ch)|sign-in\/|links|invitations/.test(route));
    const cookie = await addSession((await addPerson()).agent.id);
    expect(routes.length).toBe(7);
    for (const route of routes) {
      const body = JSON.stringify({ email: "x".repeat(5_000) });
      await refused({ cookie }, route, [413, "too_large"], { body });
      let sent = 0;
      const endless = new ReadableStream({
        pull: (controller) => {
          sent += 1_024;
          controller.enqueue(new Uint8Array(1_024).fill(32));
          if (sent > 1_000_000) controller.close();
        },
      });
      await refused({ cookie }, route, [413, "too_large"], { body: endless });
      expect(sent).toBeLessThan(100_000);
    }
  });

  test("that test a secret, or mail one, are limited by client, and so is setup", async () => {
    const routes = Object.keys(PERMISSIONS).filter((route) => /auth\/(sign-in|re)|sign-in\/|links|invitations/.test(route));
    expect(routes.length).toBe(6);
    const token = "x".repeat(43);
    const bodies = { email: "nobody@acme.test", password: "not the password", token, newPassword: "another long password" };
    for (const [n, route] of [...routes, "POST /api/setup"].entries()) {
      const headers = { ...JSON_FROM_US, "cf-connecting-ip": `198.51.100.${n}`, "x-setup-token": "not the token" };
      const tries = await Promise.all(Array.from({ length: 25 }, () => call(null, route, { body: bodies, headers })));
      expect([route, statusesOf(tries).at(-1)]).toEqual([route, 429]);
      const elsewhere = { ...headers, "cf-connecting-ip": `198.51.101.${n}` };
      expect((await call(null, route, { body: bodies, headers: elsewhere })).status).not.toBe(429);
    }
  });

  test("take no request of another site, whatever it says its body is", async () => {
    const ana = await addPerson();
    const bodies = { email: ana.email, password: ana.password, token: "x".repeat(43), newPassword: "a new password" };
    for (const route of ["sign-in/email", "request-password-reset", "reset-password", "sign-out"])
      for (const headers of [
        { origin: SITE, "content-type": "text/plain" },
        { origin: "null", "content-type": "application/json" },
        { "sec-fetch-site": "cross-site" },
      ])
        await refused(null, `POST /api/auth/${route}`, [403, "bad_origin"], { body: bodies, headers });
  });

  test("[T18] leave no line in the log with what strangers chose", async () => {
    const lines: string[] = [];
    for (const method of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(" ")));
    const ana = await addPerson();
    const mark = "STRANGER-CHOSE-THIS";
    const body = {
      email: `${mark}@evil.test`,
      password: mark,
      callbackURL: `https://${mark}.test`,
      redirectTo: `https://${mark}.test`,
    };
    for (const headers of [JSON_FROM_US, { ...JSON_FROM_US, origin: `https://${mark}.test` }, { cookie: `hilo=${mark}` }])
      for (const route of ["sign-in/email", "request-password-reset", "reset-password", "sign-out", "sign-in/social", mark])
        await fetchWorker(null, `POST /api/auth/${route}`, { body: { ...body, provider: mark, token: mark }, headers });
    await call(null, "POST /api/auth/sign-in/email", { body: { email: ana.email, password: mark }, headers: JSON_FROM_US });
    await call({ cookie: `__Secure-hilo.session_token=${mark}.${mark}` }, "GET /api/me");
    await call(null, "POST /api/auth/sign-out", { headers: { cookie: `__Secure-hilo.session_token=${mark}.${mark}` } });
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.includes(mark) || line.includes(ana.email))).toEqual([]);
  });
});
