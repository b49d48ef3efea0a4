/** [T24] What browsers are told, at every door and whatever happens behind it. Files by themselves: `test/e2e/doors.test.ts`. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { attachmentCreatedSchema, signedUrlSchema } from "../../../worker/domain/api-shapes.ts";
import { pictureLinksSchema } from "../../../worker/domain/picture-shapes.ts";
import { formatHeadersFile } from "../../../worker/domain/security-headers.ts";
import type { Env } from "../../../worker/env.ts";
import worker from "../../../worker/index.ts";
import { SETUP_BODY, addAgent, freshDeployment } from "../support/deployment.ts";
import { databaseAway } from "../support/faults.ts";
import { ORIGIN, SITE, fetchWorker, read, type Caller, type CallOptions } from "../support/http.ts";
import { MAIL_SECRET } from "../support/inbound.ts";
import { reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 1, 2, 3, 4, 5]);
const PAGE = { "content-type": "text/html; charset=utf-8", etag: '"page"' };
const CODE = { "content-type": "text/javascript; charset=utf-8" };
/** What was built and deployed: Cloudflare serves these, and says which are not there. */
const FILES: Record<string, Record<string, string>> = {
  "/": PAGE,
  "/widget/panel-abcd1234.js": CODE,
  "/widget/panel.js": CODE,
  "/demo": PAGE,
};
const ASSETS: Fetcher = {
  fetch: async (input: RequestInfo | URL) => {
    const request = input instanceof Request ? input : new Request(input);
    const headers = FILES[new URL(request.url).pathname];
    if (headers === undefined) return new Response(null, { status: 404 });
    if (headers["etag"] !== undefined && request.headers.get("if-none-match") === headers["etag"])
      return new Response(null, { status: 304, headers });
    return new Response("the file", { headers });
  },
  connect: () => {
    throw new Error("nobody connects to files");
  },
};

const EVERYWHERE = {
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
};
const DATA = { ...EVERYWHERE, "referrer-policy": "no-referrer" };

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const open = (route: string, options: CallOptions & { caller?: Caller; bindings?: Partial<Env> } = {}) =>
  fetchWorker(options.caller ?? null, route, { ...options, bindings: { ASSETS, ...options.bindings } });

/** Where `npm start` runs. */
const atHome = (path: string) =>
  worker.fetch(new Request(`http://localhost:8787${path}`), { ...env, ASSETS }, createExecutionContext());

/** One way through each door, and one that fails. */
async function walk(): Promise<[door: string, status: number, response: Response][]> {
  const agent = await addAgent("agent");
  const { token, conversationId: id } = await beginChat();
  const file = await read(attachmentCreatedSchema, { key }, "POST /api/attachments", { body: PNG, status: 201 });
  await reply(key, id, { channel: "chat", attachmentIds: [file.id] });
  const link = await read(signedUrlSchema, { token }, `POST /widget/attachments/${file.id}/url`);
  const { links } = await read(pictureLinksSchema, { key }, "POST /api/pictures", {
    body: { urls: ["https://a.example/b.gif"] },
  });
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(PNG));
  const of = (url: string | null | undefined) => `GET ${(url ?? "").replace(ORIGIN, "")}`;
  const mail = { headers: { authorization: `Bearer ${MAIL_SECRET}` } };
  const doors: [route: string, status: number, options?: Parameters<typeof open>[1]][] = [
    ["GET /api/health", 200],
    ["GET /api/me", 200, { caller: { key: agent.key } }],
    ["GET /api/me", 401],
    ["GET /api/agents", 503, { caller: { key }, bindings: { DB: databaseAway(1) } }],
    ["POST /api/api-keys", 403, { caller: { key: agent.key }, body: { name: "x" } }],
    ["GET /api/nowhere", 404],
    ["DELETE /api/nowhere", 404],
    [`POST /api/conversations/${id}/read`, 204, { caller: { key }, body: {} }],
    ["GET /api/openapi.json", 200],
    ["GET /api/auth/get-session", 404],
    // Anywhere but on one's own machine setup needs its token (T8).
    ["POST /api/setup", 403, { body: SETUP_BODY }],
    ["GET /not-me", 200],
    ["GET /widget/config", 200, { headers: { origin: SITE } }],
    ["OPTIONS /widget/conversations", 204, { headers: { origin: SITE, "access-control-request-method": "POST" } }],
    ["POST /widget/contact", 401, { body: {} }],
    ["GET /widget/panel-abcd1234.js", 200],
    ["GET /widget/panel-gone1234.js", 404],
    ["POST /widget/nowhere", 404],
    ["GET /email/recipients?to=hello@acme.test", 204, mail],
    ["POST /email/inbound?to=hello@acme.test", 401],
    [of(link.url), 200],
    ["GET /files/nothing", 404],
    [of(links[0]), 200],
    ["GET /pictures", 404],
    ["GET /demo", 404],
    ["GET /.well-known/nothing", 404],
    ["GET /assets/index-gone1234.js", 404],
    ["PUT /", 404],
  ];
  const answers: [string, number, Response][] = [];
  for (const [route, status, options] of doors) answers.push([route, status, await open(route, options)]);
  vi.restoreAllMocks();
  return answers;
}

