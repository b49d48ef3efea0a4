/** `npm start` as a user sees it: what it says, what it refuses, and that it leaves nothing behind. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probePort, waitUntilFree } from "../../tools/start/ports.ts";
import { makeClientId, MAILBOX, OWNER, type Stack, startStack, waitFor } from "../support/stack.ts";

const START = fileURLToPath(new URL("../../tools/start.ts", import.meta.url));
const PORTS_FREE_MS = 10_000;

const listSchema = v.object({
  items: v.array(
    v.object({ id: v.string(), contact: v.nullable(v.object({ email: v.nullable(v.string()) })), lastMessage: v.unknown() }),
  ),
});

let stack: Stack;
let state: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "hilo-e2e-"));
  stack = await startStack({ state });
});
afterAll(async () => {
  await stack.stop();
  await rm(state, { recursive: true, force: true });
});

const run = (...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [START, ...args], { encoding: "utf8" });
  return { status, stderr };
};
const portList = ({ ports }: Stack) => [ports.port, ports.smtpPort, ports.mailPort];
const portOptions = ({ ports }: Stack) =>
  ["--port", ports.port, "--smtp-port", ports.smtpPort, "--mail-port", ports.mailPort].map(String);
const portStates = (stack: Stack) => Promise.all(portList(stack).map(probePort));

describe("npm start", () => {
  test("says where everything is, and that it is ready last", () => {
    const text = stack.output.join("\n");
    const { port, smtpPort, mailPort } = stack.ports;
    for (const place of [
      `http://localhost:${port}/`,
      `http://localhost:${port}/demo`,
      `http://localhost:${mailPort}/`,
      `:${smtpPort}`,
      state,
    ]) {
      expect(text).toContain(place);
    }
    expect(stack.output.at(-1)).toBe("Hilo is ready");
  });

  test("keeps its secrets where only their owner can read them", () => {
    expect(statSync(join(state, "worker.env")).mode & 0o777).toBe(0o600);
  });

  test("answers at both names of this machine", async () => {
    for (const host of ["localhost", "127.0.0.1"]) {
      expect((await fetch(`http://${host}:${stack.ports.port}/api/health`)).status).toBe(200);
    }
  });

  test("refuses a taken port, names free ones for all that are taken, and changes nothing", async () => {
    const folder = join(state, "never-made");
    const { status, stderr } = run(...portOptions(stack), "--state", folder);
    expect(stderr).toContain(`Port ${stack.ports.port} is taken`);
    expect(status).toBe(1);
    expect(existsSync(folder)).toBe(false);
    // The advice is taken as it is given: it must not lead into the next refusal.
    const advised = [...stderr.matchAll(/--[a-z-]*port (\d+)/g)].map(([, port]) => Number(port));
    expect(advised.length).toBe(3);
    expect(new Set(advised).size).toBe(3);
    expect(await Promise.all(advised.map(probePort))).toEqual(["free", "free", "free"]);
  });

  test("refuses a state folder that is in use", () => {
    const { status, stderr } = run("--port", "28799", "--smtp-port", "28798", "--mail-port", "28797", "--state", state);
    expect(stderr).toContain("is in use by Hilo");
    expect(status).toBe(1);
  });

  test("refuses a wrong option with its usage", () => {
    const { status, stderr } = run("--prot", "1");
    expect(stderr).toContain("--prot");
    expect(stderr).toContain("--smtp-port 2525");
    expect(status).toBe(2);
  });

  test("a mail travels from the customer to the inbox, back, and back again", async () => {
    const agent = await stack.setup();
    await stack.mailbox.send({ from: "rosa@example.org", name: "Rosa", to: MAILBOX, subject: "My order", text: "Where is it?" });
    const conversation = await waitFor(
      "the conversation",
      async () => (await agent.get("/api/conversations", listSchema)).items[0],
    );
    expect(conversation.contact).toEqual({ email: "rosa@example.org" });

    const answer = { clientId: makeClientId(), channel: "email", text: "On its way." };
    expect((await agent.request("POST", `/api/conversations/${conversation.id}/messages`, answer)).status).toBe(201);
    const mail = await waitFor("the answer", async () => (await stack.mailbox.list("rosa@example.org"))[0]);
    expect(mail).toMatchObject({ subject: "Re: My order", preview: expect.stringContaining("On its way.") });

    await stack.mailbox.reply(mail.id, "Thank you!");
    const messages = v.object({ messages: v.array(v.object({ text: v.string(), channel: v.string() })) });
    const texts = await waitFor("the third message", async () => {
      const page = await agent.get(`/api/conversations/${conversation.id}`, messages);
      return page.messages.length >= 3 && page.messages.map(({ text }) => text);
    });
    expect(texts).toEqual(["Where is it?", "On its way.", "Thank you!"]);
  });

  test("a second instance runs beside it, with ports and a state of its own", async () => {
    const other = await startStack({ args: ["--no-demo"], env: { SETUP_TOKEN: "let-me-in" } });
    try {
      const body = JSON.stringify({ ...OWNER, company: "Other", mailbox: MAILBOX });
      const headers = { "content-type": "application/json", origin: other.url };
      expect((await fetch(`${other.url}/api/setup`, { method: "POST", headers, body })).status).toBeGreaterThanOrEqual(400);
      const setup = { method: "POST", headers: { ...headers, "x-setup-token": "let-me-in" }, body };
      expect((await fetch(`${other.url}/api/setup`, setup)).status).toBe(201);
      expect(await probePort(other.ports.mailPort)).toBe("free");
    } finally {
      await other.stop();
    }
    expect(await portStates(other)).toEqual(["free", "free", "free"]);
    expect((await fetch(`${stack.url}/api/health`)).status).toBe(200);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("ends cleanly on %s, and starts again with everything it had", async (signal) => {
    const mails = await stack.mailbox.list();
    expect(await stack.end(signal)).toBe(0);
    expect(await portStates(stack)).toEqual(["free", "free", "free"]);
    await stack.start();
    const agent = await stack.signIn(OWNER);
    expect((await agent.get("/api/conversations", listSchema)).items.length).toBe(1);
    expect(await stack.mailbox.list()).toEqual(mails);
  });

  test("killed hard, it leaves no runtime behind that would hold its port", async () => {
    await stack.end("SIGKILL");
    expect(await waitUntilFree(portList(stack), PORTS_FREE_MS)).toBe(true);
    await stack.start();
    expect((await fetch(`${stack.url}/api/health`)).status).toBe(200);
  });
});
