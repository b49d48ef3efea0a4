/** The chat goes on by email: both sides of the real SMTP, in the agent's browser and the customer's. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Colleague } from "../support/company.ts";
import type { InboxScreen } from "../support/inbox-screen.ts";
import { MAILBOX, waitFor } from "../support/stack.ts";
import { VisitorScreen } from "../support/visitor-screen.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
let ana: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
});

async function chatAs(email: string, name: string, text: string): Promise<VisitorScreen> {
  const visitor = await company().visitor();
  await visitor.say(text);
  await visitor.giveAddress(email, name);
  return visitor;
}

const chosenChannel = (inbox: InboxScreen) => inbox.channelMenu.getAttribute("aria-label");

const CODE_SUBJECT = /^(\d{6}) is your code for the chat with Acme$/;

/** The digits that were mailed. */
async function codeFor(email: string): Promise<string> {
  return waitFor(`a code for ${email}`, async () => {
    const subjects = (await company().stack.mailbox.list(email)).map(({ subject }) => subject);
    return subjects.flatMap((subject) => CODE_SUBJECT.exec(subject)?.[1] ?? [])[0];
  });
}

describe("the visitor gives an address", () => {
  test("[S22] in the form of the widget, and the team sees it", async () => {
    const visitor = await company().visitor();
    await visitor.say("Can you write to me?");
    await visitor.captureForm.getByLabel("Email").fill("rosa at example");
    await visitor.captureForm.getByRole("button", { name: "Save" }).click();
    await visitor.panel.getByText("Please check the address").waitFor();
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Can you write to me?");
    await inbox.page.getByRole("complementary", { name: "Contact" }).getByText("No address yet").waitFor();

    await visitor.giveAddress("rosa.s22@example.org", "Rosa Salas");
    await inbox.conversation.getByRole("heading", { name: "Rosa Salas" }).waitFor();
    const panel = inbox.page.getByRole("complementary", { name: "Contact" });
    await panel.getByText("rosa.s22@example.org", { exact: true }).waitFor();
    await panel.getByText("This visitor has not shown that they are rosa.s22@example.org").waitFor();
  });

  test("[S22] can be declined, and does not come back on this device", async () => {
    const visitor = await company().visitor();
    await visitor.say("No address from me");
    await visitor.captureForm.getByRole("button", { name: "Not now" }).click();
    await visitor.captureForm.waitFor({ state: "detached" });
    await visitor.page.reload();
    await visitor.openPanel();
    await visitor.message("No address from me").waitFor();
    expect(await visitor.captureForm.count()).toBe(0);
  });
});

describe("the visitor leaves", () => {
  test("[S6] [S7] the green dot goes, the composer turns to email, and the agent can override it", async () => {
    const visitor = await chatAs("rosa.s7@example.org", "Rosa Seven", "I have to go soon");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("I have to go soon");
    await inbox.row("I have to go soon").getByText("Online now").waitFor();
    expect(await chosenChannel(inbox)).toBe("Reply by: Web chat");
    await visitor.leave();
    await inbox.row("I have to go soon").getByText("Online now").waitFor({ state: "detached" });
    await expect.poll(() => chosenChannel(inbox)).toBe("Reply by: Email");
    await inbox.composer.getByText("To rosa.s7@example.org").waitFor();
    await inbox.chooseChannel("Web chat");
    expect(await chosenChannel(inbox)).toBe("Reply by: Web chat");
    await inbox.reply("You will see this when you return");
    expect(await inbox.label("You will see this").textContent()).toContain("Web chat");
    await inbox.showList();
    expect(await inbox.row("You will see this").getByText("Online now").count()).toBe(0);
  });

  test("[S10] without an address the composer says so and offers what can be done", async () => {
    const visitor = await company().visitor();
    await visitor.say("I never gave an address");
    await visitor.captureForm.waitFor();
    const inbox = await company().inbox(ana);
    await inbox.openConversation("I never gave an address");
    await visitor.leave();
    // Whoever comes back sees it: without an address the chat is all there is.
    await expect.poll(() => chosenChannel(inbox)).toBe("Reply by: Web chat");
    await inbox.chooseChannel("Email");
    const notice = inbox.composer.getByRole("group", { name: "No email address is known" });
    await notice.waitFor();
    await inbox.field.fill("Nobody can be reached like this");
    expect(await inbox.composer.getByRole("button", { name: "Send email" }).isDisabled()).toBe(true);

    await notice.getByRole("button", { name: "Write in the chat" }).click();
    await notice.waitFor({ state: "detached" });
    expect(await inbox.field.inputValue()).toBe("Nobody can be reached like this");
    await inbox.chooseChannel("Email");
    await notice.getByRole("textbox", { name: "Email of this person" }).fill("found@example.org");
    await notice.getByRole("button", { name: "Add address" }).click();
    await notice.waitFor({ state: "detached" });
    await inbox.reply("Now it reaches you");
    await waitFor("the mail", async () => (await company().stack.mailbox.list("found@example.org"))[0]);
  });
});

