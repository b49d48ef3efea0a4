/** A visitor and the team in the chat: what each of them sees, live. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Colleague } from "../support/company.ts";
import { VisitorScreen } from "../support/visitor-screen.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
let ana: Colleague;
let ben: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
  ben = await company().invite("Ben Hall");
});

describe("a visitor writes", () => {
  test("[S5] the red dot appears and the conversation moves to the top, live", async () => {
    const inbox = await company().inbox(ana);
    await company().stack.mailbox.send({
      from: "early@example.org",
      to: "help@acme.test",
      subject: "Earlier",
      text: "I was first",
    });
    await inbox.openConversation("I was first");
    await inbox.redDot.waitFor({ state: "detached" });
    const visitor = await company().visitor();
    await visitor.say("Does S5 show me?");
    await inbox.redDot.waitFor();
    await expect.poll(() => inbox.list.getByRole("listitem").first().textContent()).toContain("Does S5 show me?");
    expect(await inbox.row("Does S5 show me?").textContent()).toContain("Unread");
    expect(await inbox.page.title()).toMatch(/^●/);
  });

  test("[S6] [S7] a green dot says that they are online, and the composer chooses the chat", async () => {
    const visitor = await company().visitor();
    await visitor.say("Is somebody there?");
    const inbox = await company().inbox(ana);
    await inbox.row("Is somebody there?").getByText("Online now").waitFor();
    await inbox.openConversation("Is somebody there?");
    await inbox.conversation.getByText("Online now", { exact: true }).waitFor();
    expect(await inbox.channelMenu.getAttribute("aria-label")).toBe("Reply by: Web chat");
  });

  test("[S8] [S9] both sides see each other's messages at once, and a label names the channel", async () => {
    const visitor = await company().visitor();
    await visitor.say("Which tyre fits a 28 inch rim?");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Which tyre fits");
    await inbox.reply("A 28-622, in any width up to 40.");
    await visitor.message("A 28-622, in any width up to 40.").waitFor();
    await visitor.say("Perfect, thank you");
    await inbox.message("Perfect, thank you").waitFor();
    for (const text of ["Which tyre fits", "A 28-622", "Perfect, thank you"]) {
      expect(await inbox.label(text).textContent()).toContain("Web chat");
    }
    expect(await inbox.thread.getByRole("article").allTextContents()).toHaveLength(3);
  });

  test("[S8] the visitor sees that the agent writes, and the agent sees that the visitor writes", async () => {
    const visitor = await company().visitor();
    await visitor.say("Typing, both of us");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Typing, both");
    // Whoever writes goes on writing: the other's socket may still be opening at the first key.
    const shown = visitor.panel.getByText("Ana Ruiz is typing…");
    const writeOn = async () => {
      await inbox.field.pressSequentially("On it ");
      return shown.count();
    };
    await expect.poll(writeOn, { timeout: 20_000, interval: 500 }).toBe(1);
    await visitor.field.pressSequentially("One more thing");
    await inbox.page
      .getByRole("status")
      .getByText(/Visitor \w+ is typing…/)
      .waitFor();
  });
});

describe("a team works on it", () => {
  test("[S2] opening a conversation marks it read for all agents", async () => {
    const visitor = await company().visitor();
    await visitor.say("Who reads this first?");
    const [first, second] = [await company().inbox(ana), await company().inbox(ben)];
    const row = second.row("Who reads this first?");
    await row.getByText("Unread").waitFor();
    await first.openConversation("Who reads this first?");
    await row.getByText("Unread").waitFor({ state: "detached" });
  });

  test("[S21] the first to reply owns the conversation; it can be reassigned; the list filters by it", async () => {
    const visitor = await company().visitor();
    await visitor.say("Who owns me?");
    const [first, second] = [await company().inbox(ana), await company().inbox(ben)];
    await first.openConversation("Who owns me?");
    await first.button("Assign").waitFor();
    await first.reply("I do, says Ana.");
    await first.button("Assigned to Ana Ruiz").waitFor();
    await second.openConversation("I do, says Ana.");
    await second.reply("And Ben adds something.");
    await second.button("Assigned to Ana Ruiz").click();
    await second.page.getByRole("menuitemradio", { name: "Me" }).click();
    await first.button("Assigned to Ben Hall").waitFor();

    await second.page.getByRole("button", { name: "Filters" }).click();
    await second.page.getByRole("menuitemradio", { name: "Me", exact: true }).click();
    await second.page.keyboard.press("Escape");
    await second.row("And Ben adds something.").waitFor();
    await first.showList();
    await first.page.getByRole("button", { name: "Filters" }).click();
    await first.page.getByRole("menuitemradio", { name: "Me", exact: true }).click();
    await first.page.getByRole("button", { name: /1 active: Me/ }).waitFor();
    await first.row("And Ben adds something.").waitFor({ state: "detached" });
  });

  test("[S4] [S15] completing it shows a check mark to everybody; [S17] a new message opens it again", async () => {
    const visitor = await company().visitor();
    await visitor.say("Is my bike ready?");
    const [first, second] = [await company().inbox(ana), await company().inbox(ben)];
    await second.row("Is my bike ready?").waitFor();
    await first.openConversation("Is my bike ready?");
    await first.reply("It is. See you at six.");
    await first.complete();
    const row = second.row("It is. See you at six.");
    await row.getByRole("img", { name: "Complete" }).waitFor();
    await first.row("It is. See you at six.").getByRole("img", { name: "Complete" }).waitFor();
    await first.thread.getByText("You completed the conversation").waitFor();

    await visitor.say("I come at seven");
    await first.conversation.getByRole("button", { name: "Complete", exact: true }).waitFor();
    await first.thread.getByText("The conversation is open again").waitFor();
    const again = second.row("I come at seven");
    await again.waitFor();
    await again.getByRole("img", { name: "Complete" }).waitFor({ state: "detached" });
  });

  test("[S19] nothing in the inbox deletes a conversation, and the API refuses to", async () => {
    const visitor = await company().visitor();
    await visitor.say("Do not delete me");
    const inbox = await company().inbox();
    await inbox.openConversation("Do not delete me");
    expect(await inbox.page.getByRole("button", { name: /delete|remove/i }).count()).toBe(0);
    const id = new URL(inbox.page.url()).pathname.split("/").at(-1);
    const answer = await company().owner.client.request("DELETE", `/api/conversations/${id}`);
    expect(answer.status).toBe(405);
    expect(await inbox.message("Do not delete me").count()).toBe(1);
  });

  test("a reply of a colleague in between is shown before one's own is sent", async () => {
    const visitor = await company().visitor();
    await visitor.say("Two of you answer me");
    const [first, second] = [await company().inbox(ana), await company().inbox(ben)];
    await first.openConversation("Two of you answer me");
    await second.openConversation("Two of you answer me");
    await first.conversation.getByText("Ben Hall also has this open").waitFor();
    await first.field.fill("Ana begins");
    await second.reply("Ben was faster");
    await first.page.getByRole("alert").getByText("Ben Hall has just replied").waitFor();
    await first.page.getByRole("button", { name: "Send anyway" }).click();
    await visitor.message("Ana begins").waitFor();
  });
});

describe("the visitor comes back", () => {
  test("[S16] on the same device the history is there, without any address; [S17] a new message joins it", async () => {
    const visitor = await company().visitor();
    await visitor.say("Remember me");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("Remember me");
    await inbox.reply("We will");
    await visitor.message("We will").waitFor();
    await inbox.complete();
    const context = visitor.page.context();
    await visitor.leave();

    const later = new VisitorScreen(await context.newPage(), company().stack.url);
    await later.visit();
    await later.openPanel();
    await later.message("Remember me").waitFor();
    await later.message("We will").waitFor();
    await later.say("Here I am again");
    await inbox.message("Here I am again").waitFor();
    expect(await inbox.thread.getByRole("article").count()).toBe(3);
    await inbox.conversation.getByRole("button", { name: "Complete", exact: true }).waitFor();
  });

  test("[S18] on a new device a new conversation begins", async () => {
    const known = await company().visitor();
    await known.say("Written on the first device");
    const other = await company().visitor();
    await other.openPanel();
    expect(await other.message("Written on the first device").count()).toBe(0);
    await other.say("Written on the second device");
    const inbox = await company().inbox(ana);
    await inbox.row("Written on the second device").waitFor();
    await inbox.openConversation("Written on the first device");
    expect(await inbox.thread.getByRole("article").count()).toBe(1);
  });
});
