/**
 * [T24] What is served under which name, as it was built and as it is deployed: by the Worker's files and by Pages. The
 * headers of what the Worker itself answers: `test/workers/threats/headers.test.ts`.
 */
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { findFreePort } from "../../tools/start/ports.ts";
import { INBOX_HEADERS } from "../../worker/domain/security-headers.ts";
import { AgentClient } from "../support/agent-client.ts";
import { makeClientId } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const DEPLOYED = fileURLToPath(new URL("../../dist/inbox", import.meta.url));
const FOR_GOOD = "public, max-age=31536000, immutable";

const pagesPort = await findFreePort();
const company = useCompany({ args: ["--pages-port", String(pagesPort)] });
const hosts = {
  worker: () => company().stack.url,
  pages: () => `http://localhost:${pagesPort}`,
};

const nameOf = (pattern: string): string => {
  const [found] = globSync(pattern, { cwd: DEPLOYED });
  if (found === undefined) throw new Error(`nothing built is named ${pattern}`);
  return `/${found}`;
};

async function ask(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers, redirect: "manual" });
  const text = await response.text();
  return { status: response.status, headers: response.headers, isPage: text.includes("<!doctype html>") };
}

describe.each(["worker", "pages"] as const)("[T24] at the %s", (place) => {
  test("a built file is kept for good, under the name that carries its hash", async () => {
    for (const name of [nameOf("assets/index-*.js"), nameOf("assets/*.css"), nameOf("widget/panel-*.js")]) {
      const { status, headers, isPage } = await ask(hosts[place]() + name);
      expect([name, status, headers.get("cache-control"), isPage]).toEqual([name, 200, FOR_GOOD, false]);
      expect(headers.get("content-type")).toMatch(/javascript|css/);
    }
  });

  test("a missing one is missing, and nobody keeps that: not even as the unchanged page", async () => {
    const page = await ask(`${hosts[place]()}/`);
    const etag = page.headers.get("etag") ?? "";
    expect(etag).not.toBe("");
    for (const name of ["/assets/index-gone1234.js", "/assets/gone.css", "/assets/", "/widget/panel-gone1234.js", "/widget/"]) {
      for (const headers of [{}, { "if-none-match": etag, "sec-fetch-mode": "navigate", accept: "text/html" }]) {
        const answer = await ask(hosts[place]() + name, headers);
        expect([name, answer.status, answer.headers.get("cache-control"), answer.isPage]).toEqual([name, 404, "no-store", false]);
      }
    }
  });

  test("every screen is the inbox's page, with its policy, and asked for anew each time", async () => {
    for (const path of ["/", "/conversations/01a21f76-e5b6-745a-a33c-e0537c1e055e", "/settings/widget"]) {
      const { status, headers, isPage } = await ask(hosts[place]() + path);
      expect([path, status, isPage, headers.get("cache-control")]).toEqual([
        path,
        200,
        true,
        "public, max-age=0, must-revalidate",
      ]);
      for (const [name, value] of Object.entries(INBOX_HEADERS)) expect([path, headers.get(name)]).toEqual([path, value]);
    }
  });

  test("a visitor's file opens by the link that this host signs", async () => {
    const { conversationId, attachmentId } = await leaveFile();
    const agent = new AgentClient(hosts[place](), company().owner.client.cookie);
    const path = `/api/conversations/${conversationId}/attachments/${attachmentId}/url`;
    const { url } = await agent.post(path, {}, v.object({ url: v.string() }));
    expect(url).toContain(`${hosts[place]()}/files/`);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, "the text of the file"]);
  });
});

async function leaveFile(): Promise<{ conversationId: string; attachmentId: string }> {
  const origin = hosts.worker();
  const begin = JSON.stringify({ clientId: makeClientId(), text: "Here it comes" });
  const headers = { origin, "content-type": "application/json" };
  const made = await fetch(`${origin}/widget/conversations`, { method: "POST", headers, body: begin });
  const { token, conversationId } = v.parse(v.object({ token: v.string(), conversationId: v.string() }), await made.json());
  const upload = { origin, authorization: `Bearer ${token}`, "content-type": "text/plain", "x-filename": "a.txt" };
  const file = await fetch(`${origin}/widget/attachments`, { method: "POST", headers: upload, body: "the text of the file" });
  return { conversationId, attachmentId: v.parse(v.object({ id: v.string() }), await file.json()).id };
}

describe("[T24] the example site", () => {
  test("is not among the files that are deployed, and is served on one's own machine", async () => {
    expect(existsSync(join(DEPLOYED, "index.html"))).toBe(true);
    expect(existsSync(join(DEPLOYED, "demo"))).toBe(false);
    expect((await fetch(`${hosts.worker()}/demo`)).status).toBe(200);
  });
});
