/** From an empty installation to a team at work; and a mail server that does not do its part. */
import type { Browser } from "playwright-core";
import { SMTPServer } from "smtp-server";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../../tools/start/ports.ts";
import { launchBrowser } from "../support/browser.ts";
import { Company } from "../support/company.ts";
import { InboxScreen } from "../support/inbox-screen.ts";
import { COMPANY, MAILBOX, OWNER, type Stack, startStack } from "../support/stack.ts";

let stack: Stack;
let browser: Browser;
let company: Company;
let mailServer: SMTPServer;

/** A mail server that knows nobody whose name begins with `gone`. */
async function startMailServer(port: number): Promise<SMTPServer> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onRcptTo: ({ address }, _session, done) => {
      done(address.startsWith("gone") ? Object.assign(new Error("5.1.1 No such person here"), { responseCode: 550 }) : null);
    },
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on("end", () => done());
    },
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return server;
}

beforeAll(async () => {
  const smtpPort = await findFreePort();
  mailServer = await startMailServer(smtpPort);
  const env = { SMTP_URL: `smtp://127.0.0.1:${smtpPort}`, RATE_LIMITS: "off" };
  [stack, browser] = await Promise.all([startStack({ env }), launchBrowser()]);
});
afterEach(() => company.closeDevices());
afterAll(async () => {
  await company.close();
  await new Promise<void>((resolve) => mailServer.close(() => resolve()));
});

async function signIn(inbox: InboxScreen, { email, password }: { email: string; password: string }): Promise<void> {
  await inbox.page.goto(inbox.url);
  await inbox.page.getByLabel("Email").fill(email);
  await inbox.page.getByLabel("Password").fill(password);
  await inbox.page.getByRole("button", { name: "Sign in" }).click();
}

describe("the first run", () => {
  test("the first person sets everything up, and is in an empty inbox", async () => {
    const context = await browser.newContext({ locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(stack.url);
    await page.getByRole("heading", { name: "Set up Hilo" }).waitFor();
    await page.getByLabel("Your name").fill(OWNER.name);
    await page.getByLabel("Company").fill(COMPANY);
    await page.getByLabel("Your email").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByLabel("First mailbox").fill(MAILBOX);
    await page.getByRole("button", { name: "Create the inbox" }).click();
    await page.getByText("Your inbox is ready").waitFor();
    await page.getByRole("link", { name: "Get the snippet" }).waitFor();
    await context.close();

    const client = await stack.signIn(OWNER);
    // The mails below leave at once, and not when they can no longer be taken back.
    await client.request("PATCH", "/api/settings", { mail: { undoSeconds: 0 } });
    company = new Company(stack, browser, { ...OWNER, id: "", client });
  });

  test("signing out and in again; a wrong password says nothing about which of the two is wrong", async () => {
    const context = await company.device();
    const inbox = new InboxScreen(await context.newPage(), stack.url);
    await signIn(inbox, { ...OWNER, password: "not the password" });
    await inbox.page.getByRole("alert").getByText("The email or the password is wrong.").waitFor();
    await signIn(inbox, OWNER);
    await inbox.page.getByText("Your inbox is ready").waitFor();
    await inbox.page.getByRole("button", { name: "Your account" }).click();
    await inbox.page.getByRole("menuitem", { name: "Sign out" }).click();
    await inbox.page.getByRole("heading", { name: "Welcome back" }).waitFor();
    await inbox.page.goto(`${stack.url}/settings/agents`);
    await inbox.page.getByRole("heading", { name: "Welcome back" }).waitFor();
  });
});

/** Invites through the settings page, and joins by the link on a device of their own. */
async function inviteInBrowser(owner: InboxScreen, name: string, role: string): Promise<{ email: string; password: string }> {
  const account = { email: `${name.toLowerCase()}@acme.test`, password: `a password for ${name}` };
  await owner.page.getByRole("button", { name: "Invite agent" }).click();
  const dialog = owner.page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Email").fill(account.email);
  await dialog.getByLabel("Role").selectOption({ label: role });
  await dialog.getByRole("button", { name: "Invite agent" }).click();
  await owner.page.getByRole("dialog", { name: `${name} is invited` }).waitFor();
  const link = await dialog.locator("code").innerText();
  await dialog.getByRole("button", { name: "Done" }).click();
  const { page } = new InboxScreen(await (await company.device()).newPage(), stack.url);
  await page.goto(link);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: `Join ${COMPANY}` }).click();
  await page.waitForURL((url) => url.hash === "");
  return account;
}

