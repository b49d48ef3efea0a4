/** Keyboard, assistive technology, phones, the dark and Spanish. */
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { findViolations } from "../support/accessibility.ts";
import { InboxScreen } from "../support/inbox-screen.ts";
import { MAILBOX, OWNER, waitFor } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

beforeAll(async () => {
  await company().stack.mailbox.send({
    from: "rosa@example.org",
    name: "Rosa Diaz",
    to: MAILBOX,
    subject: "An order with a long subject that no phone can show on one line, whatever it does",
    text: `Where is it? ${"https://example.org/a-very-long-address-without-any-place-to-break/".repeat(3)}`,
  });
  await waitFor("the conversation", async () => {
    const { body } = await company().owner.client.request("GET", "/api/conversations");
    return JSON.stringify(body).includes("rosa@example.org");
  });
});

/** Until a page shows what it is for, and no placeholders. */
async function settle(page: Page): Promise<void> {
  await page.getByRole("heading").first().waitFor();
  await page.waitForLoadState("networkidle");
  await expect.poll(() => page.getByText(/^(Connecting|Conectando)…$/).count()).toBe(0);
}

const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Presses Tab until this has the focus, as somebody does who sees where it is. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reached ${target.toString()}.`);
}

describe("with the keyboard alone", () => {
  test("an agent signs in, opens a conversation, answers it and completes it", async () => {
    const visitor = await company().visitor();
    await visitor.say("Answered without a mouse?");
    const context = await company().device();
    const inbox = new InboxScreen(await context.newPage(), company().stack.url);
    const { page } = inbox;
    await page.goto(inbox.url);
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    await tabTo(page, page.getByLabel("Email"));
    await page.keyboard.type(OWNER.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(OWNER.password);
    await page.keyboard.press("Enter");

    await inbox.row("Answered without a mouse?").waitFor();
    await page.keyboard.press("j");
    const link = inbox.row("Answered without a mouse?").getByRole("link");
    await expect.poll(() => link.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await inbox.message("Answered without a mouse?").waitFor();
    await page.keyboard.press("r");
    await page.keyboard.type("Yes, all of it.");
    await page.keyboard.press("Control+Enter");
    await visitor.message("Yes, all of it.").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("e");
    await inbox.conversation.getByRole("button", { name: "Reopen" }).waitFor();

    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await help.waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
  });

  test("the channel and a saved reply's menu open, move and close without a mouse, and give the focus back", async () => {
    const inbox = await company().inboxOn({});
    await inbox.row("Rosa Diaz").getByRole("link").press("Enter");
    await inbox.field.waitFor();
    await tabTo(inbox.page, inbox.channelMenu);
    await inbox.page.keyboard.press("Enter");
    await inbox.page.getByRole("menu").waitFor();
    await inbox.page.keyboard.press("ArrowDown");
    await inbox.page.keyboard.press("Enter");
    await inbox.composer.getByText("Only agents see notes.").waitFor();
    expect(await inbox.channelMenu.getAttribute("aria-label")).toBe("Reply by: Note");
  });

  test("a visitor opens the panel, writes, and leaves it with Escape", async () => {
    const { page, panel, bubble, field } = await company().visitor();
    await bubble.focus();
    await page.keyboard.press("Enter");
    await field.waitFor();
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Enter");
    await panel.getByText("By keyboard", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "hidden" });
    expect(await bubble.evaluate((button) => button.getRootNode() instanceof ShadowRoot && button.matches(":focus"))).toBe(true);
  });
});

describe("axe finds nothing wrong", () => {
  test.each(["light", "dark"] as const)("in the inbox, in %s", async (colorScheme) => {
    const inbox = await company().inboxOn({ bypassCSP: true, colorScheme });
    await inbox.list.waitFor();
    const found: Record<string, string[]> = { list: await findViolations(inbox.page) };
    await inbox.row("Rosa Diaz").getByRole("link").click();
    await inbox.field.waitFor();
    found["thread"] = await findViolations(inbox.page);
    for (const path of ["contacts", "saved-replies", "ledger", "me", "settings/widget", "settings/agents", "settings/hours"]) {
      await inbox.open(`/${path}`);
      await settle(inbox.page);
      found[path] = await findViolations(inbox.page);
    }
    expect(Object.fromEntries(Object.entries(found).filter(([, violations]) => violations.length > 0))).toEqual({});
  });

  test.each(["light", "dark"] as const)("in the widget, in %s", async (colorScheme) => {
    const visitor = await company().visitor({ bypassCSP: true, colorScheme });
    expect(await findViolations(visitor.page)).toEqual([]);
    await visitor.say("Is this accessible?");
    await visitor.captureForm.waitFor();
    expect(await findViolations(visitor.page)).toEqual([]);
  });
});

describe("on a phone, in the dark, in Spanish", () => {
  const DEVICE = { ...PHONE, locale: "es-ES", colorScheme: "dark" as const };

  test("the inbox fits, page by page, and speaks Spanish", async () => {
    const context = await company().inboxOn(DEVICE);
    const { page } = context;
    await page.getByRole("heading", { name: "Conversaciones", level: 2 }).waitFor();
    expect(await page.getAttribute("html", "lang")).toBe("es");
    expect(await overflow(page)).toBe(0);
    await page.getByRole("link", { name: /Rosa Diaz/ }).click();
    await page.getByRole("form", { name: "Responder" }).waitFor();
    await page.getByRole("article").getByText("Where is it?").waitFor();
    expect(await overflow(page)).toBe(0);
    await page.getByRole("button", { name: "Datos del contacto" }).click();
    await page.getByRole("complementary").waitFor();
    expect(await overflow(page)).toBe(0);
    for (const path of ["contacts", "saved-replies", "ledger", "settings/widget", "settings/mailboxes", "settings/hours"]) {
      await context.open(`/${path}`);
      await settle(page);
      expect(`${path} ${await overflow(page)}`).toBe(`${path} 0`);
    }
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).not.toBe("rgb(255, 255, 255)");
  });

  test("the widget covers the phone, and speaks Spanish", async () => {
    const context = await company().device(DEVICE);
    const page = await context.newPage();
    await page.goto(`${company().stack.url}/demo/es.html`);
    await page.getByRole("button", { name: "Abrir el chat" }).click();
    const field = page.getByRole("textbox", { name: "Mensaje" });
    await field.fill("¿Tenéis cámaras de 28 pulgadas?");
    await field.press("Enter");
    await page.getByText("¿Tenéis cámaras de 28 pulgadas?", { exact: true }).waitFor();
    await page.getByRole("form", { name: /Déjanos tu correo/ }).waitFor();
    expect(await overflow(page)).toBe(0);
    const box = await page.getByRole("dialog").boundingBox();
    expect([box?.x, box?.width, box?.height]).toEqual([0, 360, 740]);
  });
});
