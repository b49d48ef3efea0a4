import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { clientKey } from "../../../worker/api/context.ts";
import { meSchema } from "../../../worker/domain/api-shapes.ts";
import { PASSWORD_FRESH_MS } from "../../../worker/auth/permissions.ts";
import { ADDRESS_TRIES_MAX, DEVICE_TRIES_MAX, SESSION_TRIES_MAX } from "../../../worker/auth/tries.ts";
import {
  PASSWORD,
  addPerson,
  attack,
  guess,
  mailsTo,
  nthMailTo,
  tokenIn,
  trySignIn,
  JSON_FROM_US,
  type Person,
} from "../support/accounts.ts";
import { MAILBOX, addSession, cookiesOf, freshDeployment } from "../support/deployment.ts";
import { call, read, refused, statusesOf, type Answer } from "../support/http.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";

let ana: Person;
let outbound: Outbound;

beforeEach(async () => {
  await freshDeployment();
  outbound = takeMail();
  ana = await addPerson();
});

/** Without the id, which is another one for every failure. */
const said = ({ status, body }: Answer) => [status, JSON.stringify(body).replace(/"id":"[^"]*"/, "")];
const confirm = (token: string) => call(null, "POST /api/sign-in/confirm", { body: { token }, headers: JSON_FROM_US });
const right = (cookie?: string) => trySignIn({ ...ana, ...(cookie === undefined ? {} : { cookie }) });

/** The device's cookie alone: the session has ended. */
const deviceOf = (cookies: string) => cookies.split("; ").find((cookie) => cookie.includes("hilo.device")) ?? "";

describe("[T9] signing in", () => {
  test("answers a wrong password, an unknown address and one that is none alike", async () => {
    const answers = [
      await trySignIn({ email: ana.email, password: "not the password" }),
      await trySignIn({ email: "nobody@acme.test", password: "not the password" }),
      await trySignIn({ email: "no address", password: "not the password" }),
      await trySignIn({ email: "", password: "" }),
    ];
    expect(new Set(answers.map((answer) => said(answer).join()))).toEqual(new Set([said(answers[0] ?? right0).join()]));
    expect(answers[0]).toMatchObject({ status: 401, body: { code: "wrong_sign_in" } });
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([]);
  });

  test("goes on answering alike when the tries are used up", async () => {
    await attack(ana.email);
    await attack("nobody@acme.test");
    const [known, unknown] = [await guess(1, ana), await guess(1, { email: "nobody@acme.test" })];
    expect(known.map(said)).toEqual(unknown.map(said));
    expect([said(known[0] ?? right0), said(await right())]).toEqual([said(unknown[0] ?? right0), said(known[0] ?? right0)]);
  });

  test("sets a session and a cookie of the browser: HttpOnly, Secure, SameSite=Lax, for this host alone", async () => {
    const cookies = (await right()).headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies)
      for (const flag of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) expect(cookie).toContain(flag);
    expect(cookies.some((cookie) => cookie.startsWith("__Host-hilo.device."))).toBe(true);
    for (const secret of [ana.agent.id, ana.email, PASSWORD]) expect(cookies.join()).not.toContain(secret);
  });

  test("is limited by client, an IPv6 network being one client", async () => {
    const from = async (address: (n: number) => string) =>
      statusesOf(
        await Promise.all(
          Array.from({ length: 25 }, (_, n) => trySignIn({ email: `p${n}@acme.test`, password: "x", ip: address(n) })),
        ),
      );
    expect((await from((n) => `2001:db8:ffff:1::${n.toString(16)}`)).at(-1)).toBe(429);
    expect((await from((n) => `2001:db8:ffff:${(n + 16).toString(16)}::1`)).at(-1)).toBe(401);
  });

  test("names a client by what the platform says, never by what another header claims", () => {
    const of = (headers: Record<string, string>) => clientKey(new Request("https://hilo.test/", { headers }));
    expect(of({ "cf-connecting-ip": "2001:db8:1:2::9", "x-forwarded-for": "192.0.2.9" })).toBe("2001:db8:1:2::/64");
    expect(of({ "x-forwarded-for": "192.0.2.9", forwarded: "for=192.0.2.9" })).toBe("local");
  });

  test("counts an address however it is spelled", async () => {
    await attack(` ${ana.email.toUpperCase()} `, ADDRESS_TRIES_MAX - 1);
    expect((await guess(2, ana)).map(({ status }) => status)).toEqual([401, 403]);
    const body = `{"email":"x@acme.test","email":"${ana.email.replace("@", "\\u0040")}","password":"not the password"}`;
    await refused(null, "POST /api/auth/sign-in/email", [403, "confirm_by_mail"], { body, headers: JSON_FROM_US });
  });
});

