/** Mail that arrives: where it lands, and that the ledger says why. */
import { beforeAll, describe, expect, test } from "vitest";
import { findViolations } from "../support/accessibility.ts";
import type { Colleague } from "../support/company.ts";
import { MAILBOX, waitFor } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
let ana: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
});

describe("mail that arrives", () => {
  test("[S1] [S14] of an unknown address makes a contact and a conversation", async () => {
    const inbox = await company().inbox(ana);
    const customer = await company().customerMail();
    await customer.write({
      from: "new.person@example.org",
      name: "Nora Person",
      to: MAILBOX,
      subject: "Wheel size",
      text: "Which wheel fits a Brompton?",
    });
    await inbox.redDot.waitFor();
    await inbox.openConversation("Which wheel fits a Brompton?");
    await inbox.conversation.getByRole("heading", { name: "Nora Person" }).waitFor();
    expect(await inbox.label("Which wheel fits").textContent()).toContain("Email");
    expect(await inbox.channelMenu.getAttribute("aria-label")).toBe("Reply by: Email");
    await inbox.message("Which wheel fits").getByText("Wheel size").waitFor();

    await inbox.open("/contacts");
    await inbox.page.getByRole("link", { name: /Nora Person.*new\.person@example\.org/s }).waitFor();
    await inbox.open("/");
  });

  test("[S14] of a known contact joins their conversation and opens it again", async () => {
    await company().stack.sendMail({ from: "Kim <kim@example.org>", to: MAILBOX, subject: "First", text: "My first mail" });
    const inbox = await company().inbox(ana);
    await inbox.openConversation("My first mail");
    await inbox.complete();
    await company().stack.sendMail({
      from: "Kim <kim@example.org>",
      to: MAILBOX,
      subject: "Second",
      text: "Written without any reference",
    });
    await inbox.message("Written without any reference").waitFor();
    await inbox.conversation.getByRole("button", { name: "Complete", exact: true }).waitFor();
    expect(await inbox.thread.getByRole("article").count()).toBe(2);
  });

  test("[S13] as an answer to a campaign carries the campaign's name", async () => {
    await company().stack.sendMail({
      from: "Carla <carla@example.org>",
      to: "help+campaign-spring@acme.test",
      subject: "Re: Spring offers",
      text: "Is the offer still on?",
    });
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Is the offer still on?");
    await inbox.message("Is the offer still on?").getByText("Campaign: spring").waitFor();
  });

  /** What an agent's mail program makes of a customer's mail. */
  const forwardOf = (author: string, words: string) =>
    [
      "Please take this one.",
      "",
      "---------- Forwarded message ---------",
      `From: ${author}`,
      "Date: Mon, 2 Nov 2026 at 10:00",
      "Subject: Broken lamp",
      `To: Ana Ruiz <${ana.email}>`,
      "",
      words,
    ].join("\n");

  test("[S13] [M8] forwarded by an agent to their own address lands with the customer who wrote it", async () => {
    const inbox = await company().inbox(ana);
    await inbox.page.getByRole("button", { name: "Your account" }).click();
    await inbox.page.getByRole("menuitem", { name: "My page" }).click();
    const to = (await inbox.page.locator("[data-forwarding-address] code").first().textContent()) ?? "";
    await inbox.page.goBack();
    await company().stack.sendMail({
      from: "Ana at home <ana@home.example>",
      to,
      subject: "Fwd: Broken lamp",
      text: forwardOf("Lena Ortiz <lena@example.org>", "The lamp arrived broken."),
    });
    await inbox.row("Lena Ortiz").getByRole("link").click();
    await inbox.message("The lamp arrived broken.").getByText("Forwarded by Ana Ruiz").waitFor();
    expect(await inbox.label("Please take this one.").textContent()).toContain("Note");
    await inbox.reply("A new one leaves today.");
    await waitFor("the answer to the customer", async () => (await company().stack.mailbox.list("lena@example.org"))[0]);
  });

  test("[E40] [M8] that only says so stands by itself until an agent's click takes it to the customer", async () => {
    await company().stack.sendMail({
      from: `Ana Ruiz <${ana.email}>`,
      to: MAILBOX,
      subject: "Fwd: Broken chair",
      text: forwardOf("Igor Blum <igor@example.org>", "The chair arrived broken."),
    });
    const inbox = await company().inbox(ana);
    await inbox.row("Ana Ruiz").getByRole("link").click();
    const claim = inbox.message("The chair arrived broken.");
    await claim
      .getByText("It says that Ana Ruiz (an agent) forwarded a mail of Igor Blum <igor@example.org>; not verified")
      .waitFor();
    await claim.getByRole("button", { name: /^Ana Ruiz did forward it/ }).click();
    // Where it stood stands where it went.
    await inbox.thread.locator("[data-moved] a").click();
    await inbox.message("The chair arrived broken.").getByText("Ana Ruiz confirmed that it was forwarded").waitFor();
    expect(await inbox.label("Please take this one.").textContent()).toContain("Note");
  });

  test("[M7a] through a contact form is one conversation for each person, answered at the address that they typed", async () => {
    for (const [person, words] of [
      ["Rita Mann <rita@example.org>", "Do you ship to Lima?"],
      ["Teo Vidal <teo@example.org>", "Are you open on Sunday?"],
    ] as const)
      await company().stack.sendMail({
        from: "Shop form <no-reply@shop.example>",
        to: MAILBOX,
        replyTo: person,
        subject: "Contact form",
        text: words,
      });
    const inbox = await company().inbox(ana);
    await inbox.row("rita@example.org").getByRole("link").click();
    await inbox.message("Do you ship to Lima?").getByText("Written through no-reply@shop.example").waitFor();
    await inbox.composer.getByText("To rita@example.org, an address that was typed in the form no-reply@shop.example").waitFor();
    await inbox.reply("Yes, we do.");
    await waitFor("the answer to Rita", async () => (await company().stack.mailbox.list("rita@example.org"))[0]);
    expect(await company().stack.mailbox.list("no-reply@shop.example")).toEqual([]);
    await inbox.row("teo@example.org").getByRole("link").click();
    await inbox.message("Are you open on Sunday?").waitFor();
  });

  test("is in the ledger with its verdict, also where it was kept aside", async () => {
    await company().stack.sendMail({
      from: "Away <away@example.org>",
      to: MAILBOX,
      subject: "Automatic reply: I am on holiday",
      text: "Back on Monday",
    });
    const inbox = await company().inbox(ana);
    const isNoted = async (): Promise<boolean> => {
      await inbox.open("/ledger");
      await inbox.page.getByRole("table").waitFor();
      return (await inbox.page.getByRole("row", { name: /I am on holiday.*Kept aside: automatic reply/s }).count()) === 1;
    };
    await waitFor("the auto-reply in the ledger", isNoted);
    for (const words of [
      /Wheel size.*New conversation/s,
      /First.*New conversation/s,
      /Second.*Joined the contact's conversation/s,
      /Fwd: Broken lamp.*Forwarded in/s,
    ]) {
      await inbox.page.getByRole("row", { name: words }).waitFor();
    }
    await inbox.page.getByRole("link", { name: "Open the conversation of “Wheel size”" }).click();
    await inbox.message("Which wheel fits a Brompton?").waitFor();
  });
});

