/** Whose address it is: the main job stays as natural as it was, and nobody reads what was mailed to somebody else. */
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { Colleague } from "../support/company.ts";
import { MAILBOX, waitFor } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
let ana: Colleague;

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
  await company().owner.client.request("PATCH", "/api/settings", { widget: { allowedOrigins: [company().stack.url] } });
});

const WORDS = {
  en: {
    site: "/demo",
    locale: "en-GB",
    open: /^(Open|Close) chat/,
    save: "Save",
    line: "This conversation goes on by email with v•••@e•••",
    show: "Show it here",
    code: "Code from the email",
    wrong: "That is not the code.",
    codeSubject: /^(\d{6}) is your code for the chat with Acme$/,
  },
  es: {
    site: "/demo/es.html",
    locale: "es-ES",
    open: /^(Abrir|Cerrar) el chat/,
    save: "Guardar",
    line: "Esta conversación sigue por correo con v•••@e•••",
    show: "Mostrarla aquí",
    code: "Código del correo",
    wrong: "Ese no es el código.",
    codeSubject: /^(\d{6}) es tu código para el chat con Acme$/,
  },
} as const;
type Language = keyof typeof WORDS;

/** The widget on the company's site, in either language. */
class Chat {
  readonly page: Page;
  readonly language: Language;

  constructor(page: Page, language: Language) {
    this.page = page;
    this.language = language;
  }

  static async on(context: BrowserContext, language: Language): Promise<Chat> {
    const page = await context.newPage();
    // Every real click anywhere, so that a story can say what it costs.
    await page.addInitScript(() => {
      addEventListener("click", ({ isTrusted }) => isTrusted && Object.assign(window, { clicks: clicks() + 1 }), true);
      const clicks = () => Number(Object.getOwnPropertyDescriptor(window, "clicks")?.value ?? 0);
    });
    const chat = new Chat(page, language);
    await page.goto(`${company().stack.url}${WORDS[language].site}`);
    return chat;
  }

  get panel() {
    return this.page.getByRole("dialog");
  }

  get field() {
    return this.panel.locator("textarea");
  }

  async open(): Promise<void> {
    await this.page.getByRole("button", { name: WORDS[this.language].open }).last().click();
    await this.field.waitFor();
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press("Enter");
    await this.panel.locator(".row.own:not(.pending)").filter({ hasText: text }).waitFor();
  }

  async giveAddress(email: string): Promise<void> {
    const words = WORDS[this.language];
    await this.panel.locator("input[type=email]").fill(email);
    await this.panel.getByRole("button", { name: words.save }).click();
    await this.panel.locator(".capture [role=status]").waitFor();
  }

  clicks(): Promise<number> {
    return this.page.evaluate(() => Number(Object.getOwnPropertyDescriptor(window, "clicks")?.value ?? 0));
  }
}

const mailTo = (email: string, subject: RegExp | string) =>
  waitFor(`a mail to ${email}`, async () =>
    (await company().stack.mailbox.list(email)).find((mail) => mail.subject.match(subject) !== null),
  );

/** The digits that were mailed, newest. */
async function codeFor(email: string, language: Language): Promise<string> {
  const { subject } = await mailTo(email, WORDS[language].codeSubject);
  return WORDS[language].codeSubject.exec(subject)?.[1] ?? "";
}

const deskOf = (language: Language) => company().inboxOn({ locale: WORDS[language].locale }, ana);

async function openInInbox(page: Page, text: string): Promise<void> {
  await page.getByRole("listitem").filter({ hasText: text }).getByRole("link").click();
  await page.getByRole("article").filter({ hasText: text }).last().waitFor();
}

const channelOf = (page: Page) => page.locator("form[data-channel]").getAttribute("data-channel");

async function answer(page: Page, text: string): Promise<void> {
  await page.locator("[data-composer]").fill(text);
  await page.locator("[data-send]").click();
  await page.getByRole("article").filter({ hasText: text }).locator("[data-label]").waitFor();
}

