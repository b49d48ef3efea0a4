/** A way in and a way out: invited by mail, a forgotten password, sessions, and leaving; on real screens with real mails. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buffer } from "node:stream/consumers";
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findViolations } from "../support/accessibility.ts";
import { AgentClient } from "../support/agent-client.ts";
import { InboxScreen } from "../support/inbox-screen.ts";
import { OWNER, waitFor } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
const INES = { name: "Ines Soler", email: "ines@acme.test", password: "a password for Ines" };
const NEW_PASSWORD = "another one for Ines";
const OWNER_RESET = fileURLToPath(new URL("../../tools/owner-reset.ts", import.meta.url));

/** The link in the newest mail to this address, which is not one of those that were seen before. */
function linkMailedTo(email: string, path: string): Promise<string> {
  return waitFor(`a mail with a link to ${path}`, async () => {
    const [newest] = await company().stack.mailbox.list(email);
    if (newest === undefined) return null;
    const { text } = await company().stack.mailbox.read(newest.id);
    return new RegExp(`https?://\\S+${path}#token=[\\w-]+`).exec(text)?.[0];
  });
}

async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const open = async (context: BrowserContext, path: string) => {
  const page = await context.newPage();
  await page.goto(new URL(path, company().stack.url).href);
  return page;
};

/** Several people, mails and devices in one story. */
const STORY = { timeout: 120_000 };

