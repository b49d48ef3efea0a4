/** The demo mailbox over its own HTTP and SMTP, in front of a stand-in for Hilo's gateway. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createTransport } from "nodemailer";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DemoMailbox, startDemoMailbox } from "../../../tools/demo-mailbox/demo-mailbox.ts";
import { findFreePort } from "../../../tools/start/ports.ts";
import { MailboxClient } from "../../support/mailbox-client.ts";

let folder: string;
let port: number;
let mailbox: DemoMailbox;
let client: MailboxClient;
let gateway: SMTPServer;
let gatewayPort: number;
let arrived: { from: string; to: string[]; raw: string }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hilo-mailbox-"));
  [port, gatewayPort] = [await findFreePort(), await findFreePort()];
  arrived = [];
  gateway = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    authOptional: true,
    onRcptTo: (address, _session, reply) => reply(address.address.startsWith("nobody@") ? new Error("No such mailbox") : null),
    onData: (stream, session, reply) => {
      const { mailFrom, rcptTo } = session.envelope;
      void text(stream).then((raw) => {
        arrived.push({ from: mailFrom === false ? "" : mailFrom.address, to: rcptTo.map(({ address }) => address), raw });
        reply(null, "Stored");
      });
    },
  });
  await new Promise<void>((resolve) => void gateway.listen(gatewayPort, "127.0.0.1", resolve));
  await start();
});
afterEach(async () => {
  await mailbox.close();
  await new Promise<void>((resolve) => gateway.close(() => resolve()));
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  mailbox = await startDemoMailbox({ folder, port, gateway: { host: "127.0.0.1", port: gatewayPort } });
  client = new MailboxClient(`http://127.0.0.1:${port}`);
}

/** A mail as Hilo sends it to a customer. */
async function sendAsHilo(copies: { cc?: string; bcc?: string } = {}): Promise<void> {
  const transport = createTransport({ url: mailbox.smtpUrl, ignoreTLS: true });
  await transport.sendMail({
    from: '"Ana at Acme" <help@acme.test>',
    to: '"Rosa Pérez" <rosa@example.org>',
    ...copies,
    replyTo: "help+token@acme.test",
    subject: "Re: My order",
    messageId: "<second@acme.test>",
    inReplyTo: "<first@example.org>",
    references: ["<zero@example.org>", "<first@example.org>"],
    text: "It is on its way.\n\nAna",
    html: "<p>It is <b>on its way</b>.</p><script>alert(1)</script>",
    attachments: [{ filename: "label.txt", content: "label" }],
  });
  transport.close();
}

