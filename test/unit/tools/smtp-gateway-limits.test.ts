/** [T13] What strangers may do to the SMTP gateway, with raw sockets: how much, how long, and how a line ends. */
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { hostname } from "node:os";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ClientAllowance, clientOf } from "../../../tools/smtp-gateway/client-limits.ts";
import { hasOddLineEnd } from "../../../tools/smtp-gateway/line-ends.ts";
import type { Patience } from "../../../tools/smtp-gateway/strict-connection.ts";
import { type RunningGateway, startSmtpGateway } from "../../../tools/smtp-gateway/gateway.ts";

const HEADER = "From: rosa@example.org\r\nSubject: Hello\r\n\r\n";
const ENVELOPE = ["EHLO x", "MAIL FROM:<rosa@example.org>", "RCPT TO:<help@acme.test>"];

let mails: string[];
/** Recipients that the Worker was asked about. */
let asked: string[];
let worker: Server;
let gateway: RunningGateway;
const clients: Client[] = [];

const portOf = (server: Server): number => {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
};

interface Limits {
  client?: Partial<ClientAllowance>;
  patience?: Partial<Patience>;
  name?: string;
}

/** Clients that are still there would be waited for. */
async function stop(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
  await gateway.close();
}

async function start(limits: Limits = {}): Promise<void> {
  gateway = await startSmtpGateway({
    host: "127.0.0.1",
    port: 0,
    workerUrl: `http://127.0.0.1:${portOf(worker)}`,
    secret: "secret",
    onTrouble: (text) => expect(text).toBe(""),
    ...limits,
  });
}

beforeEach(async () => {
  mails = [];
  asked = [];
  worker = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://worker");
    const to = searchParams.get("to") ?? "";
    if (pathname === "/email/recipients") {
      asked.push(to);
      return void response.writeHead(to.endsWith("@acme.test") ? 204 : 404).end();
    }
    void buffer(request).then((raw) => {
      mails.push(raw.toString("latin1"));
      response.writeHead(202, { "content-type": "application/json" }).end(JSON.stringify({ ledgerId: "1" }));
    });
  });
  await new Promise<void>((resolve) => void worker.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await stop();
  worker.closeAllConnections();
  await new Promise((resolve) => worker.close(resolve));
});

