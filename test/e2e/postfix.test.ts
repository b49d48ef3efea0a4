/**
 * A real Postfix on either side of Hilo, as docs/mail-servers.md sets it up. Skipped where there is none (or where the
 * tests do not run as root); `.ci/run` installs it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort, LOOPBACK } from "../../tools/start/ports.ts";
import type { AgentClient } from "../support/agent-client.ts";
import { hasPostfix, Postfix } from "../support/postfix.ts";
import { MAILBOX, makeClientId, startStack, waitFor, type Stack } from "../support/stack.ts";

const SECRET = "postfix-mail-secret-0123456789-0123456789";
const PIPE = fileURLToPath(new URL("../../tools/postfix/hilo-pipe.sh", import.meta.url));
const PIPED = "help+pipe@acme.test";
const DELIVERY_TIMEOUT_MS = 30_000;

const listSchema = v.object({
  items: v.array(v.object({ id: v.string(), lastMessage: v.nullable(v.object({ preview: v.string() })) })),
});
const messageSchema = v.object({ seq: v.number() });
const pageSchema = v.object({
  messages: v.array(v.object({ seq: v.number(), text: v.string(), delivery: v.optional(v.object({ state: v.string() })) })),
});

/** The customers' own mail server. */
class Sink {
  readonly mails: { to: string[]; raw: string }[] = [];
  readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        this.mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
}

test.runIf(process.env.REQUIRE_POSTFIX === "1")("there is a Postfix to test with", () => {
  expect(hasPostfix).toBe(true);
});

describe.skipIf(!hasPostfix)("Hilo behind and in front of a Postfix", () => {
  let postfix: Postfix;
  let stack: Stack;
  let agent: AgentClient;
  const sink = new Sink();

  beforeAll(async () => {
    const port = await findFreePort();
    const sinkPort = await findFreePort();
    sink.server.listen(sinkPort, LOOPBACK);
    stack = await startStack({
      env: { INBOUND_MAIL_SECRET: SECRET, MAIL_TRANSPORT: "smtp", SMTP_URL: `smtp://${LOOPBACK}:${port}`, RATE_LIMITS: "off" },
    });
    agent = await stack.setup();
    postfix = new Postfix({
      port,
      transports: {
        [PIPED]: "hilo:",
        "acme.test": `smtp:[${LOOPBACK}]:${stack.ports.smtpPort}`,
        "example.org": `smtp:[${LOOPBACK}]:${sinkPort}`,
      },
      services: [
        "hilo unix - n n - 5 pipe",
        `  flags=q user=nobody null_sender=`,
        `  argv=FOLDER/hilo-pipe.sh http://${LOOPBACK}:${stack.ports.port} FOLDER/hilo-header \${sender} \${recipient}`,
      ],
      files: { "hilo-header": `Authorization: Bearer ${SECRET}\n`, "hilo-pipe.sh": readFileSync(PIPE, "utf8") },
    });
    postfix.start();
  });
  afterAll(async () => {
    postfix?.stop();
    sink.server.close();
    await stack?.stop();
  });

  async function send(to: string, text: string): Promise<void> {
    const transport = createTransport({ host: LOOPBACK, port: postfix.port, ignoreTLS: true });
    const from = `${text.replace(/\W+/g, "-").toLowerCase()}@example.org`;
    await transport.sendMail({ from, to, subject: text, text });
    transport.close();
  }

  async function conversationOf(text: string): Promise<string> {
    return waitFor(
      `the mail "${text}"; Postfix says:\n${postfix.log()}`,
      async () => {
        const { items } = await agent.get("/api/conversations?limit=100", listSchema);
        return items.find(({ lastMessage }) => lastMessage?.preview.includes(text) === true)?.id;
      },
      DELIVERY_TIMEOUT_MS,
    );
  }

  test("a mail goes through Postfix and the gateway into a thread", async () => {
    await send(MAILBOX, "By the gateway");
    await conversationOf("By the gateway");
  });

  test("a mail goes through Postfix's pipe to the inbound endpoint into a thread", async () => {
    await send(PIPED, "By the pipe");
    await conversationOf("By the pipe");
  });

  test("mails that come while Hilo is down wait in Postfix's queue, and are there when it is back", async () => {
    await stack.end();
    await send(MAILBOX, "Late by the gateway");
    await send(PIPED, "Late by the pipe");
    await waitFor("Postfix to have tried in vain", async () => (postfix.log().match(/status=deferred/g) ?? []).length >= 2);
    expect(postfix.log()).not.toContain("status=bounced");
    await stack.start();
    await conversationOf("Late by the gateway");
    await conversationOf("Late by the pipe");
  }, 120_000);

  test("an address that is no mailbox is refused for ever: by the gateway at once, by the pipe as no such user", async () => {
    await send("nobody@acme.test", "To nobody");
    await waitFor("the refusal", async () => /to=<nobody@acme\.test>.*status=bounced.*5\.1\.1/.test(postfix.log()));
  });

  test("an agent's reply leaves by Postfix and reaches the customer's server, with a signed address to answer to", async () => {
    await send(MAILBOX, "Please answer");
    const id = await conversationOf("Please answer");
    const body = { clientId: makeClientId(), channel: "email", text: "Here is the answer." };
    const { seq } = await agent.post(`/api/conversations/${id}/messages`, body, messageSchema);
    const mail = await waitFor(
      `the reply; Postfix says:\n${postfix.log()}`,
      async () => sink.mails.find(({ to }) => to.includes("please-answer@example.org")),
      DELIVERY_TIMEOUT_MS,
    );
    expect(mail.raw).toMatch(/^Reply-To: .*help\+[a-z2-7]+@acme\.test/im);
    expect(mail.raw).toContain("Here is the answer.");
    await waitFor("the delivery state", async () => {
      const { messages } = await agent.get(`/api/conversations/${id}`, pageSchema);
      return messages.find((message) => message.seq === seq)?.delivery?.state === "sent";
    });
  });
});