describe("the demo mailbox", () => {
  test("catches what Hilo sends, and keeps it over a restart", async () => {
    await sendAsHilo();
    const expected = {
      direction: "received",
      envelope: { from: "help@acme.test", to: ["rosa@example.org"] },
      from: { address: "help@acme.test", name: "Ana at Acme" },
      to: [{ address: "rosa@example.org", name: "Rosa Pérez" }],
      replyTo: { address: "help+token@acme.test", name: "" },
      subject: "Re: My order",
      messageId: "<second@acme.test>",
      inReplyTo: "<first@example.org>",
      references: ["<zero@example.org>", "<first@example.org>"],
      preview: "It is on its way. Ana",
      attachmentCount: 1,
    };
    expect(await client.list()).toEqual([expect.objectContaining(expected)]);
    await mailbox.close();
    await start();
    expect(await client.list("ROSA@example.org")).toEqual([expect.objectContaining(expected)]);
    expect(await client.list("jonas@example.org")).toEqual([]);
  });

  test("everyone in copy has their own, hidden or not, and answers as themselves", async () => {
    await sendAsHilo({ cc: "leo@example.org", bcc: "boss@example.org" });
    const mails = await client.list();
    expect(mails.map(({ envelope }) => envelope.to.join(", ")).toSorted()).toEqual([
      "boss@example.org",
      "leo@example.org",
      "rosa@example.org",
    ]);
    const [copy] = await client.list("boss@example.org");
    expect(await client.raw(copy?.id ?? "")).not.toContain("boss@example.org");
    await client.reply(copy?.id ?? "", "I see");
    expect(arrived).toMatchObject([{ from: "boss@example.org", to: ["help+token@acme.test"] }]);
  });

  test("shows a mail with its headers and files, and its raw form", async () => {
    await sendAsHilo();
    const [mail] = await client.list();
    const detail = await client.read(mail?.id ?? "");
    expect(detail).toMatchObject({
      text: "It is on its way.\n\nAna\n",
      hasHtml: true,
      attachments: [{ name: "label.txt", size: 5 }],
    });
    expect(detail.headers).toContainEqual({ name: "Reply-To", value: "help+token@acme.test" });
    expect(await client.raw(detail.id)).toContain("Message-ID: <second@acme.test>");
  });

  test("an answer goes to Reply-To, in the thread, with the original quoted as Gmail does", async () => {
    await sendAsHilo();
    const [mail] = await client.list();
    await client.reply(mail?.id ?? "", "Thank you!\nRosa");
    const [answer] = arrived;
    expect(answer).toMatchObject({ from: "rosa@example.org", to: ["help+token@acme.test"] });
    const parsed = await PostalMime.parse(answer?.raw ?? "");
    expect(parsed).toMatchObject({
      from: { address: "rosa@example.org", name: "Rosa Pérez" },
      subject: "Re: My order",
      inReplyTo: "<second@acme.test>",
      references: "<zero@example.org> <first@example.org> <second@acme.test>",
    });
    expect(parsed.messageId).toMatch(/^<[^@]+@example\.org>$/);
    expect(parsed.text).toMatch(
      /^Thank you!\nRosa\n\nOn .* Ana at Acme <help@acme\.test> wrote:\n\n> It is on its way\.\n>\n> Ana\n/,
    );
    expect(parsed.html).toMatch(/^<div dir="ltr">Thank you!<br>Rosa<\/div><br><div class="gmail_quote gmail_quote_container">/);
    expect(parsed.html).toContain("<p>It is <b>on its way</b>.</p>");
  });

  test("a mail of one's own is sent for real, and a refusal says why", async () => {
    const mail = { from: "jonas@example.org", name: "Jonas", to: "help@acme.test", subject: "Hi", text: "Hello" };
    await client.send(mail);
    expect(arrived).toMatchObject([{ from: "jonas@example.org", to: ["help@acme.test"] }]);
    await expect(client.send({ ...mail, to: "nobody@acme.test" })).rejects.toThrow("No such mailbox");
    expect(arrived.length).toBe(1);
    // What customers wrote is no mail of Hilo's.
    expect(await client.list()).toEqual([]);
  });

  test("[T15] a line break reaches no header", async () => {
    const mail = { from: "jonas@example.org", to: "help@acme.test", subject: "Hi\r\nBcc: x@y.example", text: "Hello" };
    await expect(client.send(mail)).rejects.toThrow("422");
  });

  test("a mail's HTML runs nothing and loads nothing", async () => {
    await sendAsHilo();
    const [mail] = await client.list();
    const response = await fetch(`${client.url}/mails/${mail?.id}/html`);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^sandbox (?!.*allow-scripts).*default-src 'none'/);
  });

  test("pages of other sites can neither read nor write", async () => {
    const strange = {
      headers: { origin: "https://evil.example", "content-type": "application/json" },
      method: "POST",
      body: "{}",
    };
    expect((await fetch(`${client.url}/api/send`, strange)).status).toBe(403);
    expect((await fetch(`${client.url}/api/mails/..%2f..%2fx/raw`)).status).toBe(404);
  });

  test("tells at once when a mail arrives", async () => {
    const response = await fetch(`${client.url}/api/events`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain("event: alive");
    await sendAsHilo();
    expect((await reader?.read())?.value).toContain("event: change");
    await reader?.cancel();
  });
});
