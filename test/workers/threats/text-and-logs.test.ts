import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { contactSchema, conversationPageSchema, savedReplySchema } from "../../../worker/domain/api-shapes.ts";
import worker from "../../../worker/index.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { databaseAway, storeAway } from "../support/faults.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { MAIL_SECRET, ledger, post, rawMail, receive, settled } from "../support/inbound.ts";
import { failure, takeMail } from "../support/outbound.ts";
import { visitorSocket } from "../support/socket.ts";
import { deliveredAs, openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const BREAK = "\r\nBcc: everyone@evil.test\r\n\0";
// oxlint-disable-next-line no-control-regex -- these are what must not get through
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f]/;

describe("[T15] CR, LF and NUL", () => {
  test("never reach a header of a mail: subjects, names, addresses and ids are one line", async () => {
    const outbound = takeMail();
    const { conversationId: id } = await beginChat({
      contact: { email: "vera@example.test", name: `Vera${BREAK}` },
      text: `hi${BREAK}`,
    });
    await call({ key }, "PATCH /api/settings", { body: { company: `Acme${BREAK}`, mail: { signature: `Bye${BREAK}` } } });
    const { seq } = await reply(key, id, { text: `Text${BREAK}`, subject: `Subject${BREAK}` });
    await deliveredAs(key, id, { seq, state: "sent" });
    const mail = await outbound.nth(1);
    const lines = [
      mail.subject,
      mail.replyTo ?? "",
      ...Object.entries(mail.headers).flat(),
      JSON.stringify([mail.from, mail.to]),
    ];
    for (const line of lines) expect(line).not.toMatch(/[\r\n\0]|\\r|\\n|\\u0000/);
    expect(mail.subject).toBe("Subject Bcc: everyone@evil.test");
    expect(Object.keys(mail.headers).map((name) => name.toLowerCase())).not.toContain("bcc");
    expect(mail.text).not.toMatch(CONTROLS);
  });

  test("addresses with them are refused wherever one is given", async () => {
    const { token, conversationId: id } = await beginChat();
    for (const email of [
      "a@b.test\r\nBcc: c@d.test",
      "a\0@b.test",
      "a b@c.test",
      "<a@b.test>",
      "a@b.test,c@d.test",
      '"a"@b.test',
      "a@b..test",
      "a@-b.test",
    ]) {
      await refused({ token }, "POST /widget/contact", [422, "invalid"], { body: { email } });
      await refused({ key }, `PUT /api/conversations/${id}/contact`, [422, "invalid"], { body: { email } });
      await refused({ key }, "POST /api/contacts", [422, "invalid"], { body: { email } });
      await refused({ key }, "POST /api/conversations", [422, "invalid"], {
        body: { clientId: newId(), to: { email }, subject: "x", text: "x" },
      });
    }
  });

  test("of an inbound mail's headers stay within its ledger row's fields", async () => {
    await receive(rawMail({ subject: "=?utf-8?q?a=0D=0AX-Injected:_1=00?=", from: '"Ve\tra" <vera@example.test>' }), {
      from: "vera@example.test\r\nX: 1",
    });
    const [row] = await ledger(key);
    expect(row?.subject).toBe("a X-Injected: 1");
    const { messages } = await openThread(key, row?.conversationId);
    expect(JSON.stringify([row?.subject, messages[0]?.author, messages[0]?.subject])).not.toMatch(/\\[rnt0]|\\u00/);
  });
});

describe("[T12] names, titles and texts are text", () => {
  const HOSTILE = `<img src=x onerror=alert(1)>"'&`;

  test("they come back as they were given, as JSON that no browser takes for a page", async () => {
    const contact = await call({ key }, "POST /api/contacts", { body: { name: HOSTILE, attributes: { [HOSTILE]: HOSTILE } } });
    expect(contact.headers.get("content-type")).toBe("application/json");
    expect(contact.body).toMatchObject({ name: HOSTILE, attributes: { [HOSTILE]: HOSTILE } });
    const saved = await read(savedReplySchema, { key }, "POST /api/saved-replies", {
      body: { title: HOSTILE, text: HOSTILE },
      status: 201,
    });
    expect([saved.title, saved.text]).toEqual([HOSTILE, HOSTILE]);
    const problem = await refused({ key }, `GET /api/contacts/${encodeURIComponent(HOSTILE)}`, [404, "not_found"]);
    expect(problem.detail).not.toContain("<img");
  });

  test("names lose control and direction characters", async () => {
    const made = await read(contactSchema, { key }, "POST /api/contacts", {
      body: { name: "a\u202Eb\u0000c\u200Bd\n" },
      status: 201,
    });
    expect(made.name).toBe("a b c d");
  });

  test("what a visitor's browser says of itself loses them too, and halves of characters", async () => {
    const said = { page: "https://shop.example/\u202Exfdp\r\n\u0000\ud83d", locale: "en\u2066\n" };
    const { conversationId: id } = await beginChat(said);
    const { conversation } = await read(conversationPageSchema, { key }, `GET /api/conversations/${id}`);
    expect(conversation.visitor).toMatchObject({ page: "https://shop.example/ xfdp \ufffd", locale: "en" });
  });

  test("in a mail they are escaped; the HTML of inbound mail is harmless before it is stored", async () => {
    const outbound = takeMail();
    const { conversationId: id } = await beginChat({ text: HOSTILE, contact: { email: "vera@example.test", name: HOSTILE } });
    await reply(key, id, { text: HOSTILE });
    const mail = await outbound.nth(1);
    expect(mail.html).not.toContain("<img");
    expect(mail.html).toContain("&lt;img");
    await receive(
      rawMail({
        headers: ["Content-Type: text/html; charset=utf-8", "MIME-Version: 1.0"],
        text: `<p onclick="x()">Hello</p><script>alert(1)</script><img src="https://track.evil/p.gif"><a href="javascript:x()">l</a><form></form><svg onload=x()>`,
      }),
    );
    const [row] = await ledger(key);
    const html = (await openThread(key, row?.conversationId)).messages.at(-1)?.html ?? "";
    expect(html).toContain("Hello");
    expect(html).not.toMatch(/script|onclick|onload|javascript:|<form|<svg|\ssrc=/i);
  });

  test("[T2] a visitor never receives html, notes, addresses or ids of agents", async () => {
    const { conversationId: id, token } = await beginChat({ contact: { email: "vera@example.test", name: "Vera" } });
    await reply(key, id, { channel: "note", text: "a note about her" });
    const { author } = await reply(key, id, { channel: "chat", text: "an answer" });
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    const seen = socket.texts.join("\n");
    for (const secret of ["a note about her", "@acme.test", "vera@example.test", author.id ?? "?", '"html"', '"delivery"'])
      expect(seen).not.toContain(secret);
  });
});

