/** What people see of limits: the visitor a kind line, the owner a calm one, and nothing is lost. */
import { describe, expect, test } from "vitest";
import { findViolations } from "../support/accessibility.ts";
import { MAILBOX } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany({ env: { RATE_LIMITS: "on", TOTALS_WAIT_MS: "10000" } });
const limit = async (limits: Record<string, number>): Promise<void> => {
  const { status } = await company().owner.client.request("PATCH", "/api/settings", { limits });
  expect(status).toBe(200);
};

describe("[T21] limits", () => {
  test("[M16a] a flood of new senders: the owner is told live, looks at what was kept aside, and lets all of it in", async () => {
    await limit({ newSendersPerTwoMinutes: 3 });
    // axe is put into this one.
    const inbox = await company().inboxOn({ bypassCSP: true });
    const send = (n: number) =>
      company().stack.sendMail({ from: `s${n}@flood.test`, to: MAILBOX, subject: `Mail ${n}`, text: `Flood number ${n}` });
    for (let n = 1; n <= 8; n += 1) await send(n);
    const notice = inbox.page.locator("[data-notice=brake]");
    await notice.getByText("5 mails of new senders to help@acme.test are kept aside").waitFor();
    expect(await inbox.list.getByRole("listitem").count()).toBe(3);
    expect(await findViolations(inbox.page)).toEqual([]);

    await notice.getByRole("link", { name: "Show them" }).click();
    await inbox.page.getByText("Kept aside: too many new senders at once").first().waitFor();
    expect(await inbox.page.locator("[data-ledger=filtered]").count()).toBe(5);
    await notice.getByRole("button", { name: "Let all 5 in" }).click();
    await notice.getByText("None is kept aside any more").waitFor();
    await inbox.showList();
    await expect.poll(() => inbox.list.getByRole("listitem").count()).toBe(8);

    await notice.getByRole("button", { name: "Let new ones in for an hour" }).click();
    await notice.getByText("New ones are let in until").waitFor();
    for (let n = 9; n <= 12; n += 1) await send(n);
    await expect.poll(() => inbox.list.getByRole("listitem").count()).toBe(12);
    await notice.getByRole("button", { name: "Dismiss" }).click();
    await notice.waitFor({ state: "detached" });
  });

  test("more new chats than an hour allows: the visitor's words stay, and the owner finds where to change it", async () => {
    await limit({ chatsPerHour: 1 });
    const first = await company().visitor();
    await first.say("The first of this hour");
    const inbox = await company().inbox();
    await inbox.row("The first of this hour").waitFor();
    const second = await company().visitor();
    await second.openPanel();
    await second.field.fill("One too many");
    await second.field.press("Enter");
    await second.panel.getByText("That was a lot at once. Try again in a minute.").waitFor();
    await second.message("One too many").waitFor();

    const notice = inbox.page.locator("[data-notice=chats]");
    await notice.getByRole("link", { name: "Limits" }).click();
    await inbox.page.getByRole("textbox", { name: "New chats an hour" }).fill("100");
    await inbox.page.getByRole("button", { name: "Save" }).click();
    await inbox.page.getByText("Saved", { exact: true }).waitFor();
    // What was kept goes out when the page is opened anew.
    await second.page.reload();
    await inbox.showList();
    await inbox.row("One too many").waitFor();
  });
});