describe("the main job", () => {
  test.each(["en", "es"] as const)(
    "[S10] [S14] [S16] [S17] [A16] chat, leave, answer by mail, come back: one line, one tap and six digits (%s)",
    async (language) => {
      const words = WORDS[language];
      const email = `vera.${language}@example.org`;
      const laptop = await company().device({ locale: words.locale });
      const first = await Chat.on(laptop, language);
      await first.open();
      await first.say(`My chain jumps (${language})`);
      await first.giveAddress(email);
      await first.page.close();

      const { page: desk } = await deskOf(language);
      await openInInbox(desk, `My chain jumps (${language})`);
      await expect.poll(() => channelOf(desk)).toBe("email");
      await answer(desk, "How old is it?");
      const mail = await mailTo(email, /Acme/);
      // From the phone: nothing of it is on the laptop.
      await company().stack.mailbox.reply(mail.id, "About 4000 km.");
      await desk.getByRole("article").filter({ hasText: "About 4000 km." }).waitFor();
      await answer(desk, "Then it is worn.");

      // The next day, on the same laptop.
      const later = await Chat.on(laptop, language);
      await later.open();
      await later.panel.getByText(`My chain jumps (${language})`, { exact: true }).waitFor();
      await later.panel.getByText(words.line).waitFor();
      expect(await later.panel.getByText("About 4000 km.").count()).toBe(0);
      expect(await later.panel.getByText("Then it is worn.").count()).toBe(0);
      const before = await later.clicks();
      await later.panel.getByRole("button", { name: words.show }).click();
      const code = await codeFor(email, language);
      await later.panel.getByLabel(words.code).fill(code);
      await later.panel.getByText("About 4000 km.", { exact: true }).waitFor();
      await later.panel.getByText("Then it is worn.", { exact: true }).waitFor();
      await later.panel.getByText(words.line).waitFor({ state: "detached" });
      expect((await later.clicks()) - before).toBe(1);
      await expect.poll(() => desk.locator("[data-level]").textContent()).toContain(email);

      // Who only wants to chat on does so, and the composer follows, without a click.
      await later.say("Can I come today?");
      await desk.getByRole("article").filter({ hasText: "Can I come today?" }).waitFor();
      await expect.poll(() => channelOf(desk)).toBe("chat");
      expect(await desk.locator("[data-chat-warning]").count()).toBe(0);
      await answer(desk, "Yes, until six.");
      await later.panel.getByText("Yes, until six.", { exact: true }).waitFor();
    },
  );

  test("[S7] [A16] who chats on without showing the address is answered in the chat, after one click for the whole talk", async () => {
    const email = "vera.chats@example.org";
    const laptop = await company().device();
    const first = await Chat.on(laptop, "en");
    await first.open();
    await first.say("Do you rent tandems?");
    await first.giveAddress(email);
    await first.page.close();
    const { page: desk } = await deskOf("en");
    await openInInbox(desk, "Do you rent tandems?");
    await expect.poll(() => channelOf(desk)).toBe("email");
    await answer(desk, "Yes, for 30 euros.");
    await company().stack.mailbox.reply((await mailTo(email, /Acme/)).id, "For two days, please.");
    await desk.getByRole("article").filter({ hasText: "For two days" }).waitFor();

    const later = await Chat.on(laptop, "en");
    await later.open();
    // They are there, and their newest word came by mail.
    await expect.poll(() => channelOf(desk)).toBe("email");
    await later.say("Hello again");
    await expect.poll(() => channelOf(desk)).toBe("chat");
    await desk.locator("[data-composer]").fill("Hello!");
    expect(await desk.locator("[data-send]").isDisabled()).toBe(true);
    await desk.locator("[data-accept-chat]").click();
    await answer(desk, "Hello!");
    await answer(desk, "The tandem is ready.");
    await later.panel.getByText("The tandem is ready.", { exact: true }).waitFor();
    expect(await desk.locator("[data-chat-warning]").textContent()).toContain(email);
    // Asked to show it, the widget says so; no mail leaves before they tap.
    await desk.locator("[data-ask-confirmation]").click();
    await later.panel.getByText("To go on here we would like to know that v•••@e••• is yours").waitFor();
    expect((await company().stack.mailbox.list(email)).filter(({ subject }) => /code/.test(subject))).toEqual([]);
  });
});

