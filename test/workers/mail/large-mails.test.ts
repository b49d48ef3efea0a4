import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { joinBytes } from "../../../worker/email/bytes.ts";
import { processMail } from "../../../worker/email/process.ts";
import { MAIL_BYTES_MAX, receiveMail } from "../../../worker/email/receive.ts";
import { MAILBOX, freshDeployment } from "../support/deployment.ts";
import { storeAsked, storeAway } from "../support/faults.ts";
import { fetchWorker } from "../support/http.ts";
import { MAIL_SECRET, rawMail, receive, settled } from "../support/inbound.ts";
import { count, listThreads, openThread } from "../support/threads.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

/** Ms: 25 MiB on a machine that is busy with other tests. */
const LARGE_TIMEOUT_MS = 60_000;
const MIB = 1024 * 1024;
const LINE = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n";

/** A mail with a PDF, a small picture and a text, filled up to this size in all. */
function largeMail(size: number, messageId = "large@example.test"): { raw: Uint8Array; fileBytes: number } {
  const head = rawMail({
    messageId,
    headers: ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"'],
    text: [
      "--b",
      "Content-Type: text/plain",
      "",
      "Here are the plans.",
      "--b",
      'Content-Type: image/png; name="dot.png"',
      "Content-Transfer-Encoding: base64",
      "",
      "iVBORw0KGgo=",
      "--b",
      'Content-Type: application/pdf; name="plans.pdf"',
      "Content-Transfer-Encoding: base64",
      "",
      "JVBERi0xLjcK",
    ].join("\r\n"),
  });
  const tail = "--b--\r\n";
  const lines = Math.floor((size - head.length - tail.length) / LINE.length);
  const encoder = new TextEncoder();
  const line = encoder.encode(LINE);
  const body = new Uint8Array(lines * line.length);
  for (let at = 0; at < body.length; at += line.length) body.set(line, at);
  return { raw: joinBytes([encoder.encode(head), body, encoder.encode(tail)]), fileBytes: 9 + lines * 60 };
}

/** Comes in pieces, and nobody says how much. */
function streamOf(raw: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= raw.length) return controller.close();
      controller.enqueue(raw.slice(at, at + 64 * 1024));
      at += 64 * 1024;
    },
  });
}

const postStream = (raw: Uint8Array): Promise<Response> =>
  fetchWorker(null, `POST /email/inbound?from=vera@example.test&to=${MAILBOX}`, {
    body: streamOf(raw),
    headers: { authorization: `Bearer ${MAIL_SECRET}`, "content-type": "message/rfc822" },
  });

async function hexOf(bytes: Uint8Array | ArrayBuffer): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

