import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { attachmentCreatedSchema, signedUrlSchema } from "../../../worker/domain/api-shapes.ts";
import { signedFor } from "../support/authority.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { ORIGIN, call, fetchWorker, read, refused, type Caller } from "../support/http.ts";
import { FILE_MAIL, ledger, rawMail, receive } from "../support/inbound.ts";
import { openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const upload = async (bytes: Uint8Array | string, headers: Record<string, string>, caller: Caller = { key }) =>
  read(attachmentCreatedSchema, caller, "token" in (caller ?? {}) ? "POST /widget/attachments" : "POST /api/attachments", {
    body: bytes,
    headers,
    status: 201,
  });

/** A file that was sent, and what its link serves. */
async function served(bytes: Uint8Array | string, type: string, name = "file") {
  const file = await upload(bytes, { "content-type": type, "x-filename": encodeURIComponent(name) });
  const { conversationId: id } = await beginChat();
  await reply(key, id, { channel: "chat", text: "", attachmentIds: [file.id] });
  const link = await read(signedUrlSchema, { key }, `POST /api/conversations/${id}/attachments/${file.id}/url`);
  const response = await fetchWorker(null, `GET ${link.url.slice(ORIGIN.length)}`);
  await response.arrayBuffer();
  return { file, link, id, type: response.headers.get("content-type"), disposition: response.headers.get("content-disposition") };
}

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]);

describe("[T11] what a file is, its bytes say", () => {
  test("[E38] SVG, HTML, XML and scripts are never shown or run, whatever they call themselves", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const html = "<!doctype html><script>alert(1)</script>";
    for (const [bytes, declared] of [
      [svg, "image/svg+xml"],
      [svg, "image/png"],
      [svg, "text/xml"],
      [svg, "application/xml"],
      [svg, "application/rss+xml"],
      [html, "text/html"],
      [html, "TEXT/HTML; charset=utf-8"],
      [html, "image/jpeg"],
      [html, "application/xhtml+xml"],
      ["alert(1)", "text/javascript"],
      ["alert(1)", "application/javascript"],
      ["<x/>", "multipart/x-mixed-replace"],
      ["x", "nonsense"],
      ["x", "text/html\u00a0"],
    ] as const) {
      const file = await served(bytes, declared);
      expect([declared, file.disposition?.split(";")[0]]).toEqual([declared, "attachment"]);
      expect([declared, file.type]).not.toEqual([declared, declared]);
      expect(file.type).not.toMatch(/html|xml|svg|javascript|multipart|^image/);
    }
  });

  test("[E38] a picture is one only where its bytes are, also under another name", async () => {
    expect(await served(PNG, "text/html", "x.html")).toMatchObject({
      type: "image/png",
      disposition: "inline; filename*=UTF-8''x.html",
    });
    expect(await served(PNG, "image/jpeg")).toMatchObject({ type: "image/png" });
    expect((await served("%PDF-1.7", "image/png")).disposition).toMatch(/^attachment/);
  });

  test("[T15] names lose paths, control and direction characters, and cannot break the header", async () => {
    for (const [name, clean] of [
      ["../../etc/passwd", "passwd"],
      ["C:\\temp\\a.txt", "a.txt"],
      ["a\r\nSet-Cookie: x=1.txt", "aSet-Cookie x=1.txt"],
      ["evil\u202Egnp.exe", "evilgnp.exe"],
      ["..", "file"],
      ["", "file"],
      ["%", "%"],
    ] as const) {
      const { file, disposition } = await served("x", "text/plain", name);
      expect([name, file.name]).toEqual([name, clean]);
      expect(disposition).toBe(`attachment; filename*=UTF-8''${encodeURIComponent(clean)}`);
    }
    expect((await upload("x", { "content-type": "text/plain", "x-filename": "%zz" })).name).toBe("file");
    expect((await upload("x", { "content-type": "text/plain", "x-filename": `${"n".repeat(400)}.png` })).name).toHaveLength(150);
  });
});

const partOf = (type: string, name: string, body: string) => [
  "--b",
  `Content-Type: ${type}`,
  `Content-Disposition: attachment; filename="${name}"`,
  "",
  body,
];