describe("[T18] logs", () => {
  test("hold ids, never texts, addresses, names, tokens, keys or cookies, whatever fails", async () => {
    const lines: string[] = [];
    const note = (...parts: unknown[]) =>
      void lines.push(parts.map((part) => (part instanceof Error ? `${part.stack}` : String(part))).join(" "));
    for (const method of ["log", "info", "warn", "error", "debug"] as const) vi.spyOn(console, method).mockImplementation(note);

    takeMail(async () => Promise.reject(failure("E_DELIVERY_FAILED")));
    const secrets = { text: "SECRET-TEXT", name: "SECRET-NAME", email: "secret-address@example.test", subject: "SECRET-SUBJECT" };
    const { token, conversationId: id } = await beginChat({
      text: secrets.text,
      contact: { email: secrets.email, name: secrets.name },
    });
    const { seq } = await reply(key, id, { text: secrets.text, subject: secrets.subject });
    await deliveredAs(key, id, { seq, state: "failed" });
    await call({ token: `${token}x` }, "POST /widget/contact", { body: { email: secrets.email } });
    await call({ token }, "POST /widget/contact", { body: { email: `${secrets.email} no` } });
    await call({ cookie: "hilo.session_token=SECRET-COOKIE" }, "GET /api/me");
    await call(null, "POST /api/auth/sign-in/email", {
      body: { email: secrets.email, password: "SECRET-PASSWORD" },
      headers: { "content-type": "application/json", origin: "https://hilo.test" },
    });
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    socket.send(`{"type":"send","text":"${secrets.text}"}`);
    await socket.end();

    const mail = { from: `${secrets.name} <${secrets.email}>`, subject: secrets.subject, text: secrets.text };
    await post(rawMail(mail), { from: secrets.email });
    await settled(key, 1);
    for (const after of [0, 1, 2, 3, 4, 5, 6, 8, 10, 12])
      await receive(rawMail(mail), { from: secrets.email }, { DB: databaseAway(after) }).catch(() => undefined);
    for (const name of ["get", "put"] as const)
      await receive(rawMail(mail), { from: secrets.email }, { MAIL: storeAway(name) }).catch(() => undefined);
    const query = `GET /api/contacts?q=${encodeURIComponent(secrets.email)}`;
    for (const after of [1, 2, 3]) await call({ key }, query, { bindings: { DB: databaseAway(after) } });
    await call({ key }, "POST /api/contacts", {
      body: { email: secrets.email, name: secrets.name },
      bindings: { DB: databaseAway(2) },
    });
    await call({ key }, "POST /api/nowhere/SECRET-TEXT");

    expect(lines.length).toBeGreaterThan(10);
    for (const secret of [
      ...Object.values(secrets),
      token,
      key,
      MAIL_SECRET,
      "SECRET-COOKIE",
      "SECRET-PASSWORD",
      env.APP_SECRET ?? "?",
      "vera@example",
    ])
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  });

  test("what leaves by the doors of mail and clock, where the runtime writes all of it down, says nothing either", async () => {
    const raw = rawMail({ from: "secret-name <secret-address@example.test>", subject: "SECRET", text: "SECRET" });
    const thrown: unknown[] = [];
    for (const after of [0, 1, 2])
      await receive(raw, { from: "secret-address@example.test" }, { DB: databaseAway(after) }).catch((error) =>
        thrown.push(error),
      );
    await receive(raw, {}, { MAIL: storeAway("put") }).catch((error) => thrown.push(error));
    const clock = createScheduledController({ scheduledTime: new Date(), cron: "*/2 * * * *" });
    await worker.scheduled(clock, { ...env, DB: databaseAway() }).catch((error) => thrown.push(error));
    expect(thrown.length).toBeGreaterThan(3);
    for (const error of thrown) {
      const { message, stack, cause } = error instanceof Error ? error : new Error("no error");
      expect(`${message} ${stack} ${String(cause)}`).not.toMatch(/secret|params:/i);
      expect([message.length > 5, cause]).toEqual([true, undefined]);
    }
  });

  test("an answer to a failure has an id that the log has, and no stack", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: unknown) => void lines.push(String(line)));
    const problem = await refused({ key }, "GET /api/contacts", [503, "unavailable"], { bindings: { DB: databaseAway(1) } });
    expect(lines.some((line) => line.includes(problem.id ?? "?"))).toBe(true);
    expect(JSON.stringify(problem)).not.toMatch(/ at |\.ts|D1_ERROR|select/i);
  });
});