describe("a stranger", () => {
  const VICTIM = "vera.victim@example.org";

  test("[A16] [T2] reads nothing that was mailed, whatever they try", async () => {
    // The victim is a customer by mail.
    await company().stack.sendMail({ from: `Vera Ruiz <${VICTIM}>`, subject: "My order", text: "The secret is 4711." });
    const { page: desk } = await deskOf("en");
    await openInInbox(desk, "The secret is 4711.");
    await answer(desk, "We keep your secret.");

    const device = await company().device();
    const eve = await Chat.on(device, "en");
    await eve.open();
    await eve.say("I am Vera, what is my secret?");
    await eve.giveAddress(VICTIM);
    await desk.getByRole("link", { name: /^Conversations/ }).click();
    await openInInbox(desk, "I am Vera");
    // It says whose address it is, and that it was only typed.
    await desk.locator("[data-address-notices]").getByText("this visitor has not shown that it is theirs").waitFor();
    expect(await desk.getByRole("heading", { name: "Vera Ruiz" }).count()).toBe(0);
    await desk.locator("[data-channel-menu]").click();
    await desk.getByRole("menuitemradio", { name: "Email" }).click();
    await answer(desk, "Please order again by mail.");
    const mails = () => company().stack.mailbox.list(VICTIM);
    const asked = await waitFor("our mail to the victim", async () =>
      (await mails()).find(({ subject }) => subject.includes("conversation with Acme")),
    );
    // Their absence answers by itself, then they do.
    await company().stack.sendMail({
      from: VICTIM,
      to: asked.replyTo?.address ?? MAILBOX,
      subject: "Out of office",
      text: "I am away, my boss is Max.",
      headers: { "Auto-Submitted": "auto-replied" },
    });
    await company().stack.mailbox.reply(asked.id, "This was not me! My secret is 0815.");
    await desk.getByRole("article").filter({ hasText: "0815" }).waitFor();
    // And a fresh one of theirs goes where their mails go: not here.
    await company().stack.sendMail({ from: VICTIM, subject: "A new order", text: "Two more, secret 1234." });
    await waitFor(
      "the fresh mail in the list",
      async () => (await desk.getByRole("listitem").filter({ hasText: "secret 1234" }).count()) > 0,
    );

    // What was open in this tab opens again by itself.
    await eve.page.reload();
    await eve.field.waitFor();
    await eve.panel.getByText("I am Vera, what is my secret?", { exact: true }).waitFor();
    await eve.panel.getByText("This conversation goes on by email").waitFor();
    const seen = (await eve.panel.textContent()) ?? "";
    for (const secret of ["4711", "0815", "1234", "Max", "order again by mail"]) expect(seen).not.toContain(secret);

    // A code goes to the victim; guessing it leads nowhere, and five wrong ones end it.
    await eve.panel.getByRole("button", { name: "Show it here" }).click();
    await codeFor(VICTIM, "en");
    const code = await codeFor(VICTIM, "en");
    const wrong = code === "000000" ? "000001" : "000000";
    for (let left = 4; left >= 0; left -= 1) {
      await eve.panel.getByLabel("Code from the email").fill(wrong);
      await eve.panel.getByText(`${WORDS.en.wrong} Tries left: ${left}`).waitFor();
    }
    await eve.panel.getByLabel("Code from the email").fill(code);
    await eve.panel.getByText("This code is over.").waitFor();
  });

  test("[T2] a link of the victim's mail does nothing in the victim's own browser for a chat that is not theirs", async () => {
    const device = await company().device();
    const eve = await Chat.on(device, "en");
    await eve.open();
    await eve.say("Second try");
    await eve.giveAddress("vera.link@example.org");
    const { page: desk } = await deskOf("en");
    await openInInbox(desk, "Second try");
    await desk.locator("[data-channel-menu]").click();
    await desk.getByRole("menuitemradio", { name: "Email" }).click();
    await answer(desk, "Is that you?");
    const { id } = await mailTo("vera.link@example.org", /Acme/);
    const { text } = await company().stack.mailbox.read(id);
    const link = /http\S+#hilo-confirm=\S+/.exec(text)?.[0] ?? "";
    expect(new URL(link).origin).toBe(company().stack.url);

    const theirs = await (await company().device()).newPage();
    await theirs.goto(link.replace("/#", "/demo#"));
    await theirs.getByText("type the code from the email there").waitFor();
    expect(new URL(theirs.url()).hash).toBe("");
    expect(await eve.panel.getByText("Is that you?").count()).toBe(0);

    // In the browser that chats it shows what was mailed.
    await eve.page.goto(link.replace("/#", "/demo#"));
    await eve.panel.getByText("Is that you?", { exact: true }).waitFor();
  });
});
