/** Cc and Bcc, through a real mail server: who gets the mail, who is named in it, and where the answers land. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findViolations } from "../support/accessibility.ts";
import type { Colleague } from "../support/company.ts";
import type { InboxScreen } from "../support/inbox-screen.ts";
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

interface Arriving {
  from: string;
  to?: string;
  cc?: string;
  subject?: string;
  text: string;
}

/** A mail of a customer, handed to Hilo's own SMTP server. */
async function arrive({ to = MAILBOX, subject = "Our order", ...mail }: Arriving): Promise<void> {
  const envelope = { from: mail.from.replace(/.*<|>.*/g, ""), to: to.split(",").at(0) ?? to };
  await company().stack.sendMail({ ...mail, to, subject, envelope });
}

async function addCopies(inbox: InboxScreen, kind: "Cc" | "Bcc", addresses: string): Promise<void> {
  const button = inbox.composer.getByRole("button", { name: new RegExp(`^${kind}: add`) });
  if ((await button.count()) > 0) await button.click();
  const field = inbox.composer.getByRole("textbox", { name: kind, exact: true });
  await field.fill(addresses);
  await field.press("Enter");
}

describe("Cc and Bcc of an email", () => {
  test("[M10] [P6] Reply to all: everyone gets it, the hidden one is in no header, and all answers land in the thread", async () => {
    await arrive({
      from: "Vera <vera@shop.example>",
      to: `${MAILBOX}, Leo <leo@shop.example>`,
      cc: "mia@shop.example",
      text: "Please answer all of us about the order",
    });
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Please answer all of us");
    await inbox.message("Please answer all of us").getByText("Also to: Leo <leo@shop.example>, mia@shop.example").waitFor();
    await inbox.composer.getByRole("button", { name: "Reply to all" }).press("Enter");
    await expect.poll(() => inbox.page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
    await addCopies(inbox, "Bcc", "boss@acme.example");
    await inbox.reply("It leaves on Monday.");
    await inbox.label("It leaves on Monday.").getByText("Sent").waitFor();

    const mail = await mails.to("leo@shop.example");
    expect(mail.to.toSorted()).toEqual(["boss@acme.example", "leo@shop.example", "mia@shop.example", "vera@shop.example"]);
    expect(headerOf(mail, "To")).toContain("vera@shop.example");
    expect(headerOf(mail, "Cc")).toMatch(/leo@shop\.example.*mia@shop\.example/);
    expect(headerOf(mail, "Bcc")).toBeNull();
    expect(mail.raw).not.toContain("boss@acme.example");
    const sent = inbox.message("It leaves on Monday.");
    await sent.getByText("Cc: leo@shop.example, mia@shop.example").waitFor();
    await sent.getByText("Bcc (hidden): boss@acme.example").waitFor();
    // The next mail goes to nobody but Vera unless it is asked for again.
    expect(await inbox.composer.getByRole("group", { name: "Cc", exact: true }).count()).toBe(0);

    const replyTo = headerOf(mail, "Reply-To")?.replace(/[<>]/g, "") ?? "";
    await arrive({ from: "Leo <leo@shop.example>", to: replyTo, subject: "Re: Our order", text: "Leo says thank you" });
    await inbox.message("Leo says thank you").waitFor();
    await arrive({ from: "Boss <boss@acme.example>", to: replyTo, subject: "Re: Our order", text: "The boss has a question" });
    await inbox.message("The boss has a question").waitFor();
    expect(await inbox.composer.getByRole("button", { name: "Add boss@acme.example in copy" }).count()).toBe(0);
    expect(await inbox.thread.getByText("new person", { exact: false }).count()).toBe(0);
    expect(await inbox.thread.getByRole("article").count()).toBe(4);
  });

  test("[O2] one refused recipient of two: the other has it, the refused one is named and tried again alone", async () => {
    mails.unknown.add("gone@shop.example");
    await arrive({ from: "Tom <tom@shop.example>", subject: "A bill", text: "Send it to accounting as well" });
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Send it to accounting");
    await addCopies(inbox, "Cc", "Accounting <gone@shop.example>");
    await inbox.reply("Here is the bill.");
    const message = inbox.message("Here is the bill.");
    await message.getByText("Not to gone@shop.example: This address does not exist. It said: 5.1.1 nobody here").waitFor();
    expect((await mails.to("tom@shop.example")).to).toEqual(["tom@shop.example"]);

    // Known from now on: a warning before it is sent, and nothing goes there by itself.
    await inbox.composer.getByRole("button", { name: "Add gone@shop.example in copy" }).click();
    await inbox.composer.getByText("Earlier mail to gone@shop.example came back.").waitFor();
    mails.unknown.clear();
    await message.getByRole("button", { name: "Send again to them" }).click();
    expect((await mails.to("gone@shop.example")).to).toEqual(["gone@shop.example"]);
    await message.getByText("Not to gone@shop.example").waitFor({ state: "detached" });
    await inbox.composer.getByRole("button", { name: "Remove gone@shop.example" }).click();
  });

  test("[O10] a mail that is taken back gives its Cc and Bcc back too", async () => {
    await company().owner.client.request("PATCH", "/api/settings", { mail: { undoSeconds: 60 } });
    await arrive({ from: "Uma <uma@shop.example>", subject: "Too early", text: "Tell me when it is ready" });
    const inbox = await company().inbox(ana);
    await inbox.page.reload();
    await inbox.openConversation("Tell me when it is ready");
    await addCopies(inbox, "Cc", "leo@shop.example");
    await addCopies(inbox, "Bcc", "boss@acme.example");
    await inbox.reply("It is ready!");
    await inbox.label("It is ready!").getByRole("button", { name: /^Undo/ }).click();
    await inbox.composer.getByRole("button", { name: "Remove leo@shop.example" }).waitFor();
    await inbox.composer.getByRole("button", { name: "Remove boss@acme.example" }).waitFor();
    expect(await inbox.field.inputValue()).toBe("It is ready!");
    // And they outlive a reload with the draft.
    await inbox.page.reload();
    await inbox.composer.getByRole("button", { name: "Remove boss@acme.example" }).waitFor();
    expect(mails.taken.some(({ raw }) => raw.includes("It is ready!"))).toBe(false);
    await company().owner.client.request("PATCH", "/api/settings", { mail: { undoSeconds: 0 } });
  });

  test("a new conversation by email has Cc; a mailbox of ours is refused in words", async () => {
    const inbox = await company().inbox(ana);
    await inbox.page
      .getByRole("button", { name: /New conversation/ })
      .first()
      .click();
    const dialog = inbox.page.getByRole("dialog");
    const to = dialog.getByLabel("To", { exact: true });
    // The dialog opens with the cursor in its first field.
    await expect.poll(() => to.evaluate((field) => field === document.activeElement)).toBe(true);
    await to.fill("nora@shop.example");
    await dialog.getByRole("button", { name: "Cc: add people in copy" }).click();
    const cc = dialog.getByRole("textbox", { name: "Cc", exact: true });
    await cc.fill(`${MAILBOX}, olaf@shop.example`);
    await cc.press("Enter");
    await dialog.getByText("help@acme.test is a mailbox of this inbox: a mail to it would come back.").waitFor();
    await dialog.getByRole("button", { name: `Remove ${MAILBOX}` }).click();
    // What is being typed is no reason to miss the next button.
    await cc.fill("petra@shop.example");
    await dialog.getByRole("button", { name: "Bcc: add people in hidden copy" }).click();
    await dialog.getByRole("textbox", { name: "Bcc", exact: true }).fill("boss@acme.example");
    await dialog.getByLabel("Subject").fill("Spring service");
    await dialog.getByLabel("Message").fill("It is time for the service.");
    await dialog.getByRole("button", { name: "Send email" }).click();
    await inbox.message("It is time for the service.").getByText("Cc: olaf@shop.example, petra@shop.example").waitFor();
    const everyone = ["nora@shop.example", "olaf@shop.example", "petra@shop.example", "boss@acme.example"];
    expect((await mails.to("olaf@shop.example")).to).toEqual(everyone);
  });

  test.each([
    { colorScheme: "light", locale: "en-GB" },
    { colorScheme: "dark", locale: "es-ES" },
  ] as const)("has no accessibility violation ($colorScheme, $locale)", async ({ colorScheme, locale }) => {
    const name = `Kim ${colorScheme}`;
    const others = "Leo <leo@shop.example>, mia@shop.example, olga@shop.example";
    await arrive({
      from: `${name} <${colorScheme}@shop.example>`,
      cc: others,
      subject: "Colours",
      text: `Which ${colorScheme} paint?`,
    });
    const inbox = await company().inboxOn({ colorScheme, locale, bypassCSP: true, viewport: { width: 390, height: 844 } }, ana);
    await inbox.page.getByRole("link", { name: new RegExp(name) }).click();
    const composer = inbox.page.locator("form[data-channel=email]");
    await composer.locator("[data-copy-offers] button").first().click();
    const field = composer.locator("[data-copies] input").first();
    await field.fill("not an address");
    await field.press("Enter");
    expect(await findViolations(inbox.page)).toEqual([]);
    expect(await inbox.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
  });
});

describe("the mailbox settings", () => {
  test("send a test mail, and say what became of it", async () => {
    const inbox = await company().inboxOn({});
    await inbox.open("/settings/mailboxes");
    await inbox.page.getByRole("button", { name: `Edit ${MAILBOX}` }).click();
    const test = inbox.page.getByRole("region", { name: "Send a test mail" });
    expect(await test.getByLabel("Test mail to").inputValue()).toBe("olga@acme.test");
    await test.getByRole("button", { name: "Send a test mail" }).click();
    await test.getByRole("status").getByText("Sent to olga@acme.test.").waitFor();
    expect(headerOf(await mails.to("olga@acme.test"), "Subject")).toBe(`Test mail from ${MAILBOX}`);
    mails.unknown.add("nobody@shop.example");
    await test.getByLabel("Test mail to").fill("nobody@shop.example");
    await test.getByRole("button", { name: "Send a test mail" }).click();
    await test.getByRole("status").getByText("Not sent: This address does not exist. It said: 5.1.1 nobody here").waitFor();
  });
});