test("[T22] the numbers are the rule's", () => {
  const numbers = { ADDRESS_TRIES_MAX, DEVICE_TRIES_MAX, SESSION_TRIES_MAX, PASSWORD_FRESH_MS };
  expect(numbers).toEqual({
    ADDRESS_TRIES_MAX: 50,
    DEVICE_TRIES_MAX: 10,
    SESSION_TRIES_MAX: 10,
    PASSWORD_FRESH_MS: 10 * 60_000,
  });
});

const right0: Answer = { status: 0, headers: new Headers(), body: null };

describe("[T22] wrong passwords of others", () => {
  test("do not keep out a browser that has signed in before", async () => {
    const device = deviceOf(cookiesOf(await right()));
    await attack(ana.email);
    await guess(3, ana);
    expect((await right(device)).status).toBe(200);
    expect((await right()).body).toMatchObject({ code: "confirm_by_mail" });
  });

  test("do not let a browser guess for ever that has signed in before", async () => {
    const device = deviceOf(cookiesOf(await right()));
    const own = { email: ana.email, cookie: device };
    await attack(ana.email, ADDRESS_TRIES_MAX - 1);
    // Its own ten, then the last one of everybody's.
    const statuses = (await guess(DEVICE_TRIES_MAX + 2, own)).map(({ status }) => status);
    expect(statuses).toEqual([...Array.from({ length: DEVICE_TRIES_MAX + 1 }, () => 401), 403]);
  });

  test("at the same instant cannot share a try", async () => {
    await attack(ana.email, ADDRESS_TRIES_MAX - 3);
    const statuses = await Promise.all(Array.from({ length: 8 }, () => trySignIn({ ...ana, password: "not the password" })));
    expect(statusesOf(statuses).filter((status) => status === 401)).toHaveLength(3);
  });

  test("are counted apart from right ones", async () => {
    await attack(ana.email, ADDRESS_TRIES_MAX - 1);
    for (let n = 0; n < 5; n += 1) expect((await right()).status).toBe(200);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM secret_tries WHERE key LIKE '%acme%'").first("n")).toBe(0);
  });

  test("of one agent say nothing of another's browser: a cookie is its agent's alone, and nobody can make one", async () => {
    const ben = await addPerson();
    const device = deviceOf(cookiesOf(await trySignIn(ben)));
    const [name = "", value = ""] = deviceOf(cookiesOf(await right())).split("=");
    await attack(ana.email);
    for (const cookie of [device, `${name}=${device.split("=")[1]}`, `${name}=${value}x`, `${name}=x.${value.split(".")[1]}`])
      expect((await right(cookie)).body).toMatchObject({ code: "confirm_by_mail" });
    expect((await right(`${name}=${value}`)).status).toBe(200);
  });
});