describe("[T22] an agent's way in and out", STORY, () => {
  test("invited by mail, they choose a password on the page of the link, and are in", async () => {
    const owner = await company().inbox();
    await owner.open("/settings/agents");
    await owner.page.getByRole("button", { name: "Invite agent" }).click();
    const dialog = owner.page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(INES.name);
    await dialog.getByLabel("Email").fill(INES.email);
    await dialog.getByRole("button", { name: "Invite agent" }).click();
    await dialog.getByText(`on its way to ${INES.email}`).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await owner.page.getByRole("listitem").filter({ hasText: INES.name }).getByText("Invited").waitFor();

    const link = await linkMailedTo(INES.email, "/invitation");
    const device = await company().device();
    const page = await open(device, link);
    await page.getByRole("heading", { name: "Welcome to Acme" }).waitFor();
    // Nothing but the page's own address went to the server.
    const response = await fetch(link.replace(/#.*/, ""));
    expect([response.status, response.headers.get("referrer-policy")]).toEqual([200, "no-referrer"]);
    await page.getByLabel("Password").fill("qwertyuiop");
    await page.getByRole("button", { name: "Join Acme" }).click();
    await page.getByRole("alert").getByText("one of the commonest passwords").waitFor();
    await page.getByLabel("Password").fill(INES.password);
    await page.getByRole("button", { name: "Join Acme" }).click();
    await page.getByRole("list", { name: "List of conversations" }).or(page.getByText("Your inbox is ready")).first().waitFor();

    const again = await open(await company().device(), link);
    await again.getByRole("heading", { name: "This link no longer works" }).waitFor();
    await owner.page.reload();
    await expect.poll(() => owner.page.getByRole("listitem").filter({ hasText: INES.name }).getByText("Invited").count()).toBe(0);
  });

  test("a forgotten password is replaced by a link that is mailed, and the new one ends other sessions", async () => {
    const elsewhere = await AgentClient.signIn(company().stack.url, INES);
    const desk = new InboxScreen(await open(await company().device(), "/"), company().stack.url);
    await signIn(desk.page, INES);
    await desk.page.getByRole("navigation").first().waitFor();

    const page = await open(await company().device(), "/sign-in");
    await page.getByLabel("Email").fill(INES.email);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    expect(await page.getByLabel("Email").inputValue()).toBe(INES.email);
    await page.getByRole("button", { name: "Mail me a link" }).click();
    await page.getByText(`If ${INES.email} belongs to somebody here`).waitFor();
    await page.goto(await linkMailedTo(INES.email, "/reset-password"));
    await page.getByLabel("New password").fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Save and sign in" }).click();
    await page.getByRole("navigation").first().waitFor();

    expect((await elsewhere.request("GET", "/api/me")).status).toBe(401);
    await desk.page.getByText("You have been signed out.").waitFor();
    await desk.page.getByRole("button", { name: "Sign in" }).click();
    await desk.page.getByRole("heading", { name: "Welcome back" }).waitFor();
    await signIn(desk.page, { ...INES, password: NEW_PASSWORD });
    await desk.page.getByRole("navigation").first().waitFor();
  });

  test("their page changes name and password, and ends other sessions", async () => {
    const password = "the third one for Ines";
    const page = await open(await company().device(), "/me");
    await signIn(page, { ...INES, password: NEW_PASSWORD });
    await page.getByRole("heading", { name: "My page" }).waitFor();
    await page.getByLabel("Name").fill("Inés Soler");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your name was saved.").waitFor();
    await page.getByLabel("Current password").fill("not the password");
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByRole("alert").getByText("The current password is wrong.").waitFor();
    await page.getByLabel("Current password").fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("all your other sessions have ended").waitFor();

    const elsewhere = await AgentClient.signIn(company().stack.url, { ...INES, password });
    await page.reload();
    await page.getByText("This one").waitFor();
    await page.getByRole("button", { name: "End the session of Unknown device" }).click();
    await page.getByText("The session has ended.").waitFor();
    expect((await elsewhere.request("GET", "/api/me")).status).toBe(401);
    // The page itself goes on under its new cookie.
    await page.getByRole("link", { name: /^Conversations/ }).click();
    await page.getByRole("navigation").first().waitFor();
    expect(await page.getByText("You have been signed out").count()).toBe(0);
  });

  test("removed, they are out at once; their conversation goes to nobody", async () => {
    const leaver = await company().invite("Lola Leaves");
    const visitor = await company().visitor();
    await visitor.say("Who answers me?");
    const desk = await company().inboxOn({}, leaver);
    await desk.openConversation("Who answers me?");
    await desk.reply("I do, Lola.");
    const owner = await company().inbox();
    await owner.open("/settings/agents");
    await owner.page.getByRole("button", { name: "More about Lola Leaves" }).click();
    await owner.page.getByRole("menuitem", { name: "Remove…" }).click();
    const dialog = owner.page.getByRole("dialog", { name: "Remove Lola Leaves?" });
    await dialog.getByText("Their open conversations go to nobody.").waitFor();
    await dialog.getByRole("button", { name: "Remove Lola Leaves" }).click();
    await owner.page.getByText("Lola Leaves was removed.").waitFor();
    await desk.page.getByText("You have been signed out").waitFor();
    await expect.poll(() => desk.composer.evaluate((form) => form.matches("[inert]"))).toBe(true);
    await owner.open("/");
    await owner.openConversation("I do, Lola.");
    await owner.thread.getByText(/removed the assignment/).waitFor();
  });
});

describe("[T22] several tabs of one browser", () => {
  test("signing out in one ends the others at once: the text stays, and nothing is sent", async () => {
    const visitor = await company().visitor();
    await visitor.say("Two tabs look at this");
    const device = await company().device();
    const writing = new InboxScreen(await open(device, "/"), company().stack.url);
    await signIn(writing.page, OWNER);
    await writing.openConversation("Two tabs look at this");
    await writing.field.fill("Not sent yet");
    const leaving = await open(device, "/");
    await leaving.getByRole("button", { name: "Your account" }).click();
    await leaving.getByRole("menuitem", { name: "Sign out" }).click();
    await writing.page.getByText("You have been signed out.").waitFor();
    expect(await writing.composer.evaluate((form) => form.matches("[inert]"))).toBe(true);
    expect(await writing.field.inputValue()).toBe("Not sent yet");
    await writing.page.keyboard.press("Control+Enter");
    await writing.page.getByRole("button", { name: "Sign in" }).click();
    await signIn(writing.page, OWNER);
    await writing.message("Two tabs look at this").waitFor();
    expect(await writing.message("Not sent yet").count()).toBe(0);
    expect(await writing.field.inputValue()).toBe("Not sent yet");
  });
});

describe("[T22] an owner who cannot get in", () => {
  test("gets a link from owner:reset, for which one needs the state folder", async () => {
    const program = spawn(process.execPath, [OWNER_RESET, "--local", "--state", company().stack.state], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const output = (await buffer(program.stdout)).toString();
    const link = /https?:\/\/\S+\/reset-password#token=[\w-]+/.exec(output)?.[0] ?? "";
    const page = await open(await company().device(), link);
    await page.getByText(`For ${OWNER.email}.`).waitFor();
    await page.getByLabel("New password").fill("an entirely new password");
    await page.getByRole("button", { name: "Save and sign in" }).click();
    await page.getByRole("navigation").first().waitFor();
    expect((await company().owner.client.request("GET", "/api/me")).status).toBe(401);
  });
});

describe("the pages in front of the inbox", () => {
  test.each(["/sign-in", "/forgot-password", "/reset-password#token=x", "/invitation#token=x", "/confirm-sign-in#token=x"])(
    "%s has nothing that axe finds wrong, and fits a phone",
    async (path) => {
      const phone = await company().device({
        viewport: { width: 360, height: 740 },
        hasTouch: true,
        isMobile: true,
        bypassCSP: true,
      });
      const page = await open(phone, path);
      await page.getByRole("heading").first().waitFor();
      await page.waitForLoadState("networkidle");
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    },
  );
});
