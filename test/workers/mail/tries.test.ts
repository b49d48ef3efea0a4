/** A mail that may have ended the process: tried with care, given up after the second time, and nobody else pays for it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../../worker/db/database.ts";
import type { LedgerRow } from "../../../worker/db/ledger.ts";
import { beginTry, claimAlone } from "../../../worker/db/ledger-tries.ts";
import { processDueMails, processMail, resumeMail } from "../../../worker/email/process.ts";
import { READER_VERSION } from "../../../worker/email/reading-budget.ts";
import { freshDeployment } from "../support/deployment.ts";
import { storeAway } from "../support/faults.ts";
import { call } from "../support/http.ts";
import { FILE_MAIL, rawMail, receive, receiveOnly, rowOf } from "../support/inbound.ts";
import { listThreads, openThread, textsOf } from "../support/threads.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const PLACEHOLDER = "This email could not be displayed. Its raw source can be downloaded.";

/** So long that a try that was begun is known to have ended. */
async function muchLater(): Promise<void> {
  await env.DB.prepare(
    "UPDATE ledger SET retry_at = 1, try_at = CASE WHEN try_at IS NULL THEN NULL ELSE 1 END WHERE retry_at IS NOT NULL",
  ).run();
  await env.DB.prepare("UPDATE mail_alone SET until = 1").run();
}

async function cron({ readerVersion = READER_VERSION, MAIL = env.MAIL } = {}): Promise<void> {
  await muchLater();
  await processDueMails({ ...env, MAIL }, { readerVersion });
}

/** Cron takes it up once more, and the process ends with that. */
async function beginAndEnd(id: string): Promise<void> {
  await muchLater();
  await begin(await rowOf(id), true);
}

const begin = (row: LedgerRow, isAlone: boolean) =>
  beginTry(openDatabase(env.DB), row, { now: Date.now(), retryAt: Date.now() + 60_000, isAlone, hasEnded: false });

/** The store, and how often a mail was read out of it. */
function countingStore(): { MAIL: R2Bucket; reads: number } {
  const counted = {
    reads: 0,
    MAIL: new Proxy(env.MAIL, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name === "get") counted.reads += 1;
        return typeof value === "function" ? (...args: unknown[]) => Reflect.apply(value, target, args) : value;
      },
    }),
  };
  return counted;
}

describe("[T19] [A14] a try is on disk before it begins", () => {
  test("with the row itself for whoever receives the mail", async () => {
    const id = await receiveOnly(rawMail());
    const { tryAt, attempts, unfinished } = await rowOf(id);
    expect([typeof tryAt, attempts, unfinished]).toEqual(["number", 1, 0]);
    await processMail(env, id);
    expect(await rowOf(id)).toMatchObject({ state: "applied", tryAt: null, attempts: 1, unfinished: 0, retryAt: null });
  });

  test("a failed one counts as failed, one that never ended apart", async () => {
    const failed = await receiveOnly(rawMail());
    await processMail({ ...env, MAIL: storeAway("get") }, failed);
    expect(await rowOf(failed)).toMatchObject({ tryAt: null, attempts: 1, unfinished: 0 });
    const ended = await receiveOnly(rawMail());
    await beginAndEnd(ended);
    expect(await rowOf(ended)).toMatchObject({ attempts: 1, unfinished: 1 });
  });

  test("nobody takes up what may still be going on: neither cron nor a server that delivers it once more", async () => {
    const raw = rawMail();
    const id = await receiveOnly(raw);
    await env.DB.prepare("UPDATE ledger SET retry_at = 1").run();
    await processDueMails(env);
    await receive(raw);
    await resumeMail(env, id);
    expect(await rowOf(id)).toMatchObject({ state: "received", attempts: 1, unfinished: 0 });
  });
});

