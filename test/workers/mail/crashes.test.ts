import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { processMail } from "../../../worker/email/process.ts";
import { receiveMail } from "../../../worker/email/receive.ts";
import { TRUSTED, forwardOf, passed } from "../support/authority.ts";
import { MAILBOX, OWNER, freshDeployment } from "../support/deployment.ts";
import { databaseAway } from "../support/faults.ts";
import { FILE_MAIL, ledger, rawMail, receive } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { count, deliveredAs, listContacts, listThreads, openThread, reply } from "../support/threads.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

async function store(raw: string, to = MAILBOX): Promise<string> {
  const received = await receiveMail(env, { from: "vera@example.test", to }, new TextEncoder().encode(raw));
  if (received.kind !== "accepted") throw new Error("not accepted");
  return received.row.id;
}

/** Takes the mail up with the database going away at every step in turn, as often as it takes to come through. */
async function crashThrough(id: string): Promise<number> {
  for (let steps = 1; ; steps += 1) {
    // Tries are not what is tested here.
    await env.DB.prepare("UPDATE ledger SET attempts = 0 WHERE id = ?").bind(id).run();
    let calls = 0;
    const bindings = { ...env, DB: databaseAway(steps, () => (calls += 1)) };
    await processMail(bindings, id);
    if (calls <= steps) return steps;
  }
}

describe("[E2] [A5] a crash between any two steps doubles nothing and loses nothing", () => {
  test("of a mail of a new sender, with a file and people in copy", async () => {
    const id = await store(rawMail({ ...FILE_MAIL, cc: "paul@example.test" }));
    expect(await crashThrough(id)).toBeGreaterThan(10);
    const [thread] = await listThreads(key, 1);
    const { messages } = await openThread(key, thread?.id);
    expect(messages).toMatchObject([{ seq: 1, text: "See the file", attachments: [{ name: "a.txt", type: "text/plain" }] }]);
    expect(await listContacts(key)).toHaveLength(1);
    expect(await ledger(key)).toMatchObject([{ id, state: "applied", conversationId: thread?.id }]);
    expect([await count("attachments"), await count("participants"), await count("mail_ids")]).toEqual([1, 1, 1]);
    expect(await count("ledger", "seq = 1 AND retry_at IS NULL")).toBe(1);
  });

  test("of a mail with the signed address, which proves it", async () => {
    const outbound = takeMail();
    await receive(rawMail({ text: "first" }));
    const [thread] = await listThreads(key, 1);
    const { seq } = await reply(key, thread?.id);
    await deliveredAs(key, thread?.id, { seq, state: "sent" });
    const id = await store(rawMail({ text: "answer", headers: ["References: <a@b> <c@d>"] }), outbound.mails[0]?.replyTo);
    await crashThrough(id);
    expect((await openThread(key, thread?.id)).messages.map(({ text }) => text)).toEqual(["first", "Our answer.", "answer"]);
    expect((await ledger(key))[0]).toMatchObject({ id, state: "applied", verdict: "token" });
    await listThreads(key, 1);
  });

  test("of a forwarded mail: one message and one note", async () => {
    ({ key } = (await freshDeployment({ mail: TRUSTED })).owner);
    const parts = {
      from: OWNER.email,
      headers: [passed()],
      ...forwardOf({ from: "Nora <nora@example.test>", text: "It is broken." }),
    };
    const id = await store(rawMail(parts));
    await crashThrough(id);
    const [thread] = await listThreads(key, 1);
    expect((await openThread(key, thread?.id)).messages.map(({ channel, text }) => [channel, text])).toEqual([
      ["email", "It is broken."],
      ["note", "Please help"],
    ]);
  });

  test("of a new subject of a known contact: one new conversation", async () => {
    ({ key } = (await freshDeployment({ mail: { isSplitBySubject: true } })).owner);
    await receive(rawMail({ text: "first" }));
    const id = await store(rawMail({ text: "second", subject: "Something else" }));
    await crashThrough(id);
    await receive(rawMail({ text: "third", subject: "Something else" }));
    const threads = await listThreads(key, 2);
    const texts = await Promise.all(threads.map(async (thread) => (await openThread(key, thread.id)).messages));
    expect(texts.map((messages) => messages.map(({ text }) => text)).toSorted((a, b) => b.length - a.length)).toEqual([
      ["second", "third"],
      ["first"],
    ]);
  });

  test("taken up twice at once, and again by cron", async () => {
    const id = await store(rawMail());
    await Promise.all([processMail(env, id), processMail(env, id), handleCron(env)]);
    await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL, state = 'received'").run();
    await handleCron(env);
    const [thread] = await listThreads(key, 1);
    expect((await openThread(key, thread?.id)).messages).toHaveLength(1);
    expect(await listContacts(key)).toHaveLength(1);
  });

  test("cron leaves alone what is settled or not yet due", async () => {
    await receive(rawMail());
    const before = await ledger(key);
    const waiting = await store(rawMail({ from: "nora@example.test" }));
    await handleCron(env);
    expect((await ledger(key)).filter(({ id }) => id !== waiting)).toEqual(before);
    expect((await ledger(key)).find(({ id }) => id === waiting)?.state).toBe("received");
    await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL WHERE id = ?").bind(waiting).run();
    await handleCron(env);
    expect((await ledger(key)).find(({ id }) => id === waiting)?.state).toBe("applied");
  });
});