describe("[T22] a new browser while the address is under attack", () => {
  beforeEach(async () => {
    await attack(ana.email);
  });

  test("gets in with the right password and the link that is mailed then, and is known from then on", async () => {
    expect((await right()).body).toMatchObject({ status: 403, code: "confirm_by_mail" });
    const mail = await nthMailTo(outbound, ana.email, 1);
    expect(mail).toMatchObject({
      from: { email: MAILBOX },
      to: [{ email: ana.email }],
      subject: "Is it you who is signing in to Acme?",
    });
    expect(mail.text).toContain("https://hilo.test/confirm-sign-in#token=");
    const answer = await confirm(tokenIn(mail));
    expect(answer).toMatchObject({ status: 200, body: { agent: ana.agent } });
    expect((await read(meSchema, { cookie: cookiesOf(answer) }, "GET /api/me")).agent).toEqual(ana.agent);
    expect((await right(deviceOf(cookiesOf(answer)))).status).toBe(200);
    await refused(null, "POST /api/sign-in/confirm", [404, "bad_link"], { body: { token: tokenIn(mail) } });
  });

  test("gets no mail for a wrong password, and one for several right ones", async () => {
    await guess(3, ana);
    for (let n = 0; n < 3; n += 1) await right();
    await nthMailTo(outbound, ana.email, 1);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM account_links").first("n")).toBe(1);
    expect(mailsTo(outbound, ana.email)).toHaveLength(1);
  });

  test("is told to use another way where no mail can be sent", async () => {
    for (const bindings of [{ PUBLIC_URL: "" }]) {
      const body = { email: ana.email, password: PASSWORD };
      const problem = await refused(null, "POST /api/auth/sign-in/email", [429, "too_many_wrong_passwords"], { body, bindings });
      expect(problem.detail).toContain("owner:reset");
    }
    expect(mailsTo(outbound, ana.email)).toEqual([]);
  });
});

describe("[T22] one's own password, tried by a session", () => {
  const CHANGE = { newPassword: "another long password" };
  const change = (cookie: string, currentPassword: string) =>
    call({ cookie }, "POST /api/auth/change-password", { body: { ...CHANGE, currentPassword } });
  const prove = (cookie: string, password: string) => call({ cookie }, "POST /api/me/confirm-password", { body: { password } });

  test("is limited, by whichever route it is tried, and a right one costs nothing", async () => {
    const cookie = await addSession(ana.agent.id);
    for (let n = 0; n < SESSION_TRIES_MAX + 2; n += 1) expect((await prove(cookie, PASSWORD)).status).toBe(204);
    const wrong: number[] = [];
    for (let n = 0; n < SESSION_TRIES_MAX / 2; n += 1) {
      wrong.push((await change(cookie, `wrong ${n}`)).status);
      wrong.push((await prove(cookie, `wrong ${n}`)).status);
    }
    expect(new Set(wrong)).toEqual(new Set([403]));
    expect((await change(cookie, "wrong")).body).toMatchObject({ status: 429, code: "too_many_wrong_passwords" });
    expect((await prove(cookie, PASSWORD)).status).toBe(429);
    // Neither another session nor signing in is any the worse for it.
    expect((await prove(await addSession(ana.agent.id), PASSWORD)).status).toBe(204);
    expect((await right()).status).toBe(200);
  });

  test("stamps the session that gave it, for ten minutes, and no other", async () => {
    const owner = await addPerson("owner");
    const [stale, other] = [await addSession(owner.agent.id, null), await addSession(owner.agent.id, null)];
    const body = { name: "x", role: "viewer" };
    await refused({ cookie: stale }, "POST /api/api-keys", [403, "password_needed"], { body });
    await refused({ cookie: stale }, "POST /api/me/confirm-password", [403, "wrong_password"], { body: { password: "wrong" } });
    await refused({ cookie: stale }, "POST /api/api-keys", [403, "password_needed"], { body });
    expect((await prove(stale, PASSWORD)).status).toBe(204);
    expect((await call({ cookie: stale }, "POST /api/api-keys", { body })).status).toBe(201);
    await refused({ cookie: other }, "POST /api/api-keys", [403, "password_needed"], { body });
  });

  test("was given by whoever has just signed in with it", async () => {
    const owner = await addPerson("owner");
    const cookie = cookiesOf(await trySignIn(owner));
    expect((await call({ cookie }, "POST /api/api-keys", { body: { name: "x", role: "viewer" } })).status).toBe(201);
  });
});
