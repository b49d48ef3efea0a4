/** Saved replies, from the page where they are written to the composer where they are used. */
import { beforeAll, expect, test } from "vitest";
import type { Colleague } from "../support/company.ts";
import type { InboxScreen } from "../support/inbox-screen.ts";
import { MAILBOX, waitFor } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
let ana: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
  const inbox = await company().inbox(ana);
  await inbox.open("/saved-replies");
  await inbox.page.getByRole("button", { name: "New category" }).click();
  await inbox.page.getByRole("dialog").getByLabel("Name").fill("Greetings");
  await inbox.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await inbox.page.getByRole("heading", { name: "Greetings" }).waitFor();
  await inbox.page.getByRole("button", { name: "New saved reply" }).click();
  const dialog = inbox.page.getByRole("dialog");
  await dialog.getByLabel("Title").fill("Thanks");
  await dialog.getByLabel("Category").selectOption({ label: "Greetings" });
  await dialog.getByLabel("Text").fill("Thank you, {{contact.name}}! {{agent.name}} from {{company}}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await inbox.page.getByText("Thanks").waitFor();
});

async function insertSavedReply(inbox: InboxScreen): Promise<void> {
  await inbox.composer.getByRole("button", { name: "Insert a saved reply" }).click();
  await inbox.page.getByRole("menuitem", { name: /Greetings/ }).click();
  await inbox.page.getByRole("menuitem", { name: /Thanks/ }).click();
}

/** Puts the cursor behind the first `length` characters. */
const placeCursor = (inbox: InboxScreen, length: number) =>
  inbox.field.evaluate((field, length) => {
    if (field instanceof HTMLTextAreaElement) field.setSelectionRange(length, length);
  }, length);

test("[S3] in the chat one is inserted at the cursor, the draft is kept, and it is sent only when the agent sends", async () => {
  const visitor = await company().visitor();
  await visitor.say("My order has come");
  await visitor.giveAddress("rosa@example.org", "Rosa");
  const inbox = await company().inbox(ana);
  await inbox.openConversation("My order has come");
  await inbox.field.fill("Hello!  Bye!");
  await placeCursor(inbox, "Hello! ".length);
  await insertSavedReply(inbox);
  await expect.poll(() => inbox.field.inputValue()).toBe("Hello! Thank you, Rosa! Ana Ruiz from Acme Bye!");
  expect(await inbox.field.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await inbox.thread.getByRole("article").count()).toBe(1);
  await inbox.page.keyboard.press("Control+Enter");
  await visitor.message("Hello! Thank you, Rosa! Ana Ruiz from Acme Bye!").waitFor();
});

test("[S3] in the email composer the same menu does the same", async () => {
  await company().stack.mailbox.send({
    from: "luis@example.org",
    name: "Luis",
    to: MAILBOX,
    subject: "My order",
    text: "It is here",
  });
  const inbox = await company().inbox(ana);
  await inbox.openConversation("It is here");
  expect(await inbox.channelMenu.getAttribute("aria-label")).toBe("Reply by: Email");
  await insertSavedReply(inbox);
  await expect.poll(() => inbox.field.inputValue()).toBe("Thank you, Luis! Ana Ruiz from Acme");
  await inbox.composer.getByRole("button", { name: "Send email" }).click();
  const mail = await waitFor("the mail", async () => (await company().stack.mailbox.list("luis@example.org"))[0]);
  expect(mail.preview).toContain("Thank you, Luis! Ana Ruiz from Acme");
  expect(mail.subject).toBe("Re: My order");
});

test("[S3] a draft waits for the agent in its own conversation, across a reload", async () => {
  await company().stack.mailbox.send({ from: "eva@example.org", to: MAILBOX, subject: "Eva", text: "Eva writes" });
  await company().stack.mailbox.send({ from: "max@example.org", to: MAILBOX, subject: "Max", text: "Max writes" });
  const inbox = await company().inbox(ana);
  await inbox.openConversation("Eva writes");
  await inbox.field.fill("A draft for Eva");
  await inbox.openConversation("Max writes");
  await expect.poll(() => inbox.field.inputValue()).toBe("");
  await inbox.openConversation("Eva writes");
  await inbox.page.reload();
  await expect.poll(() => inbox.field.inputValue()).toBe("A draft for Eva");
});
