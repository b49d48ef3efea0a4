/** Machines that answer machines: nothing here may go on for longer than one round. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAILBOX, OTHER_MAILBOXES, freshDeployment } from "../support/deployment.ts";
import { call } from "../support/http.ts";
import { newId } from "../support/deployment.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { ports } from "../support/ports.ts";
import { count, listThreads, openThread } from "../support/threads.ts";
import { OTHER_MAILBOX, twoHilos, type Hilo, type Letter } from "../support/two-hilos.ts";

afterEach(() => ports.reset());

/** An agent begins a conversation by mail. */
async function writeTo({ key, env: bindings }: Hilo, email: string): Promise<void> {
  const body = { clientId: newId(), to: { email }, subject: "Our order", text: "Where is it?" };
  expect((await call({ key }, "POST /api/conversations", { body, bindings })).status).toBe(201);
}

async function verdicts(hilo: Hilo): Promise<string[]> {
  const { results } = await hilo.env.DB.prepare("SELECT verdict FROM ledger ORDER BY received_at, id").all();
  return results.map(({ verdict }) => String(verdict));
}

const isAutomatic = ({ headers }: Letter) => headers.includes("Auto-Submitted: auto-replied");

/** A mail server on the way that loses what says that a mail is automatic. */
const withoutMarks = (letter: Letter): Letter => ({
  ...letter,
  headers: letter.headers.filter((line) => !/^(?:auto-submitted|x-auto-response-suppress):/iu.test(line)),
});

/** One that loses what an agent's mail says of answers, so that it is a mail as other products send it. */
const withoutSuppression = (letter: Letter): Letter => ({
  ...letter,
  headers: letter.headers.filter((line) => isAutomatic(letter) || !/^x-auto-response-suppress:/iu.test(line)),
});

describe("[E29] [T14] two Hilos with automatic answers on both sides", () => {
  test("do not even begin: what an agent sends says that it wants no automatic answer", async () => {
    const { acme, beta, letters, carry } = await twoHilos();
    await writeTo(beta, MAILBOX);
    await expect.poll(() => letters.length).toBe(1);
    await carry();
    expect(letters).toHaveLength(1);
    expect([await verdicts(acme), await verdicts(beta)]).toEqual([["new"], []]);
  });

  test("stop after one round", async () => {
    const { acme, beta, letters, carry } = await twoHilos();
    await writeTo(beta, MAILBOX);
    await expect.poll(() => letters.length).toBe(1);
    await carry(withoutSuppression);
    // The question and one automatic answer; that answer is not answered.
    expect(letters.map((letter) => [letter.from, letter.to, isAutomatic(letter)])).toEqual([
      [OTHER_MAILBOX, MAILBOX, false],
      [MAILBOX, OTHER_MAILBOX, true],
    ]);
    expect([await verdicts(acme), await verdicts(beta)]).toEqual([["new"], ["token"]]);
  });

  test("stop when a mail server on the way loses what says that a mail is automatic", async () => {
    const { acme, beta, letters, carry } = await twoHilos();
    await writeTo(beta, MAILBOX);
    await expect.poll(() => letters.length).toBe(1);
    await carry(withoutMarks);
    // The question, and two a day to one address by each side.
    expect(letters.filter(isAutomatic).map(({ from }) => from)).toEqual([MAILBOX, OTHER_MAILBOX, MAILBOX, OTHER_MAILBOX]);
    expect(letters).toHaveLength(5);
    expect([(await verdicts(acme)).length, (await verdicts(beta)).length]).toEqual([3, 2]);
  });
});

describe("[M3b] within one Hilo", () => {
  let key: string;

  beforeEach(async () => {
    ({ key } = (await freshDeployment({ hours: { isAlwaysOpen: false, days: [] } })).owner);
    await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1, has_out_of_hours = 1").run();
  });

  test("[T14] nobody is answered automatically for what somebody else in their thread has written", async () => {
    const outbound = takeMail();
    await receive(rawMail({ text: "first", cc: "paul@example.test, nora@example.test", messageId: "one@example.test" }));
    await outbound.nth(1);
    const headers = ["In-Reply-To: <one@example.test>"];
    for (const from of ["paul@example.test", "nora@example.test", "vera@example.test"])
      await receive(rawMail({ from, headers }), { from });
    expect((await ledger(key)).map(({ verdict }) => verdict)).toEqual(["reference", "reference", "reference", "new"]);
    const [thread] = await listThreads(key, 1);
    const { messages } = await openThread(key, thread?.id);
    const who = messages.map(({ author, mail }) => (author.kind === "system" ? "automatic" : mail?.from?.address));
    expect(who).toEqual([
      "vera@example.test",
      "automatic",
      "paul@example.test",
      "nora@example.test",
      "vera@example.test",
      "automatic",
    ]);
  });

  test("a mail from one of our mailboxes to another is kept aside and not answered", async () => {
    const outbound = takeMail();
    const [sales = ""] = OTHER_MAILBOXES;
    // Nobody can write to a mailbox of ours from the inbox; a server on the way may still send it there.
    await writeTo({ env, key, mailbox: MAILBOX }, "paul@example.test");
    const sent = await outbound.nth(1);
    const headers = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}`);
    await receive(rawMail({ from: MAILBOX, to: sales, headers, text: sent.text }), { from: MAILBOX, to: sales });
    expect(await ledger(key)).toMatchObject([{ state: "filtered", verdict: "filtered:loop", conversationId: null }]);
    expect(outbound.mails).toHaveLength(1);
    await listThreads(key, 1);
  });

  test("of more than 20 mails of one sender within 10 minutes the rest is kept aside; two were answered", async () => {
    const outbound = takeMail();
    for (let number = 1; number <= 22; number += 1) await receive(rawMail({ text: `mail ${number}` }));
    const rows = (await ledger(key)).toReversed();
    expect(rows.slice(0, 20).every(({ state }) => state === "applied")).toBe(true);
    expect(rows.slice(20).map(({ state, verdict }) => [state, verdict])).toEqual([
      ["filtered", "filtered:loop"],
      ["filtered", "filtered:loop"],
    ]);
    const [thread] = await listThreads(key, 1);
    const { messages } = await openThread(key, thread?.id);
    expect(messages.filter(({ author }) => author.kind === "contact")).toHaveLength(20);
    expect(messages.filter(({ author }) => author.kind === "system")).toHaveLength(2);
    await outbound.nth(2);
    expect(await count("auto_answers")).toBe(2);
    // Another sender is not held up, nor is this one ten minutes later.
    await receive(rawMail({ from: "nora@example.test" }), { from: "nora@example.test" });
    expect((await ledger(key))[0]).toMatchObject({ state: "applied" });
    await env.DB.prepare("UPDATE ledger SET received_at = received_at - 601000").run();
    await receive(rawMail({ text: "later" }));
    expect((await ledger(key))[0]).toMatchObject({ state: "applied" });
  });
});
