import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { createSmtpTransport } from "../../../worker/email/send-smtp.ts";
import type { SmtpConfig } from "../../../worker/email/smtp-url.ts";
import { buildOutgoing } from "./build-outgoing.ts";
import { createNodeConnect } from "./node-socket.ts";

const TIMEOUTS = { greetingMs: 300, commandMs: 300, bodyMs: 300, finalMs: 300 };
const NOW = Date.UTC(2026, 10, 23, 11);

let certificate = { key: "", cert: "" };
const closers: (() => void)[] = [];

beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), "hilo-smtp-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject], {
    stdio: "ignore",
  });
  certificate = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
});

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Received {
  from: string | false;
  to: string[];
  data: string;
  user: string | undefined;
  isSecure: boolean;
}

/** A real mail server that keeps what it receives. */
async function startServer(options: SMTPServerOptions = {}): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    ...certificate,
    authOptional: true,
    onAuth: ({ username, password }, _session, callback) => {
      if (username === "ana" && password === "pass") callback(null, { user: "ana" });
      else callback(Object.assign(new Error("5.7.8 Wrong password"), { responseCode: 535 }));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? false : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          data: Buffer.concat(chunks).toString("latin1"),
          user: session.user || undefined,
          isSecure: session.secure,
        });
        callback();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, received };
}

/** A server that follows a script: the answer to each command by its first word; undefined hangs, null hangs up. */
async function startScript(script: Record<string, string | null>): Promise<{ port: number; commands: string[] }> {
  const commands: string[] = [];
  const server = net.createServer((socket) => {
    let isBody = false;
    const answer = (word: string) => {
      const reply = script[word];
      if (reply === null) socket.destroy();
      else if (reply !== undefined) socket.write(`${reply}\r\n`);
      isBody = reply?.startsWith("354") === true;
    };
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString();
      if (isBody) {
        if (text.endsWith("\r\n.\r\n") || text === ".\r\n") answer(".");
        else if (script["body"] === null) socket.destroy();
        return;
      }
      commands.push(text.trim());
      answer(text.split(/[ \r]/)[0] ?? "");
    });
    answer("greeting");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, commands };
}

const POLITE = {
  greeting: "220 mail.example",
  EHLO: "250-mail.example\r\n250 SIZE 1000000",
  MAIL: "250 ok",
  RCPT: "250 ok",
  DATA: "354 go",
  ".": "250 taken",
  QUIT: "221 bye",
};

function createTransport(config: Partial<SmtpConfig> & { port: number }, ca = certificate.cert) {
  return createSmtpTransport({
    config: { hostname: "127.0.0.1", security: "opportunistic", credentials: null, ...config },
    connect: createNodeConnect(ca),
    now: () => NOW,
    newId: () => "0f",
    timeouts: TIMEOUTS,
  });
}

const HIDDEN_STARTTLS = { hideSTARTTLS: true };
const SENT = { kind: "sent", messageId: "m1@shop.example", refused: [] };

