/** The mailbox's HTTP: a page for people, JSON for tests. */
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import * as v from "valibot";
import { sendAsCustomer, type SendOutcome } from "./customer-mail.ts";
import type { MailStore } from "./mail-store.ts";
import { parseRaw, toHtmlPage } from "./mail-view.ts";
import { composeReply } from "./write-mail.ts";

const TEXT_LENGTH_MAX = 1_000_000;
const LINE_LENGTH_MAX = 998;
const REFERENCES_MAX = 100;
/** A proxy or a sleeping tab would give up a silent connection. */
const HEARTBEAT_MS = 15_000;

/** One line: what goes into a header holds no line breaks. */
const lineSchema = v.pipe(v.string(), v.trim(), v.maxLength(LINE_LENGTH_MAX), v.regex(/^[^\r\n\0]*$/));
const addressSchema = v.pipe(lineSchema, v.regex(/^[^\s@<>]+@[^\s@<>]+$/));
const textSchema = v.pipe(v.string(), v.maxLength(TEXT_LENGTH_MAX));
const sendSchema = v.object({
  from: addressSchema,
  name: v.optional(lineSchema),
  to: addressSchema,
  subject: lineSchema,
  text: textSchema,
  html: v.optional(textSchema),
  inReplyTo: v.optional(lineSchema),
  references: v.optional(v.pipe(v.array(lineSchema), v.maxLength(REFERENCES_MAX))),
});
const replySchema = v.object({ text: textSchema, language: v.optional(v.picklist(["en", "es"]), "en") });
const directionSchema = v.fallback(v.picklist(["received", "sent", "all"]), "received");

/** The frame may be measured by the page, and runs nothing: scripts stay off, and nothing is loaded from elsewhere. */
const MAIL_CSP =
  "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const PAGE_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/;

export interface MailboxContext {
  store: MailStore;
  gateway: { host: string; port: number };
}

const PAGE_SCRIPTS = ["app", "dom", "mail-list", "mail-pane", "mailbox-client", "texts", "write-dialog"];

const pageFile = (name: string) => readFile(new URL(`./page/${name}`, import.meta.url), "utf8");

function addGuards(app: Hono): void {
  app.use(async (c, next) => {
    // Pages of other sites reach this machine through a name of their own; those names are not ours.
    if (!LOOPBACK_HOST.test(c.req.header("host") ?? "")) return c.text("Not here.", 403);
    const origin = c.req.header("origin");
    if (c.req.method !== "GET" && origin !== undefined && !URL.canParse(origin)) return c.text("Not from there.", 403);
    if (c.req.method !== "GET" && origin !== undefined && !LOOPBACK_HOST.test(new URL(origin).host)) {
      return c.text("Not from there.", 403);
    }
    await next();
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cache-control", "no-store");
    return undefined;
  });
}

function addPage(app: Hono): void {
  app.get("/", async (c) => {
    c.header("content-security-policy", PAGE_CSP);
    return c.html(await pageFile("index.html"));
  });
  app.get("/style.css", async (c) => c.body(await pageFile("style.css"), 200, { "content-type": "text/css" }));
  for (const name of PAGE_SCRIPTS) {
    app.get(`/${name}.ts`, async (c) =>
      c.body(stripTypeScriptTypes(await pageFile(`${name}.ts`)), 200, { "content-type": "text/javascript" }),
    );
  }
}

function addReading(app: Hono, { store }: MailboxContext): void {
  app.get("/api/mails", async (c) => {
    const to = c.req.query("to")?.toLowerCase();
    const mails = await store.list(v.parse(directionSchema, c.req.query("direction")));
    return c.json({
      items: to === undefined ? mails : mails.filter((mail) => mail.envelope.to.some((one) => one.toLowerCase() === to)),
    });
  });
  app.delete("/api/mails", async (c) => {
    await store.clear();
    return c.body(null, 204);
  });
  app.get("/api/mails/:id", async (c) => {
    const mail = await store.find(c.req.param("id"));
    return mail === null ? c.notFound() : c.json(mail);
  });
  app.get("/api/mails/:id/raw", async (c) => {
    const raw = await store.readRaw(c.req.param("id"));
    return raw === null ? c.notFound() : c.body(new Uint8Array(raw), 200, { "content-type": "text/plain; charset=utf-8" });
  });
  app.get("/mails/:id/html", async (c) => {
    const raw = await store.readRaw(c.req.param("id"));
    if (raw === null) return c.notFound();
    c.header("content-security-policy", MAIL_CSP);
    return c.html(toHtmlPage(await parseRaw(raw)));
  });
  app.get("/api/mails/:id/attachments/:index", async (c) => {
    const raw = await store.readRaw(c.req.param("id"));
    const file = raw === null ? undefined : (await parseRaw(raw)).attachments[Number(c.req.param("index"))];
    if (file === undefined || typeof file.content === "string") return c.notFound();
    const name = encodeURIComponent((file.filename ?? "attachment").toWellFormed());
    return c.body(new Uint8Array(file.content), 200, {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename*=UTF-8''${name}`,
    });
  });
}

const answer = (outcome: SendOutcome) =>
  outcome.kind === "sent"
    ? Response.json({ id: outcome.id, response: outcome.response }, { status: 201 })
    : Response.json({ error: outcome.reason }, { status: 502 });
const readJson = (request: Request): Promise<unknown> => request.json().catch(() => null);

function addWriting(app: Hono, context: MailboxContext): void {
  app.post("/api/send", async (c) => {
    const body = v.safeParse(sendSchema, await readJson(c.req.raw));
    if (!body.success) return c.json({ error: v.summarize(body.issues) }, 422);
    return answer(await sendAsCustomer(body.output, context));
  });
  app.post("/api/mails/:id/reply", async (c) => {
    const id = c.req.param("id");
    const body = v.safeParse(replySchema, await readJson(c.req.raw));
    if (!body.success) return c.json({ error: v.summarize(body.issues) }, 422);
    const mail = await context.store.find(id);
    const raw = await context.store.readRaw(id);
    if (mail === null || raw === null) return c.notFound();
    const html = (await parseRaw(raw)).html ?? "";
    return answer(await sendAsCustomer(composeReply({ mail, html, ...body.output }), context));
  });
}

function addEvents(app: Hono, { store }: MailboxContext): void {
  app.get("/api/events", (c) =>
    streamSSE(c, async (stream) => {
      const onChange = () => void stream.writeSSE({ event: "change", data: "" });
      store.on("change", onChange);
      stream.onAbort(() => void store.off("change", onChange));
      while (!stream.aborted) {
        await stream.writeSSE({ event: "alive", data: "" });
        await stream.sleep(HEARTBEAT_MS);
      }
    }),
  );
}

export function createMailboxApi(context: MailboxContext): Hono {
  const app = new Hono();
  addGuards(app);
  addPage(app);
  addReading(app, context);
  addWriting(app, context);
  addEvents(app, context);
  return app;
}
