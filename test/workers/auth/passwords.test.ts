import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { conversationStub } from "../../../worker/objects.ts";
import {
  PASSWORD,
  JSON_FROM_US,
  addPerson,
  attack,
  mailsTo,
  nthMailTo,
  tokenIn,
  trySignIn,
  type Person,
} from "../support/accounts.ts";
import { lookAgain } from "../support/conversation.ts";
import { MAILBOX, addSession, cookiesOf, freshDeployment, givePassword } from "../support/deployment.ts";
import { call, refused, statusesOf } from "../support/http.ts";
import { failure, takeMail, type Outbound } from "../support/outbound.ts";
import { agentSocket, inboxSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

const NEW_PASSWORD = "another long password";
const HOUR_MS = 60 * 60 * 1_000;

let ana: Person;
let outbound: Outbound;

beforeEach(async () => {
  await freshDeployment();
  outbound = takeMail();
  ana = await addPerson();
});
afterEach(() => {
  vi.useRealTimers();
});

const change = (cookie: string, currentPassword = PASSWORD, newPassword = NEW_PASSWORD) =>
  call({ cookie }, "POST /api/auth/change-password", { body: { currentPassword, newPassword } });
const ask = (email: string, bindings = {}) =>
  call(null, "POST /api/auth/request-password-reset", {
    body: { email, redirectTo: "https://evil.test" },
    headers: JSON_FROM_US,
    bindings,
  });
const reset = (token: string, newPassword = NEW_PASSWORD) =>
  call(null, "POST /api/auth/reset-password", { body: { token, newPassword }, headers: JSON_FROM_US });
const statusOf = async (cookie: string) => (await call({ cookie }, "GET /api/me")).status;
const later = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

async function openSockets(cookie: string) {
  const { conversationId: id } = await beginChat();
  const [conversation, list] = [await agentSocket({ cookie }, id), await inboxSocket({ cookie })];
  conversation.send({ type: "hello", lastSeq: 0 });
  list.send({ type: "hello" });
  await Promise.all([conversation.next("welcome"), list.next("welcome")]);
  return { conversation, list, look: () => lookAgain(conversationStub(env, id)) };
}

describe("[T22] a new password", () => {
  test("ends every other session and its sockets, and leaves this one under a new cookie", async () => {
    const [mine, other] = [await addSession(ana.agent.id), await addSession(ana.agent.id)];
    const [here, there] = [await openSockets(mine), await openSockets(other)];
    const answer = await change(mine);
    expect([answer.status, answer.body]).toEqual([200, { status: true }]);
    expect(await there.list.end()).toMatchObject({ code: 4001 });
    await there.look();
    expect(await there.conversation.end()).toMatchObject({ code: 4001 });
    await here.look();
    expect([here.list.closed, here.conversation.closed]).toEqual([null, null]);
    // A copy of the old cookie is one of the others.
    expect([await statusOf(other), await statusOf(mine), await statusOf(cookiesOf(answer))]).toEqual([401, 401, 200]);
    expect((await trySignIn({ ...ana, password: PASSWORD })).status).toBe(401);
    expect((await trySignIn({ ...ana, password: NEW_PASSWORD })).status).toBe(200);
  });

  test("ends the links that were mailed for the one before: whoever reads that mail cannot undo it", async () => {
    await ask(ana.email);
    const token = tokenIn(await nthMailTo(outbound, ana.email, 1));
    expect((await change(await addSession(ana.agent.id))).status).toBe(200);
    expect((await reset(token, "yet another password")).body).toMatchObject({ status: 400, code: "invalid_token" });
    expect((await trySignIn({ ...ana, password: NEW_PASSWORD })).status).toBe(200);
  });

  test("ends the trust in every browser but this one", async () => {
    const [here, there] = [cookiesOf(await trySignIn(ana)), cookiesOf(await trySignIn(ana))];
    const after = cookiesOf(await change(here));
    await attack(ana.email);
    const attempt = { email: ana.email, password: NEW_PASSWORD };
    expect((await trySignIn({ ...attempt, cookie: there })).body).toMatchObject({ code: "confirm_by_mail" });
    expect((await trySignIn({ ...attempt, cookie: here })).body).toMatchObject({ code: "confirm_by_mail" });
    expect((await trySignIn({ ...attempt, cookie: after })).status).toBe(200);
    await nthMailTo(outbound, ana.email, 1);
  });

  test("needs the present one, and changes nothing without it", async () => {
    const [mine, other] = [await addSession(ana.agent.id), await addSession(ana.agent.id)];
    expect((await change(mine, "not the password")).body).toMatchObject({ status: 403, code: "wrong_password" });
    expect([await statusOf(mine), await statusOf(other)]).toEqual([200, 200]);
    await refused({ key: ana.key }, "POST /api/auth/change-password", [403, "not_allowed"], {
      body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
    });
  });

  test.each([
    ["too short", "nine char", "invalid"],
    ["too long", "x".repeat(129), "invalid"],
    ["one of the commonest", "QwertyUiop", "common_password"],
    ["one of the commonest", "password123", "common_password"],
    ["the company and little else", "acme-acme-2026", "personal_password"],
    ["the agent's own address", "", "personal_password"],
  ])("is refused where it is %s: %j", async (_why, password, code) => {
    const cookie = await addSession(ana.agent.id);
    const wanted = password === "" ? ana.email : password;
    expect((await change(cookie, PASSWORD, wanted)).body).toMatchObject({ status: 422, code });
    expect((await trySignIn(ana)).status).toBe(200);
  });

  test("may be longer than an old one, which still signs in", async () => {
    await givePassword(ana.agent.id, "old");
    const cookie = cookiesOf(await trySignIn({ ...ana, password: "old" }));
    expect((await change(cookie, "old")).status).toBe(200);
  });
});

describe("[T22] a forgotten password", () => {
  test("is replaced by a link that is mailed, works once and ends every session", async () => {
    const session = await addSession(ana.agent.id);
    const { list } = await openSockets(session);
    expect(await ask(ana.email.toUpperCase())).toMatchObject({ status: 200, body: { status: true } });
    const mail = await nthMailTo(outbound, ana.email, 1);
    expect(mail).toMatchObject({ from: { email: MAILBOX }, to: [{ email: ana.email }], subject: "A new password for Acme" });
    expect(mail.replyTo).toBeUndefined();
    expect(mail.text).toContain("https://hilo.test/reset-password#token=");
    expect(mail.html).toContain(`href="https://hilo.test/reset-password#token=${tokenIn(mail)}"`);
    // Looking at it uses nothing up.
    for (let n = 0; n < 2; n += 1)
      expect((await call(null, "POST /api/account-links/check", { body: { token: tokenIn(mail) } })).body).toMatchObject({
        purpose: "reset",
        email: ana.email,
        name: ana.agent.name,
        company: "Acme",
      });
    const answer = await reset(tokenIn(mail));
    expect([answer.status, answer.body]).toEqual([200, { status: true }]);
    expect(await list.end()).toMatchObject({ code: 4001 });
    expect(await statusOf(session)).toBe(401);
    expect((await trySignIn({ ...ana, password: PASSWORD })).status).toBe(401);
    expect((await reset(tokenIn(mail), "yet another password")).body).toMatchObject({ status: 400, code: "invalid_token" });
    await refused(null, "POST /api/account-links/check", [404, "bad_link"], { body: { token: tokenIn(mail) } });
    // This browser is known from now on, whatever others try.
    await attack(ana.email);
    expect((await trySignIn({ ...ana, password: NEW_PASSWORD, cookie: cookiesOf(answer) })).status).toBe(200);
  });

  test("[T9] asks for are answered alike for an agent, a stranger, who was removed and who was only invited", async () => {
    const gone = await addPerson();
    const owner = await addPerson("owner");
    const cookie = await addSession(owner.agent.id);
    expect((await call({ cookie }, `DELETE /api/agents/${gone.agent.id}`)).status).toBe(204);
    const invited = { name: "Ines", email: "ines@acme.test" };
    expect((await call({ cookie }, "POST /api/agents", { body: invited })).status).toBe(201);
    await nthMailTo(outbound, invited.email, 1);
    const answers = [];
    for (const email of ["nobody@acme.test", "no address", gone.email, invited.email, ana.email]) answers.push(await ask(email));
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body])))).toEqual(
      new Set([JSON.stringify([200, { status: true }])]),
    );
    await nthMailTo(outbound, ana.email, 1);
    expect([gone.email, invited.email, "nobody@acme.test"].map((email) => mailsTo(outbound, email).length)).toEqual([0, 1, 0]);
  });

  test("links work for an hour, and the newest alone; two at the same instant cannot share one", async () => {
    await ask(ana.email);
    const first = tokenIn(await nthMailTo(outbound, ana.email, 1));
    await ask(ana.email);
    const second = tokenIn(await nthMailTo(outbound, ana.email, 2));
    expect((await reset(first)).status).toBe(400);
    later(HOUR_MS + 1_000);
    expect((await reset(second)).status).toBe(400);
    vi.useRealTimers();
    expect(statusesOf(await Promise.all([reset(second), reset(second, "yet another password")]))).toEqual([200, 400]);
  });

  test("keeps its link where the new one is refused", async () => {
    await ask(ana.email);
    const token = tokenIn(await nthMailTo(outbound, ana.email, 1));
    expect((await reset(token, "short")).body).toMatchObject({ code: "invalid" });
    expect((await reset(token, "1234567890")).body).toMatchObject({ code: "common_password" });
    expect((await reset(token)).status).toBe(200);
  });

  test("fills nobody's mailbox", async () => {
    for (let n = 0; n < 8; n += 1) await ask(ana.email);
    await nthMailTo(outbound, ana.email, 5);
    expect(await env.DB.prepare("SELECT tries FROM secret_tries").first("tries")).toBe(5);
    expect(mailsTo(outbound, ana.email)).toHaveLength(5);
  });

  test("comes in the language of the browser that asked, where they have chosen none, and else in theirs", async () => {
    const askIn = (language: string) =>
      call(null, "POST /api/auth/request-password-reset", {
        body: { email: ana.email },
        headers: { ...JSON_FROM_US, "accept-language": language },
      });
    await askIn("es-ES,es;q=0.9");
    expect((await nthMailTo(outbound, ana.email, 1)).subject).toBe("Una contraseña nueva para Acme");
    await call({ cookie: await addSession(ana.agent.id) }, "PATCH /api/me", { body: { locale: "en" } });
    await askIn("es-ES,es;q=0.9");
    expect((await nthMailTo(outbound, ana.email, 2)).subject).toBe("A new password for Acme");
  });

  test("comes in the agent's language, from the public address and never from the request's host", async () => {
    const cookie = await addSession(ana.agent.id);
    await call({ cookie }, "PATCH /api/me", { body: { locale: "es" } });
    await call(null, "POST https://evil.example/api/auth/request-password-reset", { body: { email: ana.email } });
    const mail = await nthMailTo(outbound, ana.email, 1);
    expect(mail.subject).toBe("Una contraseña nueva para Acme");
    expect(mail.text).toContain("https://hilo.test/reset-password#token=");
    expect(JSON.stringify(mail)).not.toContain("evil");
  });

  test("is told where no mail can be sent, and a mail that fails is in the log by ids alone", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: unknown) => void lines.push(String(line)));
    await refused(null, "POST /api/auth/request-password-reset", [503, "no_mail"], {
      body: { email: ana.email },
      bindings: { PUBLIC_URL: "" },
    });
    takeMail(async () => Promise.reject(failure("E_DELIVERY_FAILED")));
    await ask(ana.email);
    await vi.waitFor(() => expect(lines.some((line) => line.includes(ana.agent.id))).toBe(true));
    expect(lines.filter((line) => line.includes(ana.email) || line.includes("token="))).toEqual([]);
    vi.restoreAllMocks();
  });

  test("a link of one kind does not do what another is for", async () => {
    await ask(ana.email);
    const token = tokenIn(await nthMailTo(outbound, ana.email, 1));
    await refused(null, "POST /api/sign-in/confirm", [404, "bad_link"], { body: { token } });
    expect((await reset(token)).status).toBe(200);
  });
});