describe("mail by SMTP", () => {
  it("arrives with our Message-ID, with its dots, at every recipient, Bcc hidden", async () => {
    const { port, received } = await startServer();
    const mail = buildOutgoing({
      text: ".\n..\nend",
      cc: [{ address: "c@mail.example", name: null }],
      bcc: [{ address: "b@mail.example", name: null }],
    });
    expect(await createTransport({ port }).send(mail)).toEqual(SENT);
    const [got] = received;
    expect(received).toEqual([
      {
        from: "hello@shop.example",
        to: ["bea@mail.example", "c@mail.example", "b@mail.example"],
        data: got?.data,
        user: undefined,
        isSecure: true,
      },
    ]);
    expect(got?.data).toContain("\r\nMessage-ID: <m1@shop.example>\r\n");
    expect(got?.data).toContain("\r\n\r\n.\r\n..\r\nend\r\n");
    expect(got?.data).not.toContain("b@mail.example");
  });

  it("makes a Message-ID of its own where none is given", async () => {
    const { port } = await startServer(HIDDEN_STARTTLS);
    expect(await createTransport({ port }).send(buildOutgoing({ messageId: null }))).toEqual({
      ...SENT,
      messageId: "0f@shop.example",
    });
  });

  it.each(["tls", "starttls", "opportunistic"] as const)("signs in over %s", async (security) => {
    const { port, received } = await startServer({ secure: security === "tls" });
    const transport = createTransport({ port, security, credentials: { username: "ana", password: "pass" } });
    expect(await transport.send(buildOutgoing())).toEqual(SENT);
    expect(received).toMatchObject([{ user: "ana", isSecure: true }]);
  });

  it("signs in by LOGIN where PLAIN is not offered", async () => {
    const { port, received } = await startServer({ ...HIDDEN_STARTTLS, authMethods: ["LOGIN"], allowInsecureAuth: true });
    expect(await createTransport({ port, credentials: { username: "ana", password: "pass" } }).send(buildOutgoing())).toEqual(
      SENT,
    );
    expect(received).toMatchObject([{ user: "ana", isSecure: false }]);
  });

  it("refuses a wrong password in plain words", async () => {
    const { port } = await startServer();
    const result = await createTransport({ port, credentials: { username: "ana", password: "no" } }).send(buildOutgoing());
    expect(result).toMatchObject({ kind: "refused", isHard: false });
    expect(result).toHaveProperty("reason", expect.stringContaining("refused the user or password in SMTP_URL"));
  });

  it("never sends a password in clear beyond loopback", async () => {
    const { port, commands } = await startScript({ ...POLITE, EHLO: "250-mail.example\r\n250 AUTH PLAIN" });
    const connect = createNodeConnect();
    const transport = createSmtpTransport({
      config: { hostname: "mail.example", port, security: "opportunistic", credentials: { username: "u", password: "p" } },
      connect: (address, options) => connect({ ...address, hostname: "127.0.0.1" }, options),
      now: () => NOW,
      newId: () => "0f",
      timeouts: TIMEOUTS,
    });
    const reason = "The mail server offers no encryption, and a password never travels without.";
    expect(await transport.send(buildOutgoing())).toEqual({ kind: "deferred", reason });
    expect(commands.filter((command) => command.startsWith("AUTH"))).toEqual([]);
  });

  it("does not go on in clear where STARTTLS is required and not offered", async () => {
    const { port, received } = await startServer(HIDDEN_STARTTLS);
    expect(await createTransport({ port, security: "starttls" }).send(buildOutgoing())).toEqual({
      kind: "deferred",
      reason: "The mail server offers no encryption, which SMTP_URL requires.",
    });
    expect(received).toEqual([]);
  });

  it("refuses a wrong certificate where STARTTLS is required, and goes without where it was a choice", async () => {
    const { port, received } = await startServer();
    const wrong = "";
    expect(await createTransport({ port, security: "starttls" }, wrong).send(buildOutgoing())).toEqual({
      kind: "deferred",
      reason: "Encryption with the mail server failed: its certificate may be wrong.",
    });
    expect(await createTransport({ port }, wrong).send(buildOutgoing())).toEqual(SENT);
    expect(received).toMatchObject([{ isSecure: false }]);
  });

  it("[T15] sends nothing that could break out of a line", async () => {
    const { port, commands } = await startScript(POLITE);
    const bad = [
      buildOutgoing({ subject: "Hi\r\nBcc: all@x.example" }),
      buildOutgoing({ to: [{ address: "bea@mail.example>\r\nDATA", name: null }] }),
      buildOutgoing({ headers: { "X-A": "1\r\nX-B: 2" } }),
    ];
    for (const mail of bad) expect(await createTransport({ port }).send(mail)).toMatchObject({ kind: "refused", isHard: false });
    expect(commands).toEqual([]);
  });
});

