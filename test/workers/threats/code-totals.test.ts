/** [B7] [T21] [T1] What codes may be asked for and tried, counted over all conversations. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CODE_MS, CODE_TRIES_MAX } from "../../../durable-objects/conversation/sessions.ts";
import { CODE_TOTALS } from "../../../worker/api/code-totals.ts";
import { CONFIRMING_LINK_MS } from "../../../worker/auth/confirming-secrets.ts";
import { noticesSchema } from "../../../worker/domain/notices.ts";
import { takeTotals } from "../../../worker/totals.ts";
import { askCode, codeIn, wrongFor } from "../support/codes.ts";
import { freshDeployment } from "../support/deployment.ts";
import { objectsAway } from "../support/faults.ts";
import { call, read, refused } from "../support/http.ts";
import { rawMail, receive } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { WAIT } from "../support/socket.ts";
import { deliveredAs, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const VERA = "vera@example.test";
const ONE_CLIENT = { "cf-connecting-ip": "203.0.113.7" };
const MINUTE_MS = 60_000;
/** For many requests on a busy machine. */
const LONG = { timeout: 60_000 };
let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

afterEach(() => vi.useRealTimers());

const chat = (email = VERA) => beginChat({ contact: { email } });
const times = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Time passes; a little more than a minute, by which a count is exact. */
function later(ms = 1.2 * MINUTE_MS): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

/** A mail of Vera's answers one of ours, here. */
async function chatWithAnswer() {
  const begun = await chat();
  const { seq } = await reply(key, begun.conversationId, { text: "We do." });
  await deliveredAs(key, begun.conversationId, { seq, state: "sent" });
  const mail = outbound.mails.at(-1);
  await receive(rawMail({ text: "Thank you" }), { from: VERA, to: mail?.replyTo ?? "" });
  outbound.mails.length = 0;
  return begun;
}

const tryCode = (token: string, code: string, headers: Record<string, string> = {}) =>
  call({ token }, "POST /widget/confirm", { body: { code }, headers });

test("the numbers are the rule's", () => {
  expect(CODE_TOTALS).toEqual({
    perClientAnHour: 5,
    perAddressAMinute: 1,
    perAddressADay: 6,
    perAnsweredADay: 3,
    perDay: 2_000,
    wrongPerClientAnHour: 20,
    wrongPerAddressADay: 20,
    guardedFrom: 500,
  });
  expect([CODE_MS, CODE_TRIES_MAX, CONFIRMING_LINK_MS]).toEqual([15 * MINUTE_MS, 5, 30 * 24 * 60 * MINUTE_MS]);
});

describe("codes that are mailed", () => {
  test("one a minute to an address, however many chats ask for it; the answer is the same", async () => {
    const [mine, another] = [await chat(), await chat()];
    const answers = [await askCode(mine.token), await askCode(another.token), await askCode(mine.token)];
    expect(answers.map(({ status, body }) => [status, body])).toEqual(times(3).map(() => [202, { digits: 6 }]));
    expect(outbound.mails).toHaveLength(1);
    later();
    await askCode(another.token);
    expect(outbound.mails).toHaveLength(2);
  });

  test("one that does not leave does not end the one that waits", async () => {
    const { token } = await chat();
    await askCode(token);
    await askCode(token);
    expect((await tryCode(token, codeIn(outbound.mails[0]))).status).toBe(200);
  });

  test("six a day to an address by strangers, each of another client and chat", LONG, async () => {
    for (const _ of times(CODE_TOTALS.perAddressADay + 3)) {
      await askCode((await chat()).token);
      later();
    }
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perAddressADay);
  });

  test("three more where the address has answered a mail of ours, whatever strangers have used up", LONG, async () => {
    const answered = await chatWithAnswer();
    for (const _ of times(CODE_TOTALS.perAddressADay)) {
      await askCode((await chat()).token);
      later();
    }
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perAddressADay);
    for (const _ of times(CODE_TOTALS.perAnsweredADay + 2)) {
      await askCode(answered.token);
      later();
    }
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perAddressADay + CODE_TOTALS.perAnsweredADay);
    // A stranger has no part in these.
    await askCode((await chat()).token);
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perAddressADay + CODE_TOTALS.perAnsweredADay);
  });

  test("five an hour for one client, however many addresses it asks for", LONG, async () => {
    for (const n of times(CODE_TOTALS.perClientAnHour + 3))
      await askCode((await chat(`victim${n}@example.test`)).token, { headers: ONE_CLIENT });
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perClientAnHour);
    await askCode((await chat("another@example.test")).token);
    expect(outbound.mails).toHaveLength(CODE_TOTALS.perClientAnHour + 1);
  });

  test("so many a day in the deployment, whoever asks and for whomever", async () => {
    const all = { key: "codes:all", limits: [{ windowMs: 24 * 60 * MINUTE_MS, max: CODE_TOTALS.perDay }] };
    await takeTotals(env, [{ ...all, cost: CODE_TOTALS.perDay - 1 }], { onSilence: "refuse" });
    for (const email of [VERA, "nora@example.test"]) expect((await askCode((await chat(email)).token)).status).toBe(202);
    expect(outbound.mails).toMatchObject([{ to: [VERA] }]);
    await vi.waitFor(async () =>
      expect((await read(noticesSchema, { key }, "GET /api/notices")).items).toMatchObject([{ kind: "code-mails" }]),
    );
  });

  test("none while nobody can count", async () => {
    const { token } = await chat();
    const asked = await askCode(token, { bindings: { TOTALS: objectsAway("TOTALS") } });
    expect(asked.status).toBe(202);
    expect(outbound.mails).toEqual([]);
  });
});