/** A client of the gateway that writes what it likes. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = "";
  #taken = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;

  /** @param from an address of this machine: to the gateway each is another client */
  constructor(from = "127.0.0.1") {
    clients.push(this);
    this.socket = connect({ port: gateway.port, host: "127.0.0.1", localAddress: from });
    this.socket.on("data", (chunk) => {
      this.#received += String(chunk);
      this.#wake();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.on("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      }),
    );
  }

  /** The next whole reply; null where the gateway hung up instead. */
  async reply(): Promise<string | null> {
    for (;;) {
      const end = /^\d{3} .*\r\n/m.exec(this.#received.slice(this.#taken));
      if (end !== null) {
        const reply = this.#received.slice(this.#taken, this.#taken + end.index + end[0].length);
        this.#taken += reply.length;
        return reply.trimEnd();
      }
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async say(line: string): Promise<string | null> {
    this.socket.write(`${line}\r\n`, "latin1");
    return this.reply();
  }

  /** Greeted, and through these lines. @returns the replies */
  async begin(lines: readonly string[] = ENVELOPE): Promise<(string | null)[]> {
    const replies = [await this.reply()];
    for (const line of lines) replies.push(await this.say(line));
    return replies;
  }

  async leave(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}

/** @returns the code of the first reply */
async function knock(from?: string): Promise<{ code: string | undefined; client: Client }> {
  const client = new Client(from);
  return { code: (await client.reply())?.slice(0, 3), client };
}

describe("[T13] who the gateway says it is", () => {
  test("is nobody, or the name that it was given; never this machine, and not which program", async () => {
    for (const [options, name] of [[{}, "hilo"] as const, [{ name: "mx.acme.example" }, "mx.acme.example"] as const]) {
      await start(options);
      const client = new Client();
      const replies = await client.begin(["EHLO x", "HELO x", "HELP", "WIZ x", "KILL", "XCLIENT ADDR=1.2.3.4", "QUIT"]);
      expect(replies[0]).toBe(`220 ${name} ESMTP`);
      expect(replies[1]?.split("\r\n")[0]).toBe(`250-${name}`);
      expect(replies.slice(4, 7).map((reply) => reply?.slice(0, 3))).toEqual(["500", "500", "500"]);
      for (const reply of replies) expect(reply).not.toContain(hostname());
      if (name === "hilo") await stop();
    }
  });
});

describe("[T13] one client", () => {
  test("has its share of the connections; another one comes in, and so does the first when it has left", async () => {
    await start({ client: { connectionsMax: 3 } });
    const mine = await Promise.all([knock(), knock(), knock()]);
    expect(mine.map(({ code }) => code)).toEqual(["220", "220", "220"]);
    const refused = await knock();
    expect(refused.code).toBe("421");
    await refused.client.closed;
    expect((await knock("127.0.0.2")).code).toBe("220");
    await mine[0]?.client.leave();
    await expect.poll(async () => (await knock()).code).toBe("220");
  });

  test("has twenty where nobody has said otherwise", async () => {
    await start();
    const mine = await Promise.all(Array.from({ length: 20 }, () => knock()));
    expect(new Set(mine.map(({ code }) => code))).toEqual(new Set(["220"]));
    expect((await knock()).code).toBe("421");
    expect((await knock("127.0.0.2")).code).toBe("220");
  });

  test("that is refused does not stay, whatever it goes on to send", async () => {
    await start({ client: { connectionsMax: 0 } });
    const { client } = await knock();
    const trickle = setInterval(() => client.socket.write("x"), 20);
    await client.closed;
    clearInterval(trickle);
  });

  test("may not knock without end, nor send without end; it is told to come again", async () => {
    await start({ client: { connectionsPerMinuteMax: 2, mailsPerMinuteMax: 2 } });
    const { client } = await knock();
    expect(await client.say("EHLO x")).toMatch(/^250/);
    for (const expected of ["250", "250", "450"]) {
      expect((await client.say("MAIL FROM:<rosa@example.org>"))?.slice(0, 3)).toBe(expected);
      await client.say("RSET");
    }
    expect((await knock()).code).toBe("220");
    expect((await knock()).code).toBe("421");
    expect((await knock("127.0.0.2")).code).toBe("220");
  });

  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("%s is %s", (address, client) => expect(clientOf(address)).toBe(client));
});

describe("[T13] patience", () => {
  test("ends with who does not say who they are", async () => {
    await start({ patience: { helloMs: 300 } });
    const client = new Client();
    expect(await client.reply()).toMatch(/^220/);
    expect(await client.reply()).toMatch(/^421/);
    await client.closed;
  });

  test("ends with a command that trickles in, before a mail and after one", async () => {
    await start({ patience: { commandMs: 300 } });
    for (const lines of [[], [...ENVELOPE, "DATA", `${HEADER}Hi\r\n.`]]) {
      const client = new Client();
      await client.begin(lines);
      client.socket.write("NOO");
      const trickle = setInterval(() => client.socket.write("P"), 20);
      expect(await client.reply()).toMatch(/^421/);
      clearInterval(trickle);
    }
  });

  test("ends with an envelope that never gets its letter, though every command is quick", async () => {
    await start({ patience: { envelopeMs: 100 } });
    const client = new Client();
    await client.begin();
    let last = await client.say("NOOP");
    while (last?.startsWith("250") === true) last = await client.say("RCPT TO:<help@acme.test>");
    expect(last).toMatch(/^421/);
    expect(asked).toEqual(["help@acme.test"]);
  });

  test("ends with commands that bring no mail, with errors, and after enough mails", async () => {
    await start({ patience: { idleCommandsMax: 4, errorsMax: 3, mailsMax: 2 } });
    const idle = new Client();
    expect((await idle.begin(["EHLO x", "NOOP", "RSET", "VRFY x", "NOOP"])).at(-1)).toMatch(/^421/);
    const wrong = new Client();
    expect((await wrong.begin(["EHLO x", "BDAT", "MAIL", "RCPT TO:<a@b>", "DATA"])).at(-1)).toMatch(/^421/);
    const busy = new Client();
    const mail = [...ENVELOPE.slice(1), "DATA", `${HEADER}Hi\r\n.`];
    const replies = await busy.begin(["EHLO x", ...mail, ...mail, "MAIL FROM:<rosa@example.org>"]);
    expect(replies.at(-1)).toMatch(/^421/);
    expect(mails).toHaveLength(2);
    await Promise.all([idle.closed, wrong.closed, busy.closed]);
  });

  test("is there for who sends many mails in one connection, and for pipelines", async () => {
    await start();
    const client = new Client();
    await client.begin(["EHLO x"]);
    for (let n = 0; n < 20; n += 1) {
      client.socket.write(`${ENVELOPE.slice(1).join("\r\n")}\r\nDATA\r\n`);
      const replies = [await client.reply(), await client.reply(), await client.reply()];
      expect(replies.map((reply) => reply?.slice(0, 3))).toEqual(["250", "250", "354"]);
      expect(await client.say(`${HEADER}${n}\r\n.`)).toMatch(/^250/);
    }
    expect(mails).toHaveLength(20);
  });
});

describe("[T13] a line ends in CR LF", () => {
  test.each([
    ["a bare CR within", "NOOP\rMAIL FROM:<evil@example.org>\r\n"],
    ["a bare LF", "NOOP\n"],
    ["LF CR", "NOOP\n\r"],
    ["a CR too many", "NOOP\r\r\n"],
    ["a NUL", "NO\0OP\r\n"],
    ["a bare LF after a good line", "NOOP\r\nNOOP\n"],
  ])("%s is refused, and the rest is not looked at", async (_name, bytes) => {
    await start();
    const client = new Client();
    await client.begin(["EHLO x"]);
    client.socket.write(`${bytes}QUIT\r\n`);
    expect(await client.reply()).toMatch(/^500/);
    expect(await client.reply()).toBeNull();
  });

  test.each([
    ["", false],
    ["EHLO x\r\nNOOP\r\n", false],
    ["EHLO x\r", false],
    ["EHLO x\r\nDATA\r\nbody with \n and \r in it", false],
    ["EHLO x\rNOOP", true],
    ["DATA x\r\n\n", true],
  ])("%j: %s", (lines, expected) => expect(hasOddLineEnd(lines)).toBe(expected));

  test("also where it comes in two pieces", async () => {
    await start();
    const client = new Client();
    await client.reply();
    client.socket.setNoDelay(true);
    await new Promise((resolve) => client.socket.write("EHLO x\r", resolve));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write("\n");
    expect(await client.reply()).toMatch(/^250/);
  });

  test.each([
    ["LF . LF", "\n.\n"],
    ["CR . CR", "\r.\r"],
    ["LF . CR LF", "\n.\r\n"],
    ["CR LF . LF", "\r\n.\n"],
    ["CR LF . CR", "\r\n.\r"],
    ["CR . CR LF", "\r.\r\n"],
    ["CR LF NUL . CR LF", "\r\n\0.\r\n"],
  ])("%s ends no mail: what follows is its text, not another one", async (_name, end) => {
    await start();
    const client = new Client();
    await client.begin([...ENVELOPE, "DATA"]);
    const smuggled = `Hi${end}MAIL FROM:<ceo@acme.test>\r\nRCPT TO:<sales@acme.test>\r\nDATA\r\n${HEADER}Pay\r\n`;
    expect(await client.say(`${HEADER}${smuggled}.`)).toMatch(/^250/);
    expect(mails).toEqual([HEADER + smuggled]);
    expect(asked).toEqual(["help@acme.test"]);
  });
});
