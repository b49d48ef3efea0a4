/** One mailbox has many spellings: `victim@ｇmail.test` is mailed at `victim@gmail.test`. All that is known of it holds for each. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CODE_TOTALS } from "../../../worker/api/code-totals.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { findUndeliverable, markUndeliverable } from "../../../worker/db/undeliverable.ts";
import { contactSchema } from "../../../worker/domain/api-shapes.ts";
import { askCode, codeIn } from "../support/codes.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { failure, takeMail, type Outbound } from "../support/outbound.ts";
import { addressNoted, deliveredAs, listContacts, listThreads, openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const VICTIM = "victim@gmail.test";
const SPELLINGS = ["victim@\uff47mail.test", "victim@\u1d4dmail.test", "Victim@gmail.te\uff53t"] as const;
const [SPELLED] = SPELLINGS;
const IDN = "ana@b\u00fccher.example";
const IDN_ASCII = "ana@xn--bcher-kva.example";
const MINUTE_MS = 60_000;
const LONG = { timeout: 60_000 };
let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

afterEach(() => vi.restoreAllMocks());
afterEach(() => vi.useRealTimers());

const chat = (email: string) => beginChat({ contact: { email } });
const known = (email: string) => read(contactSchema, { key }, "POST /api/contacts", { body: { email }, status: 201 });
const mark = (email: string) =>
  markUndeliverable(openDatabase(env.DB), { email, cause: "complaint", reason: "spam", at: Date.now() });

/** Time passes; a little more than a minute, by which a count is exact. */
function later(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1.2 * MINUTE_MS });
}

describe("[T1] an address that complained", () => {
  test.each(SPELLINGS)("gets no reply at %s, and no code", async (email) => {
    await mark(VICTIM);
    const { conversationId: id, token } = await chat(email);
    const { seq } = await reply(key, id);
    expect((await deliveredAs(key, id, { seq, state: "failed" })).reason).toContain("reported an earlier mail as spam");
    await askCode(token);
    expect(outbound.mails).toEqual([]);
  });

  test("is told of, and let go, by any spelling", async () => {
    await mark(SPELLED);
    const asked = await call({ key }, `GET /api/undeliverable-addresses?emails=${encodeURIComponent(SPELLINGS.join(","))}`);
    expect(asked.body).toMatchObject({ items: [{ email: VICTIM, cause: "complaint" }] });
    const answer = await call({ key }, `DELETE /api/undeliverable-addresses/${encodeURIComponent(SPELLED)}`);
    expect([answer.status, await findUndeliverable(openDatabase(env.DB), [VICTIM])]).toEqual([204, []]);
  });
});

describe("[T20] a blocked person", () => {
  test("is blocked in a chat in which their address is typed otherwise", async () => {
    const { id } = await known(VICTIM);
    await read(contactSchema, { key }, `PATCH /api/contacts/${id}`, { body: { isBlocked: true } });
    const { token, clientId } = await chat(SPELLED);
    const again = { body: { clientId, text: "Hello" }, headers: { origin: SITE } };
    await vi.waitFor(async () => expect((await call(null, "POST /widget/conversations", again)).status).toBe(401));
    await refused({ token }, "POST /widget/contact", [401, "not_signed_in"], { body: { email: "x@x.test" } });
  });

  test("is kept aside by mail, whatever letters the header is in", async () => {
    await receive(rawMail({ from: `V <${VICTIM}>` }), { from: VICTIM });
    const [contact] = await listContacts(key);
    await read(contactSchema, { key }, `PATCH /api/contacts/${contact?.id}`, { body: { isBlocked: true } });
    await receive(rawMail({ from: `V <${SPELLED}>` }), { from: VICTIM });
    expect((await ledger(key))[0]).toMatchObject({ state: "filtered", verdict: "filtered:blocked", from: VICTIM });
  });
});