describe("a mail server that refuses", () => {
  const cases: [string, Record<string, string>, object][] = [
    [
      "an unknown address",
      { RCPT: "550 5.1.1 no such user" },
      { kind: "refused", code: "5.1.1", isHard: true, reason: "This address does not exist. It said: 5.1.1 no such user" },
    ],
    [
      "an unknown address without a status",
      { RCPT: "550 unknown" },
      { kind: "refused", code: "550", isHard: true, reason: "The mail server does not know this address. It said: unknown" },
    ],
    [
      "a full mailbox",
      { RCPT: "552 5.2.2 over quota" },
      { kind: "refused", code: "5.2.2", isHard: false, reason: "This mailbox is full. It said: 5.2.2 over quota" },
    ],
    [
      "the sender's address, which says nothing of the recipient's",
      { MAIL: "550 5.1.1 who are you" },
      { kind: "refused", code: "5.1.1", isHard: false, reason: "This address does not exist. It said: 5.1.1 who are you" },
    ],
    [
      "an unknown address after the dot",
      { ".": "550 5.1.1 nobody" },
      { kind: "refused", code: "5.1.1", isHard: true, reason: "This address does not exist. It said: 5.1.1 nobody" },
    ],
    [
      "the message without a status",
      { ".": "550 no" },
      { kind: "refused", code: "550", isHard: false, reason: "The mail server refused this mail. It said: no" },
    ],
    [
      "for now (4xx at RCPT)",
      { RCPT: "450 4.2.1 greylisted" },
      { kind: "deferred", reason: "The mail server can't take this mail now. It said: 4.2.1 greylisted" },
    ],
    [
      "the sender",
      { MAIL: "550 5.7.1 not yours" },
      {
        kind: "refused",
        code: "5.7.1",
        isHard: false,
        reason: "The mail server refused this mail by its own rules. It said: 5.7.1 not yours",
      },
    ],
    [
      "before the message",
      { DATA: "451 busy" },
      { kind: "deferred", reason: "The mail server can't take this mail now. It said: busy" },
    ],
    [
      "the message (5xx after the dot)",
      { ".": "554 5.7.1 spam" },
      {
        kind: "refused",
        code: "5.7.1",
        isHard: false,
        reason: "The mail server refused this mail by its own rules. It said: 5.7.1 spam",
      },
    ],
    [
      "the message for now (4xx after the dot)",
      { ".": "451 4.3.0 later" },
      { kind: "deferred", reason: "The mail server can't take this mail now. It said: 4.3.0 later" },
    ],
    [
      "at once",
      { greeting: "421 too busy" },
      { kind: "deferred", reason: "The mail server can't take this mail now. It said: too busy" },
    ],
  ];
  it.each(cases)("%s", async (_name, script, result) => {
    const { port } = await startScript({ ...POLITE, ...script });
    expect(await createTransport({ port }).send(buildOutgoing())).toEqual(result);
  });

  it("one of two recipients: the other one gets the mail", async () => {
    const { port, received } = await startServer({
      onRcptTo: ({ address }, _session, callback) =>
        callback(address === "c@mail.example" ? Object.assign(new Error("5.1.1 nobody"), { responseCode: 550 }) : null),
    });
    const result = await createTransport({ port }).send(buildOutgoing({ cc: [{ address: "c@mail.example", name: null }] }));
    const refusal = {
      address: "c@mail.example",
      code: "5.1.1",
      isHard: true,
      reason: "This address does not exist. It said: 5.1.1 nobody",
      isTemporary: false,
    };
    expect(result).toEqual({ ...SENT, refused: [refusal] });
    expect(received.map(({ to }) => to)).toEqual([["bea@mail.example"]]);
  });

  it("both of two recipients: says so of each, and one who may be taken later makes it worth another try", async () => {
    const { port } = await startServer({
      onRcptTo: ({ address }, _session, callback) =>
        callback(Object.assign(new Error("no"), { responseCode: address === "later@mail.example" ? 450 : 550 })),
    });
    const both = buildOutgoing({ cc: [{ address: "c@mail.example", name: null }] });
    expect(await createTransport({ port }).send(both)).toMatchObject({
      kind: "refused",
      refused: [
        { address: "bea@mail.example", isHard: true },
        { address: "c@mail.example", isHard: true },
      ],
    });
    const oneLater = buildOutgoing({ cc: [{ address: "later@mail.example", name: null }] });
    expect(await createTransport({ port }).send(oneLater)).toMatchObject({ kind: "deferred" });
  });

  it("[O3] who is put off is told from who is refused for good", async () => {
    const { port } = await startServer({
      onRcptTo: ({ address }, _session, callback) =>
        callback(address === "c@mail.example" ? Object.assign(new Error("greylisted"), { responseCode: 450 }) : null),
    });
    expect(
      await createTransport({ port }).send(buildOutgoing({ cc: [{ address: "c@mail.example", name: null }] })),
    ).toMatchObject({
      kind: "sent",
      refused: [{ address: "c@mail.example", isTemporary: true, isHard: false }],
    });
  });

  it("[P6] Cc is in the headers, Bcc in the envelope alone; who is withheld is named and gets no copy", async () => {
    const { port, received } = await startServer();
    const person = (address: string) => [{ address, name: null }];
    const mail = buildOutgoing({
      cc: person("c@mail.example"),
      bcc: person("hidden@mail.example"),
      withheld: ["bea@mail.example"],
    });
    expect((await createTransport({ port }).send(mail)).kind).toBe("sent");
    expect(received[0]?.to).toEqual(["c@mail.example", "hidden@mail.example"]);
    const data = received[0]?.data ?? "";
    expect(data).toContain('To: "Bea" <bea@mail.example>');
    expect(data).toContain("Cc: <c@mail.example>");
    expect(data).not.toContain("hidden@");
    expect(data).not.toMatch(/^bcc:/im);
  });
});