/** Several people on devices of their own. */
const STORY = { timeout: 120_000 };

describe("the team", STORY, () => {
  test("[S1] an agent sees and answers all, a viewer reads, and without the permission one sees nothing", async () => {
    const visitor = await company.visitor();
    await visitor.say("A question to all of you");
    const owner = await company.inbox();
    await owner.open("/settings/agents");
    const accounts = {
      agent: await inviteInBrowser(owner, "Abel", "Agent"),
      viewer: await company.invite("Vera Viewer", "viewer"),
      none: await company.invite("Nico None", "none"),
    };
    const screens = Object.fromEntries(
      await Promise.all(
        Object.entries(accounts).map(async ([role, account]) => {
          const inbox = new InboxScreen(await (await company.device()).newPage(), stack.url);
          await signIn(inbox, account);
          return [role, inbox] as const;
        }),
      ),
    );
    const { agent, viewer, none } = screens;
    if (agent === undefined || viewer === undefined || none === undefined) throw new Error("somebody is missing");

    await agent.openConversation("A question to all of you");
    await agent.reply("Abel answers");
    await visitor.message("Abel answers").waitFor();

    await viewer.openConversation("Abel answers");
    await viewer.page.getByText("Your role lets you read conversations, not answer them.").waitFor();
    expect(await viewer.composer.count()).toBe(0);
    expect(await viewer.conversation.getByRole("button", { name: "Complete", exact: true }).count()).toBe(0);

    await none.page.getByRole("heading", { name: "No access yet" }).waitFor();
    expect(await none.page.getByText("A question to all of you").count()).toBe(0);
    const client = await stack.signIn(accounts.none);
    expect((await client.request("GET", "/api/conversations")).status).toBe(403);
  });

  test("[S1] who loses the role is out at once, on the page that is open", async () => {
    const { email, password } = await company.invite("Lola Leaves");
    const inbox = new InboxScreen(await (await company.device()).newPage(), stack.url);
    await signIn(inbox, { email, password });
    await inbox.list.waitFor();
    const owner = await company.inbox();
    await owner.open("/settings/agents");
    await owner.page.getByLabel("Role of Lola Leaves").selectOption({ label: "No access" });
    await owner.page.getByText("Lola Leaves is now: No access").waitFor();
    await inbox.page.getByText("You have been signed out").waitFor();
  });
});

async function writeTo(inbox: InboxScreen, email: string): Promise<void> {
  await inbox.page.getByRole("button", { name: "New conversation by email" }).click();
  const dialog = inbox.page.getByRole("dialog");
  await dialog.getByLabel("To", { exact: true }).fill(email);
  await dialog.getByLabel("Subject").fill("About your order");
  await dialog.getByLabel("Message").fill(`Hello ${email}`);
  await dialog.getByRole("button", { name: "Send email" }).click();
  await inbox.message(`Hello ${email}`).waitFor();
}

describe("a mail that cannot be sent", () => {
  test("turns red in the thread and says why", async () => {
    const inbox = await company.inbox();
    await inbox.open();
    await writeTo(inbox, "gone@example.org");
    const label = inbox.label("Hello gone@example.org");
    await expect.poll(() => label.textContent()).toMatch(/Not delivered: .*address does not exist.*No such person here/s);
  });

  test("says what it waits for while the mail server is away", async () => {
    await new Promise<void>((resolve) => mailServer.close(() => resolve()));
    const inbox = await company.inbox();
    await writeTo(inbox, "later@example.org");
    const label = inbox.label("Hello later@example.org");
    await expect.poll(() => label.textContent()).toMatch(/Will be tried again: .*mail server/);
  });

  test("a failure of the server is told with the id that finds it in the log", async () => {
    const inbox = await company.inbox();
    const problem = { type: "about:blank", title: "Error", status: 500, detail: "", code: "internal", id: "0190f000-failure" };
    await inbox.page.route("**/complete", (route) =>
      route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) }),
    );
    await inbox.openConversation("Hello later@example.org");
    await inbox.conversation.getByRole("button", { name: "Complete", exact: true }).click();
    const alert = inbox.page.getByRole("alert").filter({ hasText: "Something went wrong on the server." });
    await alert.getByText("Error ID: 0190f000-failure").waitFor();
    await inbox.page.unrouteAll();
  });
});