describe("[T2] one mailbox", () => {
  test("is one contact, however it is written, and is shown as it is mailed", async () => {
    await known(SPELLED);
    for (const email of SPELLINGS) await refused({ key }, "POST /api/contacts", [409, "taken"], { body: { email } });
    expect((await listContacts(key)).map(({ email }) => email)).toEqual([VICTIM]);
    const { conversationId: id } = await chat(SPELLINGS[1]);
    expect((await openThread(key, id)).conversation.address?.email).toBe(VICTIM);
  });

  test("has one place: another conversation's address is known to be there already", async () => {
    const first = await chat(VICTIM);
    const second = await chat(SPELLED);
    await addressNoted(first.conversationId, VICTIM);
    await addressNoted(second.conversationId, VICTIM);
  });

  test("is one person by mail: two spellings of an international domain are one thread", async () => {
    await receive(rawMail({ from: `Ana <${IDN}>` }), { from: IDN });
    await receive(rawMail({ from: `Ana <${IDN_ASCII}>` }), { from: IDN_ASCII });
    const [thread] = await listThreads(key, 1);
    const { seq } = await reply(key, thread?.id);
    await deliveredAs(key, thread?.id, { seq, state: "sent" });
    expect(outbound.mails).toMatchObject([{ to: [{ email: IDN_ASCII, name: "Ana" }] }]);
  });

  test("is in To, and in no copy as well", async () => {
    const { conversationId: id } = await chat(IDN);
    const { seq } = await reply(key, id, { cc: [IDN_ASCII, "leo@x.test"], bcc: [IDN] });
    expect((await deliveredAs(key, id, { seq, state: "sent" })).to).toEqual([IDN_ASCII, "leo@x.test"]);
    const again = { clientId: newId(), channel: "email", text: "x", to: [IDN] };
    expect((await call({ key }, `POST /api/conversations/${id}/messages`, { body: again })).status).toBe(201);
  });
});

describe("[T21] [B7] codes", () => {
  test("reach an address with an international domain, and confirm it", async () => {
    const { token } = await chat(IDN);
    await askCode(token);
    expect(outbound.mails).toMatchObject([{ to: [IDN_ASCII] }]);
    const answer = await call({ token }, "POST /widget/confirm", { body: { code: codeIn(outbound.mails[0]) } });
    expect(answer.status).toBe(200);
    // Asked for by name, too.
    later();
    const other = await beginChat();
    await askCode(other.token, { email: IDN });
    expect(outbound.mails.map(({ to }) => to)).toEqual([[IDN_ASCII], [IDN_ASCII]]);
  });

  test("one a minute to a mailbox, in all spellings and with all details", async () => {
    for (const email of [VICTIM, ...SPELLINGS, "victim+1@gmail.test", "victim+2+a@gmail.test", "victim+3+a@\uff47mail.test"])
      await askCode((await chat(email)).token);
    expect(outbound.mails.map(({ to }) => to)).toEqual([[VICTIM]]);
  });

  test("six a day to a mailbox, in all spellings and with all details", LONG, async () => {
    for (let n = 0; n < CODE_TOTALS.perAddressADay + 3; n += 1) {
      await askCode((await chat(`victim+${n}@${n % 2 === 0 ? "gmail" : "\uff47mail"}.test`)).token);
      later();
    }
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perAddressADay);
  });

  test("that could not be sent are not counted, and the log says so by the conversation's id", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: unknown) => void lines.push(String(line)));
    const { token, conversationId } = await chat(VICTIM);
    takeMail(async () => Promise.reject(failure("E_RATE_LIMIT_EXCEEDED")));
    expect((await askCode(token)).status).toBe(202);
    const said = lines.filter((line) => line.includes("code_not_sent"));
    expect(said.map((line): unknown => JSON.parse(line))).toEqual([
      { level: "warn", event: "code_not_sent", conversationId, result: "deferred" },
    ]);
    expect(lines.join()).not.toContain("victim");
    // Within the same minute.
    outbound = takeMail();
    await askCode(token);
    expect(outbound.mails).toMatchObject([{ to: [VICTIM] }]);
  });

  test("that an address refused count for who asked, and for nobody else", LONG, async () => {
    const headers = { "cf-connecting-ip": "203.0.113.9" };
    let tries = 0;
    takeMail(async () => {
      tries += 1;
      return Promise.reject(failure("E_RECIPIENT_NOT_ALLOWED"));
    });
    for (let n = 0; n < CODE_TOTALS.perClientAnHour + 2; n += 1) await askCode((await chat(VICTIM)).token, { headers });
    expect(tries).toBe(CODE_TOTALS.perClientAnHour);
    outbound = takeMail();
    await askCode((await chat(VICTIM)).token);
    expect(outbound.mails).toHaveLength(1);
  });
});
