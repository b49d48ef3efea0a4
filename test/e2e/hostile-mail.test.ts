/**
 * [T12] HTML that was made to break out: through the whole product into the inbox of a real browser, and each cleaner by
 * itself. Nothing may run, and nothing may be fetched before pictures are asked for.
 */
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sanitiseMailHtml } from "../../worker/email/html-mail.ts";
import { openCompany, type Company } from "../support/company.ts";
import { hostileHtml, type HostileHtml } from "../support/hostile-html.ts";
import { MAILBOX, waitFor } from "../support/stack.ts";
import { startTrapServer, type TrapServer } from "../support/trap-server.ts";

const SECRET = "hostile-mail-secret-0123456789-0123456789";
/** More of one sender in ten minutes are taken for a loop (M3). */
const MAILS_PER_SENDER = 18;
/** Tall enough for all messages of a sender at once: the thread draws only what can be seen. */
const VIEWPORT = { width: 1280, height: 14_000 };
/** What runs late still has to run in here. */
const SETTLE_MS = 400;
const DOCUMENT_BUILDER = fileURLToPath(new URL("../../web/inbox/conversation/mail-document.ts", import.meta.url));

let company: Company;
let trap: TrapServer;
let hostile: HostileHtml[];

beforeAll(async () => {
  trap = await startTrapServer();
  hostile = hostileHtml(trap.url);
  company = await openCompany({ env: { INBOUND_MAIL_SECRET: SECRET } });
});
afterAll(async () => {
  await company.close();
  await trap.close();
});

/** Everything that a page does and must not do. */
function watch(page: Page): string[] {
  const deeds: string[] = [];
  page.on("dialog", (dialog) => {
    deeds.push(`ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", () => deeds.push("opened a window"));
  page.on("request", (request) => {
    if (request.url().startsWith(trap.url)) deeds.push(`asked for ${request.url()}`);
  });
  page.on("framenavigated", (frame) => {
    const own = ["about:", company.stack.url, "http://hilo.test"];
    if (!own.some((start) => frame.url().startsWith(start))) deeds.push(`went to ${frame.url()}`);
  });
  return deeds;
}

async function post(from: string, html: string, id: string): Promise<void> {
  const headers = [`From: <${from}>`, `To: ${MAILBOX}`, "Subject: Hostile", `Message-ID: <${id}@example.org>`];
  const raw = [
    ...headers,
    "MIME-Version: 1.0",
    "Content-Type: text/html; charset=utf-8",
    "",
    `<p>Number ${id}.</p>`,
    html,
    "",
  ].join("\r\n");
  await postRaw(from, raw);
}

async function postRaw(from: string, raw: string): Promise<void> {
  const response = await fetch(`${company.stack.url}/email/inbound?from=${from}&to=${MAILBOX}`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}` },
    body: raw,
  });
  expect(response.status).toBe(202);
}

const listSchema = v.object({
  items: v.array(v.object({ id: v.string(), contact: v.nullable(v.object({ email: v.nullable(v.string()) })) })),
});
const ledgerSchema = v.object({ items: v.array(v.object({ state: v.string() })) });

async function conversationOf(email: string): Promise<string> {
  const { items } = await company.owner.client.get("/api/conversations?status=all&limit=100", listSchema);
  const found = items.find(({ contact }) => contact?.email === email);
  if (found === undefined) throw new Error(`no conversation with ${email}`);
  return found.id;
}

async function openPage(): Promise<Page> {
  const screen = await company.inboxOn({ viewport: VIEWPORT });
  return screen.page;
}

/** All messages of a conversation, each as it was sent. @returns how many there were */
async function showAll(page: Page, id: string): Promise<number> {
  await page.goto(`${company.stack.url}/conversations/${id}`);
  const buttons = page.getByRole("button", { name: "Show original mail" });
  await buttons.first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  const count = await buttons.count();
  await buttons.evaluateAll((all) => {
    for (const button of all) if (button instanceof HTMLElement) button.click();
  });
  await expect.poll(() => page.locator("article iframe").count()).toBe(count);
  await page.waitForTimeout(SETTLE_MS);
  return count;
}

