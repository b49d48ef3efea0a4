/** The gateway with a real SMTP client, in front of a stand-in for the Worker. */
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createTransport } from "nodemailer";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  RECIPIENTS_MAX,
  type RunningGateway,
  startSmtpGateway,
  UNKNOWN_RECIPIENTS_MAX,
} from "../../../tools/smtp-gateway/gateway.ts";
import { combineDeliveries } from "../../../tools/smtp-gateway/smtp-reply.ts";

const SECRET = "the-gateways-secret";
const MESSAGE_BYTES_MAX = 100_000;
const RAW = "From: rosa@example.org\r\nTo: help@acme.test\r\nSubject: Hello\r\nMessage-ID: <1@example.org>\r\n\r\nHi\r\n.dot\r\n";

interface Delivery {
  from: string | null;
  to: string | null;
  raw: string;
}

let deliveries: Delivery[];
let troubles: string[];
/** What the stand-in answers for an address, for a recipient check and for a mail. */
let answers: Map<string, { recipient?: number; inbound?: number }>;
let worker: Server;
let gateway: RunningGateway;

async function answerAsWorker(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://worker");
  const to = url.searchParams.get("to") ?? "";
  const answer = answers.get(to);
  const reply = (status: number, body: object = {}) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const raw = await buffer(request);
  if (request.headers.authorization !== `Bearer ${SECRET}`) return void reply(401);
  if (url.pathname === "/email/recipients") return void reply(answer === undefined ? 404 : (answer.recipient ?? 200));
  const status = answer?.inbound ?? 202;
  if (status === 202) deliveries.push({ from: url.searchParams.get("from"), to, raw: raw.toString("latin1") });
  return void reply(status, { ledgerId: `ledger-${deliveries.length}` });
}

const portOf = (server: Server): number => {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
};

async function startGateway({ secret = SECRET, messageTimeoutMs = 10_000 } = {}): Promise<void> {
  gateway = await startSmtpGateway({
    host: "127.0.0.1",
    port: 0,
    workerUrl: `http://127.0.0.1:${portOf(worker)}`,
    secret,
    messageBytesMax: MESSAGE_BYTES_MAX,
    messageTimeoutMs,
    onTrouble: (text) => troubles.push(text),
  });
}

beforeEach(async () => {
  deliveries = [];
  troubles = [];
  answers = new Map([
    ["help@acme.test", {}],
    ["sales@acme.test", {}],
  ]);
  worker = createServer((request, response) => void answerAsWorker(request, response));
  await new Promise<void>((resolve) => worker.listen(0, "127.0.0.1", resolve));
  await startGateway();
});
afterEach(async () => {
  await gateway.close();
  worker.closeAllConnections();
  await new Promise((resolve) => worker.close(resolve));
});

/** @returns the reply's code and text, whether it was accepted or not */
async function send(to: string[], { from = "rosa@example.org", raw = RAW }: { from?: string; raw?: string } = {}) {
  const transport = createTransport({ host: "127.0.0.1", port: gateway.port, ignoreTLS: true });
  try {
    const { response, rejected } = await transport.sendMail({ envelope: { from, to }, raw });
    return { reply: response, rejected };
  } catch (error) {
    return { reply: error instanceof Error && "response" in error ? String(error.response) : String(error), rejected: to };
  } finally {
    transport.close();
  }
}

/** Speaks SMTP line by line, sending each line after an answer to the one before. */
function converse(lines: string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, "127.0.0.1");
    const replies: string[] = [];
    const waiting = [...lines];
    socket.on("data", (chunk) => {
      replies.push(String(chunk).trimEnd());
      const next = waiting.shift();
      if (next === undefined) socket.end("QUIT\r\n");
      else socket.write(`${next}\r\n`);
    });
    socket.on("error", () => resolve(replies));
    socket.on("close", () => resolve(replies));
  });
}