describe("[T24] headers", () => {
  test("of every door are set, whatever it answers; what is no page runs, loads and is framed nowhere", async () => {
    const doors = await walk();
    expect(doors.length).toBeGreaterThan(25);
    for (const [door, status, { status: given, headers }] of doors) {
      expect([door, given, Object.fromEntries(headers)]).toEqual([door, status, expect.objectContaining(DATA)]);
      expect([door, headers.get("content-security-policy")]).toEqual([door, expect.stringContaining("default-src 'none'")]);
    }
  });

  test("of a page keep the inbox to its own host", async () => {
    for (const path of ["/", "/conversations/01a21f76-e5b6-745a-a33c-e0537c1e055e", "/settings/widget"]) {
      const { status, headers } = await open(`GET ${path}`);
      expect([path, status, headers.get("content-type")]).toEqual([path, 200, PAGE["content-type"]]);
      expect(Object.fromEntries(headers)).toMatchObject({ ...EVERYWHERE, "referrer-policy": "no-referrer" });
    }
    const policy = (await open("GET /conversations")).headers.get("content-security-policy") ?? "";
    const directives = new Map(policy.split("; ").map((directive) => [directive.split(" ")[0], directive]));
    expect([directives.get("connect-src"), directives.get("img-src"), directives.get("script-src")]).toEqual([
      "connect-src 'self'",
      "img-src 'self' data: blob:",
      "script-src 'self'",
    ]);
    expect(policy).not.toMatch(/https?:|wss?:|\*|unsafe-eval/);
  });

  test("of the files that Cloudflare serves by itself are the same", async () => {
    const { headers } = await open("GET /conversations");
    const lines = formatHeadersFile().split("\n");
    const everyFile = lines.slice(1, lines.indexOf("")).map((line) => line.trim());
    for (const line of everyFile) {
      const [name = "", ...value] = line.split(": ");
      expect([name, headers.get(name)]).toEqual([name, value.join(": ")]);
    }
    expect(everyFile).toHaveLength(7);
  });

  test("promise nothing about TLS where there is none", async () => {
    const response = await atHome("/api/health");
    expect([response.status, response.headers.has("strict-transport-security")]).toEqual([200, false]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("[T24] immutable means exact", () => {
  test("a file of the widget is kept for good, and only under the name that carries its hash", async () => {
    const kept = (route: string, options?: CallOptions) =>
      open(route, options).then(({ status, headers }) => [status, headers.get("cache-control")]);
    expect(await kept("GET /widget/panel-abcd1234.js")).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await kept("GET /widget/panel.js"))[1]).toBeNull();
    expect(await kept("GET /widget/panel-gone1234.js")).toEqual([404, "no-store"]);
    // Should whoever serves files answer with a page in the place of one.
    FILES["/widget/panel-page1234.js"] = PAGE;
    expect(await kept("GET /widget/panel-page1234.js")).toEqual([404, "no-store"]);
  });

  test("a file that has not changed is said to be so", async () => {
    FILES["/widget/panel.js"] = { ...CODE, etag: '"panel"' };
    const { status } = await open("GET /widget/panel.js", { headers: { "if-none-match": '"panel"' } });
    expect(status).toBe(304);
  });

  test.each([
    "/assets/index-gone1234.js",
    "/assets/",
    "/favicon.ico",
    "/wp-login.php",
    "/files/a/b",
    "/.well-known/x",
    "/demo/x",
  ])("nothing is at %s: 404 that nobody keeps, not the inbox's page, not even unchanged", async (path) => {
    for (const headers of [{}, { "if-none-match": '"page"', "sec-fetch-mode": "navigate", accept: "text/html" }]) {
      const answer = await open(`GET ${path}`, { headers });
      expect([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
        404,
        "application/problem+json",
        "no-store",
      ]);
    }
  });

  test("the example site is nobody's but one's own machine's", async () => {
    expect((await open("GET /demo")).status).toBe(404);
    const response = await atHome("/demo");
    expect([response.status, await response.text()]).toEqual([200, "the file"]);
  });
});
