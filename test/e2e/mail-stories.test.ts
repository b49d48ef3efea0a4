/** What a mail brings and takes along, and what comes back: files both ways, bounces, automatic answers. By real SMTP. */
import PostalMime from "postal-mime";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Colleague } from "../support/company.ts";
import { headerOf, startMailServer } from "../support/mail-server.ts";
import { MAILBOX } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const mails = await startMailServer();
const company = useCompany({ env: { SMTP_URL: mails.url } });
let ana: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
});
afterAll(() => mails.close());

const OFFER = "Offer: 39 euros, áé.\n";
const SIGNED = Buffer.from([0, 1, 2, 253, 254, 255]);

test("[E28] [S11] files travel both ways: the agent's with the reply, the customer's into the thread", async () => {
  await company().stack.sendMail({
    from: "Vera <vera@shop.example>",
    subject: "An offer",
    text: "Please send me an offer as a file",
  });
  const inbox = await company().inbox(ana);
  await inbox.openConversation("Please send me an offer");
  const file = { name: "ofértà.txt", mimeType: "text/plain", buffer: Buffer.from(OFFER) };
  await inbox.composer.locator("input[type=file]").setInputFiles(file);
  await inbox.composer.getByText("ofértà.txt").waitFor();
  await inbox.reply("Here it is.");
  await inbox.label("Here it is.").getByText("Sent").waitFor();
  const sent = await mails.to("vera@shop.example");
  const { attachments } = await PostalMime.parse(sent.raw);
  expect(
    attachments.map(({ filename, content }) => [
      filename,
      typeof content === "string" ? content : new TextDecoder().decode(content),
    ]),
  ).toEqual([["ofértà.txt", OFFER]]);

  const replyTo = headerOf(sent, "Reply-To")?.replace(/[<>]/g, "") ?? "";
  const back = [{ filename: "signed.bin", content: SIGNED, contentType: "application/octet-stream" }];
  const envelope = { from: "vera@shop.example", to: replyTo };
  await company().stack.sendMail({
    from: "Vera <vera@shop.example>",
    subject: "Re: An offer",
    text: "Signed, thanks",
    attachments: back,
    envelope,
  });
  const asked = inbox.page.context().waitForEvent("request", { predicate: (request) => request.url().includes("/files/") });
  await inbox
    .message("Signed, thanks")
    .getByRole("button", { name: /signed\.bin/ })
    .click();
  const saved = await fetch((await asked).url());
  expect(saved.headers.get("content-disposition")).toMatch(/^attachment;.*signed\.bin/);
  expect(Buffer.from(await saved.arrayBuffer())).toEqual(SIGNED);
});

test("[M5] [E32] a mail that bounces turns red in its thread and says why, and nobody new appears", async () => {
  await company().stack.sendMail({ from: "Tom <tom@shop.example>", subject: "A lamp", text: "Is the lamp in stock?" });
  const inbox = await company().inbox(ana);
  await inbox.openConversation("Is the lamp in stock?");
  await inbox.reply("Yes, three of them.");
  await inbox.label("Yes, three of them.").getByText("Sent").waitFor();
  const sent = await mails.to("tom@shop.example");
  const messageId = headerOf(sent, "Message-ID") ?? "";
  // Random (version 4): nothing that a widget knows of the message.
  expect(messageId).toMatch(/^<[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
  const report = [
    "From: Mail Delivery System <mailer-daemon@shop.example>",
    `To: ${MAILBOX}`,
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "I'm sorry to inform you that your message could not be delivered.",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; shop.example",
    "",
    "Final-Recipient: rfc822; tom@shop.example",
    "Action: failed",
    "Status: 5.2.2",
    "Diagnostic-Code: smtp; 552 5.2.2 mailbox full",
    "",
    "--b",
    "Content-Type: text/rfc822-headers",
    "",
    `Message-ID: ${messageId}`,
    "--b--",
    "",
  ].join("\r\n");
  await company().stack.sendMail({
    from: "mailer-daemon@shop.example",
    raw: report,
    envelope: { from: "", to: headerOf(sent, "Reply-To")?.replace(/[<>]/g, "") ?? "" },
  });
  await expect.poll(() => inbox.message("Yes, three of them.").textContent()).toMatch(/Not delivered.*full/s);
  expect(await inbox.thread.getByRole("article").count()).toBe(2);
  await inbox.showList();
  expect(await inbox.row("mailer-daemon").count()).toBe(0);
});

test("[M10] an automatic answer to our mail joins the thread and does not open it again", async () => {
  await company().stack.sendMail({ from: "Uma <uma@shop.example>", subject: "Opening hours", text: "When are you open?" });
  const inbox = await company().inbox(ana);
  await inbox.openConversation("When are you open?");
  await inbox.reply("From nine to six.");
  await inbox.label("From nine to six.").getByText("Sent").waitFor();
  await inbox.complete();
  const sent = await mails.to("uma@shop.example");
  const envelope = { from: "uma@shop.example", to: headerOf(sent, "Reply-To")?.replace(/[<>]/g, "") ?? "" };
  const headers = { "Auto-Submitted": "auto-replied" };
  await company().stack.sendMail({
    from: "Uma <uma@shop.example>",
    subject: "Out of office",
    text: "I am away until Monday",
    headers,
    envelope,
  });
  await inbox.message("I am away until Monday").getByText("Automatic reply").waitFor();
  await inbox.conversation.getByRole("button", { name: "Reopen", exact: true }).waitFor();
});
