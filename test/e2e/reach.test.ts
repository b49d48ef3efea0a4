/** A reply reaches the person: seen, mailed, taken back, never over a colleague's, and shown as what is true. */
import type { BrowserContext } from "playwright-core";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BadNetwork } from "../support/bad-network.ts";
import type { Colleague } from "../support/company.ts";
import type { InboxScreen } from "../support/inbox-screen.ts";
import { MAILBOX, makeClientId, waitFor } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";
import { VisitorScreen } from "../support/visitor-screen.ts";

/** Long enough to come back in time on a slow machine. */
const UNSEEN_SECONDS = 6;

const company = useCompany();
let ana: Colleague;
let ben: Colleague;

const messageSchema = v.object({ seq: v.number(), delivery: v.optional(v.object({ state: v.string() })) });
const pageSchema = v.object({ conversation: v.object({ isVisitorOnline: v.boolean() }), messages: v.array(messageSchema) });
const listSchema = v.object({ items: v.array(v.object({ id: v.string(), isVisitorOnline: v.boolean() })) });

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
  ben = await company().invite("Ben Hall");
  await changeMail({ unseenSeconds: UNSEEN_SECONDS, undoSeconds: 0 });
});

async function changeMail(mail: object): Promise<void> {
  expect((await company().owner.client.request("PATCH", "/api/settings", { mail })).status).toBe(200);
}

const idOf = ({ page }: InboxScreen) => new URL(page.url()).pathname.split("/").at(-1) ?? "";
const mailsTo = (address: string) => company().stack.mailbox.list(address);

/** Writes, leaves an address, and goes. */
async function comeAndGo(text: string, email: string): Promise<BrowserContext> {
  const visitor = await company().visitor();
  await visitor.say(text);
  await visitor.giveAddress(email, "Vera");
  const context = visitor.page.context();
  await visitor.leave();
  return context;
}

async function openOffline(text: string): Promise<InboxScreen> {
  const inbox = await company().inbox(ana);
  await inbox.openConversation(text);
  await inbox.conversation.getByText("Offline", { exact: true }).waitFor();
  await inbox.chooseChannel("Web chat");
  return inbox;
}

describe("an unseen reply", () => {
  test("is mailed once with the others, and not at all where the visitor comes back and sees it", async () => {
    const device = await comeAndGo("Is there a red one?", "vera@example.org");
    await comeAndGo("Do you repair tents?", "tom@example.org");

    const inbox = await openOffline("Is there a red one?");
    await inbox.reply("There is, in two sizes.");
    const back = new VisitorScreen(await device.newPage(), company().stack.url);
    await back.visit();
    await back.openPanel();
    await back.message("There is, in two sizes.").waitFor();
    await inbox.label("There is, in two sizes.").getByText("Seen").waitFor();

    const other = await openOffline("Do you repair tents?");
    await other.reply("We do.");
    await other.reply("Bring it on Tuesday.");
    for (const text of ["We do.", "Bring it on Tuesday."]) {
      await other.label(text).getByText("Sent by email too").waitFor();
    }
    const mails = await mailsTo("tom@example.org");
    expect(mails).toHaveLength(1);
    const { text } = await company().stack.mailbox.read(mails[0]?.id ?? "");
    expect(text.indexOf("We do.")).toBeGreaterThanOrEqual(0);
    expect(text.indexOf("Bring it on Tuesday.")).toBeGreaterThan(text.indexOf("We do."));
    // Its time was up before that of the mail which has arrived by now.
    expect(await mailsTo("vera@example.org")).toEqual([]);
  });

  test("says Delivered while the visitor has it, and still after they left without looking", async () => {
    const visitor = await company().visitor();
    await visitor.say("I listen with one ear");
    await visitor.panel.getByRole("button", { name: /Close/ }).first().click();
    const inbox = await company().inbox(ana);
    await inbox.openConversation("I listen with one ear");
    await inbox.reply("Take your time.");
    await inbox.label("Take your time.").getByText("Delivered").waitFor();
    await visitor.leave();
    await inbox.conversation.getByText("Offline", { exact: true }).waitFor();
    await inbox.page.reload();
    await inbox.label("Take your time.").getByText("Delivered").waitFor();
  });
});