describe("[T19] [A14] what follows a try that did not end", () => {
  test("the next reads with care, and a mail that had no part in it is whole", async () => {
    const id = await receiveOnly(rawMail(FILE_MAIL));
    const counted = countingStore();
    await cron(counted);
    // The small budget first, then all of it.
    expect(counted.reads).toBe(2);
    expect(await rowOf(id)).toMatchObject({ state: "applied", unfinished: 1, smallEnds: true, isPartial: false });
    const [thread] = await listThreads(key, 1);
    const [message] = (await openThread(key, thread?.id)).messages;
    expect([message?.text, message?.attachments.map(({ name }) => name), message?.mail?.leftOut]).toEqual([
      "See the file",
      ["a.txt"],
      undefined,
    ]);
  });

  test("after two that did not even read the small budget it is a placeholder, and is read no more", async () => {
    const id = await receiveOnly(rawMail({ text: "poison" }));
    await beginAndEnd(id);
    const counted = countingStore();
    await cron(counted);
    await cron(counted);
    expect(counted.reads).toBe(0);
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: "failed", unfinished: 2, retryAt: null, tryAt: null });
    expect(await textsOf(key, row.conversationId)).toEqual([PLACEHOLDER]);
  });

  test("where the small budget could be read, that is shown, and says that it is a part", async () => {
    const id = await receiveOnly(rawMail(FILE_MAIL));
    await beginAndEnd(id);
    await env.DB.prepare("UPDATE ledger SET small_ends = 1").run();
    await cron();
    expect(await rowOf(id)).toMatchObject({ state: "applied", isPartial: true, unfinished: 2 });
    const [thread] = await listThreads(key, 1);
    const [message] = (await openThread(key, thread?.id)).messages;
    expect(message).toMatchObject({
      text: "See the file",
      attachments: [],
      mail: { isPartial: true, leftOut: [{ kind: "files", count: 1 }] },
    });
  });

  test("no other mail becomes a placeholder for it, not even one that was being read at the same time", async () => {
    const others = await Promise.all(
      [1, 2, 3].map((n) => receiveOnly(rawMail({ from: `n${n}@example.test`, text: `mail ${n}` }))),
    );
    const poison = await receiveOnly(rawMail({ text: "poison" }));
    // It ends the process each time it is read, and is the first to be taken up.
    await beginAndEnd(poison);
    await cron();
    expect(await rowOf(poison)).toMatchObject({ state: "failed", unfinished: 2 });
    for (const id of others) expect(await rowOf(id)).toMatchObject({ state: "applied", unfinished: 1, isPartial: false });
    const texts = await Promise.all((await listThreads(key, 4)).map(({ id }) => textsOf(key, id)));
    expect(texts.flat().toSorted()).toEqual([PLACEHOLDER, "mail 1", "mail 2", "mail 3"].toSorted());
  });
});

describe("[T19] a mail that is read alone", () => {
  test("waits for the others, and nobody is begun meanwhile, a new one neither", async () => {
    const db = openDatabase(env.DB);
    const now = Date.now();
    expect(await claimAlone(db, "another", { now, until: now + 60_000 })).toBe(true);
    const id = await receiveOnly(rawMail());
    expect(await rowOf(id)).toMatchObject({ tryAt: null, attempts: 0, unfinished: 0 });
    expect(await begin(await rowOf(id), false)).toBeNull();
    expect(await begin(await rowOf(id), true)).toBeNull();
    expect(await claimAlone(db, id, { now, until: now + 60_000 })).toBe(false);
    // Whoever holds it has ended with its process.
    await env.DB.prepare("UPDATE mail_alone SET until = 1").run();
    expect(await claimAlone(db, id, { now, until: now + 60_000 })).toBe(true);
    expect(await begin(await rowOf(id), true)).toMatchObject({ attempts: 1 });
  });

  test("one that came while another was read alone is taken up by its receiver when that has ended", async () => {
    const now = Date.now();
    await claimAlone(openDatabase(env.DB), "another", { now, until: now + 60_000 });
    const id = await receiveOnly(rawMail({ text: "patient" }));
    const work = processMail(env, id);
    await env.DB.prepare("DELETE FROM mail_alone").run();
    await work;
    expect(await rowOf(id)).toMatchObject({ state: "applied", attempts: 1 });
  });

  test("of several isolates that take it up one reads it", async () => {
    const id = await receiveOnly(rawMail({ text: "once" }));
    await muchLater();
    const counted = countingStore();
    await Promise.all([1, 2, 3].map(() => processDueMails({ ...env, MAIL: counted.MAIL })));
    expect(counted.reads).toBe(2);
    expect((await rowOf(id)).unfinished).toBe(1);
  });
});