describe("the thread goes on by email", () => {
  test("[S11] [S12] [S13] [S14] [S17] a reply carries the chat, its answer joins the thread and opens it again", async () => {
    const visitor = await chatAs("rosa@example.org", "Rosa Diaz", "My chain jumps on the small sprocket");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("My chain jumps");
    await inbox.reply("How old is the chain?");
    await visitor.say("About 4000 km");
    await visitor.leave();
    await expect.poll(() => chosenChannel(inbox)).toBe("Reply by: Email");
    await inbox.reply("Then it is worn. Bring it in and we change it for 39 euros.");
    await inbox.label("Then it is worn").getByText("Sent").waitFor();

    const mail = await waitFor("the mail", async () => (await company().stack.mailbox.list("rosa@example.org"))[0]);
    expect(mail.from).toEqual({ address: MAILBOX, name: "Ana Ruiz at Acme" });
    expect(mail.replyTo?.address).toMatch(/^help\+[a-z0-9]{20,}@acme\.test$/);
    const { text } = await company().stack.mailbox.read(mail.id);
    const places = ["Then it is worn.", "My chain jumps on the small sprocket", "How old is the chain?", "About 4000 km"];
    expect(places.map((place) => text.indexOf(place))).toEqual(
      places.map((place) => text.indexOf(place)).toSorted((a, b) => a - b),
    );
    expect(places.filter((place) => !text.includes(place))).toEqual([]);
    await inbox.complete();

    const customer = await company().customerMail();
    await customer.openMail(/Your conversation with Acme/);
    await customer.body.getByText("Then it is worn.").waitFor();
    await customer.body.getByText("About 4000 km").waitFor();
    await customer.reply("Great, I come on Tuesday.");

    await inbox.message("Great, I come on Tuesday.").waitFor();
    await inbox.conversation.getByRole("button", { name: "Complete", exact: true }).waitFor();
    expect(await inbox.label("Great, I come on Tuesday.").textContent()).toContain("Email");
    expect(await inbox.label("My chain jumps").textContent()).toContain("Web chat");
    expect(await inbox.thread.getByRole("article").count()).toBe(5);
    // What was quoted is folded away, and there.
    expect(await inbox.message("Great, I come on Tuesday.").textContent()).not.toContain("4000 km");
    await inbox.message("Great, I come on Tuesday.").getByRole("button", { name: "Show quoted text" }).click();
    await inbox
      .message("Great, I come on Tuesday.")
      .getByText(/4000 km/)
      .waitFor();
  });

  test("[S16] what was written by email is in the widget too when the visitor returns", async () => {
    const visitor = await chatAs("sofia@example.org", "Sofia", "Do you rent bikes?");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Do you rent bikes?");
    const context = visitor.page.context();
    await visitor.leave();
    await expect.poll(() => chosenChannel(inbox)).toBe("Reply by: Email");
    await inbox.reply("Yes, from 15 euros a day.");
    await inbox.label("Yes, from 15").getByText("Sent").waitFor();
    const later = new VisitorScreen(await context.newPage(), company().stack.url);
    await later.visit();
    await later.openPanel();
    await later.panel.getByText("This conversation goes on by email with s•••@e•••").waitFor();
    expect(await later.message("Yes, from 15 euros a day.").count()).toBe(0);
    await later.panel.getByRole("button", { name: "Show it here" }).click();
    await later.panel.getByLabel("Code from the email").fill(await codeFor("sofia@example.org"));
    await later.message("Yes, from 15 euros a day.").waitFor();
    await expect.poll(() => chosenChannel(inbox)).toBe("Reply by: Web chat");
  });

  test("[S20] the transcript follows a chat message by email where the agent asks for it", async () => {
    const visitor = await chatAs("tomas@example.org", "Tomas", "Please send me this in writing");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Please send me this in writing");
    await inbox.composer.getByRole("checkbox", { name: "Also send the transcript by email" }).check();
    await inbox.reply("The tune-up costs 49 euros.");
    await visitor.message("The tune-up costs 49 euros.").waitFor();
    await inbox.page.getByText("The transcript is on its way to tomas@example.org.").waitFor();
    const mail = await waitFor("the transcript", async () => (await company().stack.mailbox.list("tomas@example.org"))[0]);
    const { text } = await company().stack.mailbox.read(mail.id);
    expect(text).toContain("Please send me this in writing");
    expect(text).toContain("The tune-up costs 49 euros.");
    expect(await inbox.composer.getByRole("checkbox").isChecked()).toBe(false);
  });
});
