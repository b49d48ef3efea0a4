import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { invitationSchema, invitedAgentSchema, linkSchema, listedAgentSchema } from "../../../worker/domain/account-shapes.ts";
import { meSchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { JSON_FROM_US, addPerson, mailsTo, nthMailTo, tokenIn, trySignIn } from "../support/accounts.ts";
import { MAILBOX, addAgent, addSession, cookiesOf, freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused, statusesOf } from "../support/http.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";

/** Another address in each test: a mail of the one before may still be on its way. */
let ines = { name: "Ines", email: "" };
const PASSWORD = "a password for Ines";
const DAY_MS = 24 * 60 * 60 * 1_000;

let outbound: Outbound;
/** The owner's browser. */
let cookie: string;
let ownerName: string;

let tests = 0;

beforeEach(async () => {
  tests += 1;
  ines = { name: "Ines", email: `ines${tests}@acme.test` };
  const { owner } = await freshDeployment();
  outbound = takeMail();
  cookie = await addSession(owner.agent.id);
  ownerName = owner.agent.name;
});
afterEach(() => {
  vi.useRealTimers();
});

const invite = (body: Record<string, unknown> = { ...ines }, by = cookie) =>
  read(invitedAgentSchema, { cookie: by }, "POST /api/agents", { body, status: 201 });
const inviteAgain = (id: string) => read(invitationSchema, { cookie }, `POST /api/agents/${id}/invitation`, { status: 201 });
const accept = (token: string, body: Record<string, unknown> = {}) =>
  call(null, "POST /api/invitations/accept", { body: { token, password: PASSWORD, ...body }, headers: JSON_FROM_US });
const listed = async (id: string) =>
  (await read(pageOf(listedAgentSchema), { cookie }, "GET /api/agents")).items.find((agent) => agent.id === id);
const tokenOf = (url: string | undefined) => url?.split("#token=")[1] ?? "";

describe("[T22] an invitation", () => {
  test("is answered to who invites and mailed to who is invited: a link whose token is in the fragment", async () => {
    const before = Date.now();
    const made = await invite({ ...ines, role: "viewer" });
    expect(made).toEqual({ id: made.id, ...ines, role: "viewer", invitation: made.invitation });
    expect(made.invitation?.isMailed).toBe(true);
    expect(Math.abs((made.invitation?.expiresAt ?? 0) - before - 7 * DAY_MS)).toBeLessThan(60_000);
    const mail = await nthMailTo(outbound, ines.email, 1);
    expect(mail).toMatchObject({ from: { email: MAILBOX }, to: [ines], subject: "Your invitation to Acme" });
    expect(mail.text).toContain(ownerName);
    expect(mail.text).toContain(made.invitation?.url);
    expect(made.invitation?.url).toBe(`https://hilo.test/invitation#token=${tokenIn(mail)}`);
    expect(await listed(made.id)).toEqual({
      ...ines,
      id: made.id,
      role: "viewer",
      invitation: { expiresAt: made.invitation?.expiresAt },
    });
    // Only its hash is stored.
    const rows = JSON.stringify((await env.DB.prepare("SELECT * FROM account_links").all()).results);
    expect(rows).not.toContain(tokenIn(mail));
  });

  test("is accepted once: sets the password, signs in, and lets choose the name", async () => {
    const { id, invitation } = await invite();
    const token = tokenOf(invitation?.url);
    for (let n = 0; n < 2; n += 1)
      expect(await read(linkSchema, null, "POST /api/account-links/check", { body: { token } })).toEqual({
        purpose: "invitation",
        ...ines,
        company: "Acme",
        expiresAt: invitation?.expiresAt,
      });
    const answer = await accept(token, { name: "Inés" });
    const agent = { id, name: "Inés", email: ines.email, role: "agent" };
    expect([answer.status, answer.body]).toEqual([201, { agent }]);
    expect(await read(meSchema, { cookie: cookiesOf(answer) }, "GET /api/me")).toEqual({ agent });
    expect(await listed(id)).toEqual(agent);
    expect((await accept(token)).body).toMatchObject({ status: 404, code: "bad_link" });
    await refused(null, "POST /api/account-links/check", [404, "bad_link"], { body: { token } });
    expect((await trySignIn({ email: ines.email, password: PASSWORD })).status).toBe(200);
  });

  test("is accepted by one of two at the same instant", async () => {
    const token = tokenOf((await invite()).invitation?.url);
    expect(statusesOf(await Promise.all([accept(token), accept(token, { password: "yet another password" })]))).toEqual([
      201, 404,
    ]);
    expect(
      await env.DB.prepare("SELECT COUNT(*) AS n FROM accounts WHERE account_id IN (SELECT id FROM agents WHERE email = ?)")
        .bind(ines.email)
        .first("n"),
    ).toBe(1);
  });

  test("keeps its link where the password is refused", async () => {
    const token = tokenOf((await invite()).invitation?.url);
    for (const [password, code] of [
      ["short", "invalid"],
      ["qwertyuiop", "common_password"],
      [ines.email, "personal_password"],
      ["InesInesInes", "common_password"],
    ])
      expect((await accept(token, { password })).body).toMatchObject({ status: 422, code });
    expect((await accept(token)).status).toBe(201);
  });

  test("works for seven days; unknown, used, old and revoked ones are answered alike", async () => {
    const token = tokenOf((await invite()).invitation?.url);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 7 * DAY_MS + 1_000 });
    const old = await accept(token);
    vi.useRealTimers();
    const { id, invitation } = await invite({ name: "Ben", email: "ben@acme.test" });
    expect((await call({ cookie }, `DELETE /api/agents/${id}/invitation`)).status).toBe(204);
    expect(await listed(id)).toMatchObject({ invitation: { expiresAt: null } });
    const answers = [old, await accept(tokenOf(invitation?.url)), await accept("x".repeat(43))];
    const said = answers.map(({ status, body }) => [status, JSON.stringify(body).replace(/"id":"[^"]*"/, "")].join());
    expect(new Set(said).size).toBe(1);
    expect(old.status).toBe(404);
    expect((await accept(token)).status).toBe(201);
  });

  test("is replaced by a new one, which ends the one before, until somebody has joined", async () => {
    const { id, invitation } = await invite();
    const again = await inviteAgain(id);
    expect(again.url).not.toBe(invitation?.url);
    expect((await nthMailTo(outbound, ines.email, 2)).text).toContain(again.url);
    expect((await accept(tokenOf(invitation?.url))).status).toBe(404);
    expect((await accept(tokenOf(again.url))).status).toBe(201);
    await refused({ cookie }, `POST /api/agents/${id}/invitation`, [409, "already_joined"]);
    await refused({ cookie }, `DELETE /api/agents/${id}/invitation`, [409, "already_joined"]);
    await refused({ cookie }, `POST /api/agents/${newId()}/invitation`, [404, "not_found"]);
    await refused({ cookie }, "POST /api/agents", [409, "taken"], { body: ines });
  });

  test("gives no role above one's own, and an admin neither renews nor revokes an owner's", async () => {
    const admin = await addAgent("admin");
    const theirs = await addSession(admin.agent.id);
    await refused({ cookie: theirs }, "POST /api/agents", [403, "not_allowed"], { body: { ...ines, role: "owner" } });
    const { id } = await invite({ ...ines, role: "owner" });
    await refused({ cookie: theirs }, `POST /api/agents/${id}/invitation`, [403, "not_allowed"]);
    await refused({ cookie: theirs }, `DELETE /api/agents/${id}/invitation`, [403, "not_allowed"]);
    await refused({ cookie: theirs }, `DELETE /api/agents/${id}`, [403, "not_allowed"]);
    expect((await invite({ name: "Ada", email: "ada@acme.test", role: "admin" }, theirs)).role).toBe("admin");
  });

  test("without a public address is answered with the one that was called, and not mailed", async () => {
    const body = { cookie };
    const answer = await call(body, "POST https://inbox.acme.test/api/agents", {
      body: ines,
      headers: { origin: "https://inbox.acme.test" },
      bindings: { PUBLIC_URL: "" },
    });
    expect(answer).toMatchObject({ status: 201, body: { invitation: { isMailed: false } } });
    expect(JSON.stringify(answer.body)).toContain("https://inbox.acme.test/invitation#token=");
    expect(mailsTo(outbound, ines.email)).toEqual([]);
  });

  test("with one is made of it alone, whatever host was called", async () => {
    const answer = await call({ cookie }, "POST https://evil.example/api/agents", {
      body: ines,
      headers: { origin: "https://evil.example" },
    });
    const mail = await nthMailTo(outbound, ines.email, 1);
    for (const text of [JSON.stringify(answer.body), JSON.stringify(mail)]) expect(text).not.toContain("evil");
  });

  test("comes in the language of the settings", async () => {
    await call({ cookie }, "PATCH /api/settings", { body: { mail: { locale: "es" } } });
    await invite();
    expect((await nthMailTo(outbound, ines.email, 1)).subject).toBe("Tu invitación a Acme");
  });

  test("is for one address at a time: two at the same instant, one 201, one 409", async () => {
    const both = await Promise.all(
      [ines, { ...ines, name: "Eve" }].map((body) => call({ cookie }, "POST /api/agents", { body })),
    );
    expect(statusesOf(both)).toEqual([201, 409]);
  });

  test("asks for a password that was given within ten minutes", async () => {
    const owner = await addPerson("owner");
    const stale = await addSession(owner.agent.id, null);
    await refused({ cookie: stale }, "POST /api/agents", [403, "password_needed"], { body: ines });
    expect((await call({ cookie: stale }, "POST /api/me/confirm-password", { body: { password: owner.password } })).status).toBe(
      204,
    );
    await invite(ines, stale);
  });
});
