/** A mail that landed in the wrong conversation: moved, undone, and never shown to who should not see it. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { findViolations } from "../support/accessibility.ts";
import type { Colleague } from "../support/company.ts";
import type { InboxScreen } from "../support/inbox-screen.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
let ana: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
  await company().stack.sendMail({ from: "Vera Lund <vera@example.org>", subject: "Lamp", text: "The lamp flickers." });
  await company().stack.sendMail({ from: "Vera Lund <vera@example.org>", subject: "Chair", text: "Nora's chair wobbles." });
  await company().stack.sendMail({ from: "Nora Field <nora@example.org>", subject: "Chairs", text: "I bought two chairs." });
});

/** Opens the menu of the mail and its picker, by the keyboard. */
async function openPicker(inbox: InboxScreen, text: string): Promise<void> {
  const { page } = inbox;
  await inbox.message(text).getByRole("button", { name: "More about this email" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Move to another conversation…" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await picker(page).waitFor();
}

const picker = (page: Page) => page.getByRole("combobox", { name: "Search by name, address or subject" });
const movedLine = (inbox: InboxScreen) => inbox.thread.locator("[data-moved]");

describe("[E16] [V1] a mail in the wrong conversation", () => {
  test("is moved from its thread by the keyboard alone, seen live by a colleague, and moved back", async () => {
    const inbox = await company().inbox(ana);
    const { page } = inbox;
    await inbox.openConversation("Nora's chair wobbles.");
    const colleague = await company().inboxOn({});
    await colleague.openConversation("Nora's chair wobbles.");
    await openPicker(inbox, "Nora's chair wobbles.");
    // The search has the focus: what is typed next goes there.
    await page.keyboard.type("field");
    await page.getByRole("option", { name: /Nora Field/ }).waitFor();
    await expect.poll(() => page.getByRole("option", { selected: true }).textContent()).toContain("Nora Field");
    await page.keyboard.press("Enter");
    await movedLine(inbox).getByText("Ana Ruiz moved the email “Chair” to another conversation").waitFor();
    await movedLine(colleague).waitFor();
    expect(await inbox.thread.getByText("Nora's chair wobbles.").count()).toBe(0);

    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Open it there");
    await page.keyboard.press("Enter");
    await inbox.conversation.getByRole("heading", { name: "Nora Field" }).waitFor();
    await inbox.message("Nora's chair wobbles.").getByText("Moved here by Ana Ruiz.").waitFor();

    await movedLine(colleague).getByRole("button", { name: "Move back" }).press("Enter");
    await colleague.message("Nora's chair wobbles.").waitFor();
    await expect.poll(() => colleague.page.evaluate(() => document.activeElement?.ariaLabel)).toBe("More about this email");
    await movedLine(inbox).waitFor();
  });

  test("is moved from the ledger to a conversation of its own, and back", async () => {
    const inbox = await company().inbox(ana);
    const { page } = inbox;
    await inbox.open("/ledger");
    const row = page.getByRole("row").filter({ hasText: "Chair" }).filter({ hasText: "vera@example.org" });
    await row.getByRole("button", { name: "Move “Chair” to another conversation" }).press("Enter");
    await picker(page).waitFor();
    await page.getByRole("option", { name: /A new conversation of its own/ }).waitFor();
    await page.keyboard.press("Enter");
    await row.getByText("Moved by hand").waitFor();
    await row.getByRole("link", { name: "Open the conversation of “Chair”" }).click();
    await inbox.message("Nora's chair wobbles.").waitFor();
    expect(await inbox.thread.getByRole("article").count()).toBe(1);
    await page.goBack();
    await row.getByRole("button", { name: "Move “Chair” back" }).press("Enter");
    await expect.poll(() => row.getByText("Moved by hand").count()).toBe(0);
    await inbox.open("/");
  });

  test.each([
    { colorScheme: "light", locale: "en-GB" },
    { colorScheme: "dark", locale: "es-ES", viewport: { width: 360, height: 740 } },
  ] as const)("has no accessibility violation: $colorScheme, $locale", async (device) => {
    const inbox = await company().inboxOn({ bypassCSP: true, ...device }, ana);
    const { page } = inbox;
    await page.goto(`${inbox.url}/ledger`);
    await page.getByRole("button", { name: /^(Move|Mover) [“«]Chair[”»] (to|a)/ }).click();
    await page.getByRole("option").nth(1).waitFor();
    await expect.poll(() => findViolations(page)).toEqual([]);
    await page.getByRole("option").nth(1).click();
    await page.getByText(/^(Moved by hand|Movido a mano)$/).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await page
      .getByRole("link", { name: /[“«]Chair[”»]$/ })
      .first()
      .click();
    await page.getByRole("link", { name: /^(Show where it was|Ver dónde estaba)$/ }).click();
    await page.getByRole("button", { name: /^(Move back|Devolver a su sitio)$/ }).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await page.getByRole("button", { name: /^(Move back|Devolver a su sitio)$/ }).click();
    await page.getByRole("article").getByText("Nora's chair wobbles.").waitFor();
  });
});