describe("[T19] a mail that was given up is read in full", () => {
  async function givenUp(): Promise<string> {
    const id = await receiveOnly(rawMail({ text: "not so bad" }));
    await beginAndEnd(id);
    await cron();
    expect(await rowOf(id)).toMatchObject({ state: "failed", readerVersion: READER_VERSION });
    return id;
  }
  const ask = (id: string) => call({ key }, `POST /api/ledger/${id}/parse`);

  test("when a person asks", async () => {
    const id = await givenUp();
    expect((await ask(id)).body).toMatchObject({ state: "applied", verdict: "contact" });
    expect(await textsOf(key, (await rowOf(id)).conversationId)).toEqual([PLACEHOLDER, "not so bad"]);
  });

  test("once: where that did not end either, asking again is refused", async () => {
    const id = await givenUp();
    expect((await ask(id)).status).toBe(200);
    await env.DB.prepare("UPDATE ledger SET state = 'failed', try_at = 1, retry_at = 1, unfinished = 2, small_ends = 0").run();
    await cron();
    expect(await rowOf(id)).toMatchObject({ state: "failed", unfinished: 3 });
    expect(await ask(id)).toMatchObject({ status: 409 });
  });

  test("by a later version, by itself, once", async () => {
    const id = await givenUp();
    await cron({ readerVersion: READER_VERSION });
    expect((await rowOf(id)).state).toBe("failed");
    const counted = countingStore();
    await cron({ ...counted, readerVersion: READER_VERSION + 1 });
    expect(counted.reads).toBe(1);
    expect(await rowOf(id)).toMatchObject({ state: "applied", readerVersion: READER_VERSION + 1 });
  });

  test("and by a later version no second time where that did not end", async () => {
    const id = await givenUp();
    await env.DB.prepare("UPDATE ledger SET retry_at = 1, asked = 'version', reader_version = ?")
      .bind(READER_VERSION + 1)
      .run();
    await beginAndEnd(id);
    const counted = countingStore();
    await cron({ ...counted, readerVersion: READER_VERSION + 1 });
    await cron({ ...counted, readerVersion: READER_VERSION + 1 });
    expect([counted.reads, (await rowOf(id)).state]).toEqual([0, "failed"]);
  });

  test("a part of it gives way to nothing: the whole is a message of its own", async () => {
    const id = await receiveOnly(rawMail(FILE_MAIL));
    await beginAndEnd(id);
    await env.DB.prepare("UPDATE ledger SET small_ends = 1").run();
    await cron();
    expect((await ask(id)).body).toMatchObject({ state: "applied" });
    const { conversationId, isPartial } = await rowOf(id);
    const { messages } = await openThread(key, conversationId);
    expect([isPartial, messages.map(({ attachments }) => attachments.length)]).toEqual([false, [0, 1]]);
  });

  test("a store that does not answer uses nothing up", async () => {
    const id = await givenUp();
    const raw = (await rowOf(id)).rawKey;
    const object = await env.MAIL.get(raw);
    const bytes = await object?.arrayBuffer();
    await env.MAIL.delete(raw);
    await ask(id);
    expect(await rowOf(id)).toMatchObject({ asked: "person", unfinished: 2 });
    await env.MAIL.put(raw, bytes ?? "");
    await cron();
    expect(await rowOf(id)).toMatchObject({ state: "applied" });
  });
});