describe("a mail that was just sent", () => {
  test("can be taken back with its text, by its author, for the seconds in the settings", async () => {
    await company().stack.mailbox.send({ from: "rosa@example.org", to: MAILBOX, subject: "Invoice", text: "How much was it?" });
    await changeMail({ undoSeconds: 60 });
    const [inbox, other] = [await company().inbox(ana), await company().inbox(ben)];
    await inbox.openConversation("How much was it?");
    await other.openConversation("How much was it?");
    await inbox.reply("40 euros, I believe");
    await other.label("40 euros, I believe").getByText("Queued").waitFor();
    expect(await other.button(/^Undo/).count()).toBe(0);
    await inbox.button(/^Undo \(\d+s\)$/).click();
    await expect.poll(() => inbox.field.inputValue()).toBe("40 euros, I believe");
    expect(await inbox.composer.getAttribute("data-channel")).toBe("email");
    for (const screen of [inbox, other]) await screen.label("40 euros, I believe").getByText("Taken back").waitFor();

    await changeMail({ undoSeconds: 0 });
    const path = `/api/conversations/${idOf(inbox)}/messages`;
    const right = { clientId: makeClientId(), channel: "email", text: "It was 45 euros." };
    const { seq } = await ana.client.post(path, right, messageSchema);
    const mail = await waitFor("the mail", async () => (await mailsTo("rosa@example.org"))[0]);
    expect(mail.preview).toContain("It was 45 euros.");
    const { text } = await company().stack.mailbox.read(mail.id);
    expect(text).not.toContain("40 euros, I believe");
    expect(await ana.client.request("POST", `${path}/${seq}/undo`)).toMatchObject({ status: 409, body: { code: "too_late" } });
    expect(await mailsTo("rosa@example.org")).toHaveLength(1);
  });
});

describe("a draft", () => {
  test("survives a reload, is on the agent's other devices, and is gone when it was sent", async () => {
    const visitor = await company().visitor();
    await visitor.say("What do you advise?");
    const first = await company().inbox(ana);
    await first.openConversation("What do you advise?");
    await first.field.fill("I would take the");
    await first.page.reload();
    await expect.poll(() => first.field.inputValue()).toBe("I would take the");
    await first.chooseChannel("Note");
    await first.field.fill("Ask Ben about stock");

    const second = await company().inboxOn({}, ana);
    await second.openConversation("What do you advise?");
    await expect.poll(() => second.field.inputValue()).toBe("I would take the");
    await second.chooseChannel("Note");
    await expect.poll(() => second.field.inputValue()).toBe("Ask Ben about stock");
    await second.field.fill("Ask Ben about stock and price");
    await expect.poll(() => first.field.inputValue()).toBe("Ask Ben about stock and price");
    await second.chooseChannel("Web chat");
    await second.reply("I would take the green one.");
    await first.chooseChannel("Web chat");
    await expect.poll(() => first.field.inputValue()).toBe("");
    const colleague = await company().inbox(ben);
    await colleague.openConversation("I would take the green one.");
    expect(await colleague.field.inputValue()).toBe("");
  });
});

describe("on a bad network", () => {
  let network: BadNetwork;
  beforeAll(async () => {
    network = await BadNetwork.open(company());
  });
  afterAll(() => network.close());

  test("a reply that crosses a colleague's is held, and theirs is shown first", async () => {
    const visitor = await company().visitor();
    await visitor.say("Which of you will it be?");
    const inbox = await network.inbox(ana);
    await inbox.openConversation("Which of you will it be?");
    await inbox.message("Which of you will it be?").waitFor();
    network.loseAnswers();
    const path = `/api/conversations/${idOf(inbox)}/messages`;
    await ben.client.post(path, { clientId: makeClientId(), channel: "chat", text: "Me, says Ben" }, messageSchema);
    await inbox.field.fill("Me, says Ana");
    await inbox.field.press("Control+Enter");
    network.recover();
    await inbox.page.getByRole("alert").getByText("Ben Hall has just replied").waitFor();
    await inbox.message("Me, says Ben").waitFor();
    expect(await inbox.field.inputValue()).toBe("Me, says Ana");
    await inbox.page.getByRole("button", { name: "Send anyway" }).click();
    await visitor.message("Me, says Ana").waitFor();
    expect(await inbox.thread.getByRole("article").filter({ hasText: "Me, says Ana" }).count()).toBe(1);
  });

  test("a phone that loses its network is offline everywhere soon, and online again when it is back", async () => {
    const visitor = await network.visitor({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await visitor.say("I am on the train");
    const inbox = await company().inbox(ana);
    await inbox.openConversation("I am on the train");
    const id = idOf(inbox);
    const isOnlineInLists = async () =>
      (await ana.client.get("/api/conversations", listSchema)).items.find((item) => item.id === id)?.isVisitorOnline;
    const seen = async () => ({
      dot: await inbox.row("I am on the train").getByText("Online now").count(),
      header: await inbox.conversation.getByText("Online now", { exact: true }).count(),
      channel: await inbox.composer.getAttribute("data-channel"),
      list: await isOnlineInLists(),
      one: (await ana.client.get(`/api/conversations/${id}`, pageSchema)).conversation.isVisitorOnline,
    });
    const online = { dot: 1, header: 1, channel: "chat", list: true, one: true };
    const offline = { dot: 0, header: 0, channel: "chat", list: false, one: false };
    await expect.poll(seen, { timeout: 10_000 }).toEqual(online);
    network.goDown();
    await expect.poll(seen, { timeout: 58_000, interval: 1_000 }).toEqual(offline);
    network.recover();
    await expect.poll(seen, { timeout: 40_000, interval: 500 }).toEqual(online);
  }, 120_000);
});