describe("wrong ones", () => {
  /** Codes that were typed wrong for this address, four in each of as many chats as it takes. */
  async function typeWrong(count: number, of: (n: number) => { email: string; headers?: Record<string, string> }) {
    const statuses: number[] = [];
    for (let n = 0; statuses.length < count; n += 1) {
      const { email, headers = {} } = of(n);
      const { token } = await chat(email);
      await askCode(token);
      later();
      const wrong = wrongFor(codeIn(outbound.mails.at(-1)));
      for (const _ of times(Math.min(4, count - statuses.length))) statuses.push((await tryCode(token, wrong, headers)).status);
    }
    return statuses;
  }

  test("twenty a day for an address, over all chats and clients; then the right one has to wait, too", LONG, async () => {
    const statuses = await typeWrong(CODE_TOTALS.wrongPerAddressADay, () => ({ email: VERA }));
    expect(new Set(statuses)).toEqual(new Set([422]));
    const { token } = await chat();
    await askCode(token);
    await refused({ token }, "POST /widget/confirm", [429, "too_many_requests"], {
      body: { code: codeIn(outbound.mails.at(-1)) },
    });
    // Another address has its own.
    const nora = await chat("nora@example.test");
    await askCode(nora.token);
    expect((await tryCode(nora.token, codeIn(outbound.mails.at(-1)))).status).toBe(200);
  });

  test("of a mailbox are counted together, with whatever detail each chat has typed it", LONG, async () => {
    const detailed = (n: number) => ({ email: `vera+${n}@example.test` });
    await typeWrong(CODE_TOTALS.wrongPerAddressADay, detailed);
    const { token } = await chat("vera+last@example.test");
    await askCode(token);
    const body = { code: codeIn(outbound.mails.at(-1)) };
    await refused({ token }, "POST /widget/confirm", [429, "too_many_requests"], { body });
  });

  test("counted apart where the address has answered us: strangers cannot keep its owner out", LONG, async () => {
    const answered = await chatWithAnswer();
    await typeWrong(CODE_TOTALS.wrongPerAddressADay, () => ({ email: VERA }));
    await askCode(answered.token);
    expect((await tryCode(answered.token, codeIn(outbound.mails.at(-1)))).status).toBe(200);
  });

  test("twenty an hour for a client, over all addresses", LONG, async () => {
    const of = (n: number) => ({ email: `victim${n}@example.test`, headers: ONE_CLIENT });
    expect(new Set(await typeWrong(CODE_TOTALS.wrongPerClientAnHour, of))).toEqual(new Set([422]));
    const { token } = await chat("last@example.test");
    await askCode(token);
    const code = codeIn(outbound.mails.at(-1));
    expect((await tryCode(token, code, ONE_CLIENT)).status).toBe(429);
    expect((await tryCode(token, code)).status).toBe(200);
  });

  test("a right one is given back: it uses nothing up", LONG, async () => {
    for (const n of times(CODE_TOTALS.wrongPerClientAnHour + 2)) {
      const { token } = await chat(`person${n}@example.test`);
      await askCode(token);
      expect((await tryCode(token, codeIn(outbound.mails.at(-1)), ONE_CLIENT)).status).toBe(200);
    }
  });

  test("500 in a day, everywhere: from then on codes have ten digits, and the owner is told", async () => {
    const everywhere = { key: "wrong-codes:all", limits: [{ windowMs: 24 * 60 * MINUTE_MS, max: Number.MAX_SAFE_INTEGER }] };
    const { token } = await chat();
    await takeTotals(env, [{ ...everywhere, cost: CODE_TOTALS.guardedFrom - 1 }], { onSilence: "refuse" });
    expect((await askCode(token)).body).toEqual({ digits: 6 });
    await tryCode(token, wrongFor(codeIn(outbound.mails[0])));
    later();
    expect((await askCode(token)).body).toEqual({ digits: 10 });
    const code = codeIn(outbound.mails[1]);
    expect(code).toMatch(/^\d{10}$/);
    expect((await tryCode(token, code)).status).toBe(200);
    await vi.waitFor(async () => {
      const { items } = await read(noticesSchema, { key }, "GET /api/notices");
      expect(items.map(({ kind }) => kind)).toEqual(["codes"]);
    }, WAIT);
  });
});