describe("[T13] the SMTP gateway", () => {
  test("hands a mail over byte for byte, with its envelope, and answers with the ledger's id", async () => {
    expect(await send(["help@acme.test"])).toMatchObject({ reply: expect.stringMatching(/^250 .*ledger-1/) });
    expect(deliveries).toEqual([{ from: "rosa@example.org", to: "help@acme.test", raw: RAW }]);
  });

  test("hands a mail for two mailboxes over once for each", async () => {
    await send(["help@acme.test", "sales@acme.test"]);
    expect(deliveries.map(({ to }) => to)).toEqual(["help@acme.test", "sales@acme.test"]);
  });

  test("accepts the empty sender of a bounce", async () => {
    const replies = await converse([
      "EHLO x",
      "MAIL FROM:<>",
      "RCPT TO:<help@acme.test>",
      "DATA",
      `${RAW.replace("\r\n.dot", "\r\n..dot")}.`,
    ]);
    expect(replies.at(-1)).toMatch(/^221/);
    expect(deliveries).toEqual([{ from: "", to: "help@acme.test", raw: RAW }]);
  });

  test("keeps the detail of a signed reply address", async () => {
    answers.set("help+token123@acme.test", {});
    await send(["help+token123@acme.test"]);
    expect(deliveries[0]?.to).toBe("help+token123@acme.test");
  });

  test("relays nothing: an address that is no mailbox is refused for good", async () => {
    expect((await send(["somebody@elsewhere.example"])).reply).toMatch(/^550/);
    expect(deliveries).toEqual([]);
  });

  test("an unknown recipient does not stop the known one", async () => {
    expect(await send(["help@acme.test", "nobody@acme.test"])).toMatchObject({ rejected: ["nobody@acme.test"] });
    expect(deliveries.map(({ to }) => to)).toEqual(["help@acme.test"]);
  });

  test.each([
    ["the Worker's storage fails", { inbound: 503 }, /^451/],
    ["the mailbox went away meanwhile", { inbound: 404 }, /^550/],
    ["the Worker finds it too large", { inbound: 413 }, /^552/],
    ["the Worker finds nothing in it", { inbound: 422 }, /^554/],
    ["the Worker fails at the recipient", { recipient: 500 }, /^451/],
  ])("when %s the sender learns what to do", async (_name, answer, expected) => {
    answers.set("help@acme.test", answer);
    expect((await send(["help@acme.test"])).reply).toMatch(expected);
  });

  test("one of two mailboxes fails: the sender tries again, and nothing is lost", async () => {
    answers.set("sales@acme.test", { inbound: 503 });
    expect((await send(["help@acme.test", "sales@acme.test"])).reply).toMatch(/^451/);
  });

  test("the Worker is away: the sender tries again", async () => {
    worker.closeAllConnections();
    await new Promise((resolve) => worker.close(resolve));
    expect((await send(["help@acme.test"])).reply).toMatch(/^451/);
    expect(troubles[0]).toContain("did not answer /email/recipients");
    expect(troubles.join()).not.toContain("help@acme.test");
  });

  test("a wrong secret is a temporary failure that the log names", async () => {
    await gateway.close();
    await startGateway({ secret: "another" });
    expect((await send(["help@acme.test"])).reply).toMatch(/^451/);
    expect(troubles).toEqual(["The Worker refuses this gateway's INBOUND_MAIL_SECRET."]);
  });

  test("a mail over the limit is refused, whether it says its size or not", async () => {
    const large = `${RAW}${"x".repeat(70)}\r\n`.repeat(2_000);
    expect((await send(["help@acme.test"], { raw: large })).reply).toMatch(/^552/);
    const replies = await converse(["EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<help@acme.test>", "DATA", `${large}.`]);
    expect(replies.some((reply) => reply.startsWith("552"))).toBe(true);
    expect(deliveries).toEqual([]);
  });

  test("a mail that breaks off is not handed over", async () => {
    const socket = connect(gateway.port, "127.0.0.1");
    const lines = ["EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<help@acme.test>", "DATA", "Subject: half"];
    await new Promise<void>((resolve) => {
      socket.on("data", () => {
        const next = lines.shift();
        if (next !== undefined) socket.write(`${next}\r\n`);
        if (lines.length === 0) setTimeout(() => socket.destroy(), 50);
      });
      socket.on("close", () => resolve());
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(deliveries).toEqual([]);
  });

  test("a mail that trickles in is given up, and leaves no file behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hilo-test-"));
    vi.stubEnv("TMPDIR", folder);
    await gateway.close();
    await startGateway({ messageTimeoutMs: 100 });
    const socket = connect(gateway.port, "127.0.0.1");
    const lines = ["EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<help@acme.test>", "DATA", "Subject: slow"];
    const last = await new Promise<string>((resolve) => {
      socket.on("data", (chunk) => {
        const next = lines.shift();
        if (next === undefined) resolve(String(chunk));
        else socket.write(`${next}\r\n`);
      });
    });
    socket.destroy();
    expect(last).toMatch(/^421/);
    expect(deliveries).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    vi.unstubAllEnvs();
    rmdirSync(folder);
  });

  test("no sign-in is offered, and no encryption without a certificate", async () => {
    const greeting = (await converse(["EHLO x"])).join("\n");
    expect(greeting).not.toMatch(/AUTH|STARTTLS/);
    expect(greeting).toContain(`SIZE ${MESSAGE_BYTES_MAX}`);
  });

  test("at most so many recipients a mail", async () => {
    const names = Array.from({ length: RECIPIENTS_MAX + 1 }, (_, index) => `m${index}@acme.test`);
    for (const name of names) answers.set(name, {});
    const replies = await converse(["EHLO x", "MAIL FROM:<a@b.example>", ...names.map((name) => `RCPT TO:<${name}>`)]);
    expect(replies.filter((reply) => reply.startsWith("250")).length).toBe(RECIPIENTS_MAX + 2);
    expect(replies.at(-2)).toMatch(/^452/);
  });

  test("somebody who guesses addresses is sent away", async () => {
    const guesses = Array.from({ length: UNKNOWN_RECIPIENTS_MAX + 1 }, (_, index) => `RCPT TO:<guess${index}@acme.test>`);
    const replies = await converse(["EHLO x", "MAIL FROM:<a@b.example>", ...guesses]);
    expect(replies.filter((reply) => reply.startsWith("550")).length).toBe(UNKNOWN_RECIPIENTS_MAX);
    expect(replies.at(-1)).toMatch(/^421/);
  });

  test("a command line that never ends is cut off", async () => {
    const replies = await converse([`EHLO ${"x".repeat(10_000)}`]);
    expect(replies.at(-1)).toMatch(/^421/);
  });
});

describe("one answer for several mailboxes", () => {
  test("no mailbox at all is no success", () => {
    expect(combineDeliveries([])).toMatchObject({ kind: "refused", reply: { responseCode: 451 } });
  });

  test("stored for one and unknown for another is tried again", () => {
    const answers = [{ kind: "stored", ledgerId: "1" } as const, { kind: "unknown-recipient" } as const];
    expect(combineDeliveries(answers)).toMatchObject({ kind: "refused", reply: { responseCode: 451 } });
  });
});