describe("a connection that breaks", () => {
  const nothingSent = [
    ["there is no server", {}, 1],
    ["the greeting hangs", { greeting: undefined }],
    ["it is no mail server", { greeting: "SSH-2.0-x" }],
    ["it is cut at MAIL", { MAIL: null }],
    ["it hangs at RCPT", { RCPT: undefined }],
    ["it is cut at DATA", { DATA: null }],
    ["it hangs at DATA", { DATA: undefined }],
  ] as const;
  it.each(nothingSent)("[A5] is tried again where %s", async (_name, change, closedPort?: number) => {
    const script = Object.fromEntries(
      Object.entries({ ...POLITE, ...change }).filter((entry): entry is [string, string | null] => entry[1] !== undefined),
    );
    const { port } = await startScript(script);
    expect(await createTransport({ port: closedPort ?? port }).send(buildOutgoing())).toMatchObject({ kind: "deferred" });
  });

  it.each([
    ["is cut", { ".": null }],
    ["hangs", { ".": undefined }],
  ])("[A5] is unknown where it %s after the final dot", async (_name, change) => {
    const script = Object.fromEntries(
      Object.entries({ ...POLITE, ...change }).filter((entry): entry is [string, string | null] => entry[1] !== undefined),
    );
    const { port } = await startScript(script);
    expect(await createTransport({ port }).send(buildOutgoing())).toEqual({
      kind: "unknown",
      reason: "The connection broke before the mail server confirmed the mail.",
    });
  });

  it("is still a success where it is cut after the confirmation", async () => {
    const { port } = await startScript({ ...POLITE, QUIT: null });
    expect(await createTransport({ port }).send(buildOutgoing())).toEqual(SENT);
  });

  it("does not take clear text for the start of encryption", async () => {
    const { port } = await startScript({ ...POLITE, EHLO: "250-mail.example\r\n250 STARTTLS", STARTTLS: "220 go\r\n250 forged" });
    expect(await createTransport({ port, security: "starttls" }).send(buildOutgoing())).toMatchObject({ kind: "deferred" });
  });
});