describe("[T12] hostile mails in the inbox, each in its HTML view", () => {
  test("none runs, none asks for anything", async () => {
    expect(hostile.length).toBeGreaterThanOrEqual(100);
    const groups = Array.from({ length: Math.ceil(hostile.length / MAILS_PER_SENDER) }, (_, n) => ({
      from: `hostile${n}@example.org`,
      mails: hostile.slice(n * MAILS_PER_SENDER, (n + 1) * MAILS_PER_SENDER),
    }));
    await Promise.all(
      groups.map(async ({ from, mails }) => {
        for (const [index, { html }] of mails.entries()) await post(from, html, `${index}.${from.replace("@", ".")}`);
      }),
    );
    await waitFor("all mails", async () => {
      const { items } = await company.owner.client.get("/api/ledger?limit=100", ledgerSchema);
      return items.every(({ state }) => state === "applied");
    });
    const page = await openPage();
    const deeds = watch(page);
    let shown = 0;
    for (const { from } of groups) shown += await showAll(page, await conversationOf(from));
    expect(shown).toBe(hostile.length);
    expect({ deeds, paths: trap.paths, connections: trap.connections }).toEqual({ deeds: [], paths: [], connections: 0 });
  }, 120_000);

  test("[T24] [E35] a remote picture is fetched after the click on Show pictures, not before, and by Hilo", async () => {
    await post("picture@example.org", `<p>Look</p><img src="${trap.url}/asked-for.gif" width=10 height=10>`, "picture");
    const id = await waitFor("the conversation", () => conversationOf("picture@example.org").catch(() => null));
    const page = await openPage();
    const deeds = watch(page);
    await showAll(page, id);
    expect([deeds, trap.paths]).toEqual([[], []]);
    await page.getByRole("button", { name: "Show pictures" }).click();
    const picture = page.frameLocator("article iframe").locator("img");
    await expect.poll(() => picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth)).toBe(1);
    // The browser asked nobody but its own host.
    expect([trap.paths, deeds]).toEqual([["/asked-for.gif"], []]);
    trap.paths.length = 0;
    trap.connections = 0;
  });
});

describe("a mail's own pictures", () => {
  test("[E35] are shown at once, from signed addresses, in the place that the HTML gives them", async () => {
    const html = [
      'Content-Type: multipart/related; boundary="r"',
      "",
      "--r",
      "Content-Type: text/html",
      "",
      '<p>Look at this</p><img src="cid:dot@example.org" alt="A dot"><p>Nice?</p>',
      "--r",
      "Content-Type: image/gif; name=dot.gif",
      "Content-ID: <dot@example.org>",
      "Content-Disposition: inline",
      "Content-Transfer-Encoding: base64",
      "",
      "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=",
      "--r--",
    ].join("\r\n");
    await postRaw("dot@example.org", `From: <dot@example.org>\r\nMIME-Version: 1.0\r\n${html}`);
    const id = await waitFor("the conversation", () => conversationOf("dot@example.org").catch(() => null));
    const page = await openPage();
    await showAll(page, id);
    const picture = page.frameLocator("article iframe").getByRole("img", { name: "A dot" });
    await expect.poll(() => picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth)).toBe(1);
    expect(await picture.getAttribute("src")).toContain(`${company.stack.url}/files/`);
  });
});

/** The inbox's own document builder in an empty page. */
async function openBuilder(): Promise<Page> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: false, lib: { entry: DOCUMENT_BUILDER, formats: ["iife"], name: "mailDocument" } },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  const chunk = bundle !== undefined && "output" in bundle ? bundle.output[0] : undefined;
  if (chunk === undefined) throw new Error("The document builder could not be bundled.");
  const context = await company.device({ viewport: VIEWPORT });
  await context.route("http://hilo.test/", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><body>" }));
  const page = await context.newPage();
  await page.goto("http://hilo.test/");
  await page.addScriptTag({ content: chunk.code });
  return page;
}