describe("[T11] who gets a file", () => {
  test("only a fresh link of ours serves it: expired, forged, moved and bare ones do not", async () => {
    const { link, file } = await served("x", "text/plain");
    const other = await served("y", "text/plain");
    const url = new URL(link.url);
    const altered = (change: Record<string, string>, path = url.pathname) => {
      const query = new URLSearchParams({ ...Object.fromEntries(url.searchParams), ...change });
      return `GET ${path}?${query.toString()}`;
    };
    expect((await call(null, altered({}))).status).toBe(200);
    for (const route of [
      altered({ expires: String(link.expiresAt + 1) }),
      altered({ expires: "1" }),
      altered({ expires: "Infinity" }),
      altered({ expires: "" }),
      altered({ signature: "" }),
      altered({ signature: "A".repeat(43) }),
      altered({}, `/files/${other.file.id}`),
      `GET /files/${file.id}`,
    ])
      await refused(null, route, [404, "not_found"]);
  });

  test("an expired link of ours is refused as well", async () => {
    const { createFileUrl } = await import("../../../worker/api/files.ts");
    const { file } = await served("x", "text/plain");
    const url = async (expiresAt: number) =>
      (await createFileUrl(env, ORIGIN, { attachmentId: file.id, expiresAt })).url.slice(ORIGIN.length);
    expect((await call(null, `GET ${await url(Date.now() + 60_000)}`)).status).toBe(200);
    await refused(null, `GET ${await url(Date.now() - 1)}`, [404, "not_found"]);
  });

  test("a link that is in a mail outlives a change of the secret", async () => {
    const { link } = await served("x", "text/plain");
    const route = `GET ${link.url.slice(ORIGIN.length)}`;
    const APP_SECRET = "a-new-secret-0123456789abcdef0123456789";
    await refused(null, route, [404, "not_found"], { bindings: { APP_SECRET } });
    const bindings = { APP_SECRET, APP_SECRET_OLDER: env.APP_SECRET ?? "" };
    expect((await call(null, route, { bindings })).status).toBe(200);
  });

  test("a file of one conversation is refused to another: its sender's, its visitor's and its links", async () => {
    const [mine, theirs] = [await beginChat(), await beginChat()];
    const file = await upload(PNG, { "content-type": "image/png" }, { token: mine.token });
    await refused({ token: theirs.token }, `POST /widget/attachments/${file.id}/url`, [404, "not_found"]);
    await refused({ key }, `POST /api/conversations/${theirs.conversationId}/attachments/${file.id}/url`, [404, "not_found"]);
    await refused({ key }, `POST /api/conversations/${mine.conversationId}/messages`, [422, "unknown_attachment"], {
      body: { clientId: newId(), channel: "chat", text: "", attachmentIds: [file.id] },
    });
  });

  test("a visitor is given a link to a file of what is for them: of no note, and of no mail of somebody else in their chat", async () => {
    const { token, conversationId: id } = await beginChat();
    const fileOf = async (channel: "chat" | "note") => {
      const file = await upload("x", { "content-type": "text/plain" });
      await reply(key, id, { channel, text: "See the file", attachmentIds: [file.id] });
      return file.id;
    };
    const urlOf = (fileId: string | undefined) => `POST /widget/attachments/${fileId}/url`;
    await read(signedUrlSchema, { token }, urlOf(await fileOf("chat")));
    await refused({ token }, urlOf(await fileOf("note")), [404, "not_found"]);
    await receive(rawMail(FILE_MAIL), { to: await signedFor("contact", "vera@example.test", id) });
    const mailed = (await openThread(key, id)).messages.at(-1)?.attachments[0];
    expect(mailed).toMatchObject({ name: "a.txt" });
    await refused({ token }, urlOf(mailed?.id), [404, "not_found"]);
  });

  test("files of a mail belong to its conversation, with types of their bytes", async () => {
    await receive(
      rawMail({
        headers: ['Content-Type: multipart/mixed; boundary="b"', "MIME-Version: 1.0"],
        text: [
          ...partOf("image/png", "../x.svg", "<svg onload=alert(1)>"),
          ...partOf("text/html", "a.html", "<script>"),
          "--b--",
        ].join("\r\n"),
      }),
    );
    const [row] = await ledger(key);
    const { messages } = await openThread(key, row?.conversationId);
    expect(messages[0]?.attachments.map(({ name, type }) => [name.includes("/"), type])).toEqual([
      [false, "application/octet-stream"],
      [false, "text/plain"],
    ]);
    const { conversationId } = await beginChat();
    await refused({ key }, `POST /api/conversations/${conversationId}/attachments/${messages[0]?.attachments[0]?.id}/url`, [
      404,
      "not_found",
    ]);
  });
});

describe("[T10] the wallet", () => {
  test("uploads that no message claims are removed after a day, from R2 too; others stay", async () => {
    const { file: kept } = await served("kept", "text/plain");
    const forgotten = await upload("forgotten", { "content-type": "text/plain" });
    const fresh = await upload("fresh", { "content-type": "text/plain" });
    const dayAgo = Date.now() - 24 * 60 * 60 * 1_000 - 1;
    await env.DB.prepare("UPDATE attachments SET created_at = ? WHERE id IN (?, ?)").bind(dayAgo, kept.id, forgotten.id).run();
    await handleCron(env);
    const rows = await env.DB.prepare("SELECT id FROM attachments").all<{ id: string }>();
    expect(rows.results.map(({ id }) => id).sort()).toEqual([kept.id, fresh.id].sort());
    expect(await env.MAIL.head(`attachments/${forgotten.id}`)).toBeNull();
    expect(await env.MAIL.head(`attachments/${kept.id}`)).not.toBeNull();
  });

  test("new conversations are limited per client: 429 with Retry-After", async () => {
    const answers = await Promise.all(
      Array.from({ length: 70 }, () =>
        call(null, "POST /widget/conversations", {
          body: { clientId: newId(), text: "x" },
          headers: { "cf-connecting-ip": "203.0.113.9" },
        }),
      ),
    );
    const refusedOnes = answers.filter(({ status }) => status === 429);
    expect(refusedOnes.length).toBeGreaterThan(0);
    expect(refusedOnes[0]?.body).toMatchObject({ code: "too_many_requests" });
    expect(refusedOnes[0]?.headers.get("retry-after")).toBe("60");
    expect((await call(null, "POST /widget/conversations", { body: { clientId: newId(), text: "x" } })).status).toBe(201);
  });

  test("a message from a token that is none stores nothing", async () => {
    await refused({ token: "v1.x.1.-.y" }, "POST /widget/attachments", [401, "not_signed_in"], { body: PNG });
    expect((await env.MAIL.list()).objects).toEqual([]);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM attachments").first("n")).toBe(0);
  });
});