describe("a mail of up to 25 MiB", () => {
  test.each(["email()", "HTTP, without a length"])(
    "has its text, its files with names, types and sizes, and its raw bytes: %s",
    async (way) => {
      const { raw, fileBytes } = largeMail(MAIL_BYTES_MAX - 100);
      if (way === "email()") expect(await receive(raw)).toBeNull();
      else expect((await postStream(raw)).status).toBe(202);
      const [row] = await settled(key, 1);
      expect(row).toMatchObject({ state: "applied", verdict: "new", size: raw.length });
      const [thread] = await listThreads(key, 1);
      const [message] = (await openThread(key, thread?.id)).messages;
      expect(message?.text).toBe("Here are the plans.");
      expect(message?.attachments).toMatchObject([
        { name: "dot.png", type: "image/png", size: 8 },
        { name: "plans.pdf", type: "application/pdf", size: fileBytes },
      ]);
      const stored = await env.DB.prepare("SELECT key FROM attachments WHERE name = 'plans.pdf'").first<{ key: string }>();
      const file = await env.MAIL.get(stored?.key ?? "");
      expect(file?.size).toBe(fileBytes);
      const response = await fetchWorker({ key }, `GET /api/ledger/${row?.id}/raw`);
      expect(await hexOf(await response.arrayBuffer())).toBe(await hexOf(raw));
    },
    LARGE_TIMEOUT_MS,
  );

  test("again changes nothing and leaves no second copy; read again it has the same files", async () => {
    const { raw } = largeMail(5 * MIB);
    await receive(raw);
    await receive(raw);
    expect([await count("ledger"), await count("attachments")]).toEqual([1, 2]);
    expect((await env.MAIL.list({ prefix: "raw/" })).objects).toHaveLength(1);
    await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL, state = 'received'").run();
    await handleCron(env);
    expect([await count("ledger"), await count("attachments")]).toEqual([1, 2]);
    expect((await env.MAIL.list({ prefix: "mail-files/" })).objects).toHaveLength(1);
  });

  test("read for its words alone writes no files", async () => {
    await receive(largeMail(5 * MIB).raw);
    const [row] = await settled(key, 1);
    const files = await env.MAIL.list({ prefix: "mail-files/" });
    await env.MAIL.delete(files.objects.map((file) => file.key));
    expect((await fetchWorker({ key }, `GET /api/ledger/${row?.id}/html`)).status).toBe(200);
    expect([files.objects.length, (await env.MAIL.list({ prefix: "mail-files/" })).objects.length]).toEqual([1, 0]);
  });

  test("with other trace headers is the same mail", async () => {
    const { raw } = largeMail(5 * MIB);
    const relayed = joinBytes([new TextEncoder().encode("Received: from elsewhere\r\n"), raw]);
    await receive(raw);
    await receive(relayed);
    expect((await settled(key, 2)).map(({ verdict }) => verdict)).toEqual(["duplicate", "new"]);
  });

  test("is not accepted while the store is away", async () => {
    const { raw } = largeMail(8 * MIB);
    await expect(receive(raw, {}, { MAIL: storeAway("createMultipartUpload") })).rejects.toThrow();
    expect([await count("ledger"), (await env.MAIL.list()).objects.length]).toEqual([0, 0]);
    await receive(raw);
    expect(await settled(key, 1)).toMatchObject([{ state: "applied" }]);
  });

  test("whose files cannot be stored now is taken up again, and then has them", async () => {
    const { raw, fileBytes } = largeMail(5 * MIB);
    const received = await receiveMail(env, { from: "vera@example.test", to: MAILBOX }, raw);
    const id = received.kind === "accepted" ? received.row.id : "";
    await processMail({ ...env, MAIL: storeAway("put") }, id);
    expect(await count("ledger", "state = 'received' AND attempts = 1")).toBe(1);
    await env.DB.prepare("UPDATE ledger SET retry_at = 1, try_at = NULL").run();
    await handleCron(env);
    expect(await settled(key, 1)).toMatchObject([{ state: "applied" }]);
    expect(await count("attachments", `size = ${fileBytes}`)).toBe(1);
  });

  test("too large by HTTP is refused though nobody said how large, and leaves nothing", async () => {
    const answer = await postStream(new Uint8Array(MAIL_BYTES_MAX + 1).fill(65));
    expect(answer.status).toBe(413);
    expect([await count("ledger"), (await env.MAIL.list()).objects.length]).toEqual([0, 0]);
  });

  test("[T19] of nothing but header lines has its text, and says what was left out", async () => {
    await receive(`From: vera@example.test\r\n${"X-Bomb: 1\r\n".repeat(500_000)}\r\nHello`);
    expect(await settled(key, 1)).toMatchObject([{ state: "applied", from: "vera@example.test" }]);
    const [thread] = await listThreads(key, 1);
    const [message] = (await openThread(key, thread?.id)).messages;
    expect(message).toMatchObject({ text: "Hello", mail: { leftOut: [{ kind: "headers", count: 498_002 }] } });
  });
});

test("[T19] is asked of the store in slices, in their order, and no byte twice", async () => {
  const { raw } = largeMail(5 * MIB);
  const received = await receiveMail(env, { from: "vera@example.test", to: MAILBOX }, streamOf(raw));
  if (received.kind !== "accepted") throw new Error("it was not accepted");
  const asked: unknown[] = [];
  await processMail({ ...env, MAIL: storeAsked((options) => asked.push(options)) }, received.row.id);
  const slice = 2 * MIB;
  expect(asked).toEqual(
    [0, slice, 2 * slice].map((offset) => ({ range: { offset, length: Math.min(slice, raw.length - offset) } })),
  );
  const [thread] = await listThreads(key, 1);
  const { messages } = await openThread(key, thread?.id ?? "");
  expect(messages[0]?.attachments.map(({ name }) => name)).toEqual(["dot.png", "plans.pdf"]);
});
