/** The inbox on Cloudflare Pages, forwarding the API to the Worker that runs beside it. */
import { expect, test } from "vitest";
import { findFreePort } from "../../tools/start/ports.ts";
import { InboxScreen } from "../support/inbox-screen.ts";
import { OWNER } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const pagesPort = await findFreePort();
const company = useCompany({ args: ["--pages-port", String(pagesPort)] });
const pagesUrl = `http://localhost:${pagesPort}`;

test("an agent signs in on Pages, and chats live with a visitor of the Worker's site", async () => {
  const context = await company().device();
  const inbox = new InboxScreen(await context.newPage(), pagesUrl);
  await inbox.page.goto(pagesUrl);
  await inbox.page.getByLabel("Email").fill(OWNER.email);
  await inbox.page.getByLabel("Password").fill(OWNER.password);
  await inbox.page.getByRole("button", { name: "Sign in" }).click();
  await inbox.page.getByText("Your inbox is ready").waitFor();

  const visitor = await company().visitor();
  await visitor.say("Do you see me on Pages?");
  await inbox.redDot.waitFor();
  await inbox.openConversation("Do you see me on Pages?");
  await inbox.reply("I do, at once.");
  await visitor.message("I do, at once.").waitFor();
  await visitor.say("And back again");
  await inbox.message("And back again").waitFor();
  expect(new URL(inbox.page.url()).origin).toBe(pagesUrl);

  await inbox.page.reload();
  await inbox.message("And back again").waitFor();
});

test("the snippet names the Worker, where the widget lives", async () => {
  const inbox = await company().inboxOn({});
  const pages = new InboxScreen(inbox.page, pagesUrl);
  await pages.open("/settings/widget");
  const snippet = await inbox.page
    .getByRole("main")
    .getByText(/<script /)
    .innerText();
  expect(snippet).toContain(`src="${company().stack.url}/widget.js"`);
});