describe("mail that is kept aside", () => {
  test("[M15] of a forged sender waits in quarantine, is counted in the menu at once, and is let in by one click", async () => {
    const inbox = await company().inbox(company().owner);
    await inbox.open("/settings/mailboxes");
    const field = inbox.page.getByLabel("Mail server trusted to check senders");
    await field.fill("mx.acme.test");
    await inbox.page.getByRole("button", { name: "Save", exact: true }).click();
    await inbox.page.getByText("Saved").first().waitFor();
    const menu = inbox.page.getByRole("navigation", { name: "Main menu" });
    await menu.getByRole("link", { name: "Mail ledger", exact: true }).waitFor();

    // Settings are read anew within seconds.
    const forge = async (n: number): Promise<boolean> => {
      await company().stack.sendMail({
        from: `The boss <boss${n}@example.org>`,
        to: MAILBOX,
        subject: `Urgent payment ${n}`,
        text: "Pay this at once.",
        headers: { "Authentication-Results": "mx.acme.test; dmarc=fail header.from=example.org" },
      });
      const waits = menu.getByRole("link", { name: /^Mail ledger, \d+ mails? needs? attention$/ });
      return waits.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
    };
    let mails = 0;
    await waitFor("the number in the menu", async () => forge((mails += 1)));
    await menu.getByRole("link", { name: /^Mail ledger/ }).click();
    const row = inbox.page.getByRole("row", { name: `Urgent payment ${mails}` });
    await row.getByText("The sender's address may be forged.").waitFor();
    await row.getByRole("button", { name: `Let in “Urgent payment ${mails}”` }).click();
    await row.getByText("New conversation").waitFor();
    await menu.getByRole("link", { name: "Mail ledger", exact: true }).waitFor();
    await row.getByRole("link", { name: /^Open the conversation/ }).click();
    await inbox.message("Pay this at once.").waitFor();
  });

  test("[T5] a visitor is blocked, and nobody whose address they may have typed; by the keyboard alone", async () => {
    const visitor = await company().visitor();
    await visitor.say("Buy my pills");
    await visitor.giveAddress("victim@example.org", "Pest");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Buy my pills");
    await inbox.conversation.getByRole("heading", { name: "Pest" }).waitFor();
    await inbox.page.getByRole("button", { name: "Block this visitor" }).press("Enter");
    const dialog = inbox.page.getByRole("dialog", { name: "Block this visitor?" });
    await dialog.getByText("may be somebody else's").waitFor();
    await dialog.getByRole("button", { name: "Block", exact: true }).press("Enter");
    await visitor.panel.getByText(/can't be continued/).waitFor();
    await inbox.conversation.getByText("Blocked", { exact: true }).waitFor();
    await company().stack.sendMail({ from: "victim@example.org", to: MAILBOX, subject: "A question", text: "Are you open?" });
    await inbox.message("Are you open?").waitFor();
    await inbox.page.getByRole("button", { name: "Unblock this visitor" }).press("Enter");
    await inbox.page.getByRole("button", { name: "Block this visitor" }).waitFor();
  });

  test("[M7] [T5] of a blocked contact is kept aside and found by search, by the keyboard alone", async () => {
    const inbox = await company().inbox(ana);
    await company().stack.sendMail({ from: "Pest <pest@example.org>", to: MAILBOX, subject: "Hello", text: "Do you want some?" });
    await inbox.openConversation("Do you want some?");
    await inbox.page.getByRole("button", { name: "Block", exact: true }).press("Enter");
    const dialog = inbox.page.getByRole("dialog", { name: "Block Pest?" });
    await dialog.getByRole("button", { name: "Block", exact: true }).press("Enter");
    await inbox.conversation.getByText("Blocked", { exact: true }).waitFor();

    await company().stack.sendMail({ from: "Pest <pest@example.org>", to: MAILBOX, subject: "Cheap pills", text: "And by mail" });
    await inbox.open("/ledger");
    await inbox.page.keyboard.press("/");
    await inbox.page.keyboard.type("PILLS pest");
    const row = inbox.page.getByRole("row", { name: /Cheap pills/ });
    await row.getByText("Kept aside: blocked sender").waitFor();
    await expect.poll(() => inbox.page.locator("[data-ledger]").count()).toBe(1);
    await expect.poll(() => inbox.page.url()).toContain("q=PILLS+pest");
    await inbox.page.reload();
    await row.getByRole("button", { name: "Let in “Cheap pills”" }).press("Enter");
    await row.getByText("Joined the contact's conversation").waitFor();

    await inbox.open("/contacts");
    await inbox.page.getByRole("link", { name: /pest@example\.org/ }).click();
    await inbox.page.getByRole("button", { name: "Unblock" }).press("Enter");
    await inbox.page.getByRole("button", { name: "Block", exact: true }).waitFor();
    await inbox.open("/");
  });

  test("and found, is told why in Spanish, and axe finds nothing wrong", async () => {
    const inbox = await company().inboxOn({ locale: "es-ES", colorScheme: "dark", bypassCSP: true }, company().owner);
    await inbox.open("/ledger?state=filtered");
    const row = inbox.page.getByRole("row", { name: /I am on holiday/ });
    await row.getByText("Apartado: respuesta automática").waitFor();
    await row.getByText("Una respuesta automática a ningún correo conocido.").waitFor();
    expect(await findViolations(inbox.page)).toEqual([]);
    await inbox.open("/settings/mailboxes");
    await inbox.page.getByLabel("Servidor de correo de confianza para comprobar remitentes").waitFor();
    expect(await findViolations(inbox.page)).toEqual([]);
  });
});