/** Runs in the page: one frame for each mail, as the inbox makes them. */
const FRAME_ALL = `(mails) => Promise.all(mails.map((html) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.srcdoc = mailDocument.makeMailDocument(html, { images: new Map(), remotes: new Map() });
  frame.onload = () => resolve(frame.srcdoc);
  document.body.append(frame);
})))`;

async function frameAll(mails: string[]): Promise<{ deeds: string[]; documents: string[] }> {
  const page = await openBuilder();
  const deeds = watch(page);
  const documents = v.parse(v.array(v.string()), await page.evaluate(`(${FRAME_ALL})(${JSON.stringify(mails)})`));
  await page.waitForTimeout(SETTLE_MS);
  return { deeds, documents };
}

/** What would be dangerous without the frame's sandbox and policy. */
const DANGEROUS =
  /<(script|style|iframe|object|embed|form|input|button|svg|math|link|meta|base|template|video|audio)\b|\son\w+\s*=|javascript:|vbscript:|data:text|url\s*\(|srcset|@import|expression\s*\(/i;

describe("[T12] each of the two cleaners by itself", () => {
  test("the server's leaves nothing that could run or load", () => {
    for (const { html } of hostile) {
      const clean = (sanitiseMailHtml(html)?.html ?? "").replace(/(?<=>|^)[^<]+/g, "").replace(/ (title|alt)="[^"]*"/g, "");
      expect([html, DANGEROUS.exec(clean)?.[0], / src="(?!data:image)/.exec(clean)?.[0]]).toEqual([html, undefined, undefined]);
    }
  });

  test("the browser's, given what the sender wrote, neither runs nor fetches anything", async () => {
    const { deeds, documents } = await frameAll(hostile.map(({ html }) => html));
    expect({ deeds, paths: trap.paths, connections: trap.connections }).toEqual({ deeds: [], paths: [], connections: 0 });
    const bodies = documents.map((text) => text.slice(text.indexOf("<body>") + 6, text.lastIndexOf("</body>")));
    for (const [index, body] of bodies.entries()) {
      const tags = body.replace(/(?<=>|^)[^<]+/g, "").replace(/ (title|alt)="[^"]*"/g, "");
      expect([
        hostile[index]?.html,
        /<(script|style|iframe|form|svg|math|meta|base)\b|\son\w+\s*=|javascript:| src="(?!data:image)/i.exec(tags)?.[0],
      ]).toEqual([hostile[index]?.html, undefined]);
    }
  });

  test("both, one after the other, change nothing that a person reads", async () => {
    const html =
      '<p>Dear <b>Ana</b>,</p><table><tr><td style="color:red">10 €</td></tr></table><a href="https://shop.example/x">our shop</a>';
    const { documents } = await frameAll([sanitiseMailHtml(html)?.html ?? ""]);
    expect(documents[0]).toContain("<p>Dear <b>Ana</b>,</p>");
    expect(documents[0]).toContain("10 €");
    expect(documents[0]).toContain('href="https://shop.example/x"');
  });

  test("[E36] a link whose text names another host says where it leads; the same host in other words does not", async () => {
    const mails = [
      '<a href="https://evil.example/login">https://bank.example/login</a>',
      '<a href="https://www.bank.example/">bank.example</a>',
      '<a href="https://xn--bnk-qla.example/">bänk.example</a>',
      '<a href="https://evil.example/">Click here</a>',
      '<b><a href="https://evil.example/">Sign in at <b>ba<i>nk.exam</i>ple</b></a></b>',
      '<a href="https://evil.example/"><table><tr><td><font>bank</font>.example</td></tr></table></a>',
      '<a href="https://evil.example/"><img src="https://t.example/a.png" alt="bank.example"></a>',
      '<a href="https://evil.example/"><span>bank&shy;.exa&#8203;mple</span></a>',
    ];
    const { documents } = await frameAll(mails.map((html) => sanitiseMailHtml(html)?.html ?? ""));
    expect(documents.map((text) => / \[[^\]]+\](?=<\/a>)/.exec(text)?.[0] ?? null)).toEqual([
      " [evil.example]",
      null,
      null,
      null,
      ...Array<string>(4).fill(" [evil.example]"),
    ]);
  });
});
