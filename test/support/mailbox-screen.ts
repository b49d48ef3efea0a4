/** The demo mailbox's page, where a customer reads and answers mail. */
import type { FrameLocator, Page } from "playwright-core";

export class MailboxScreen {
  readonly page: Page;
  readonly url: string;
  /** The mail as it was designed. */
  readonly body: FrameLocator;

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    this.body = page.frameLocator("iframe");
  }

  async open(): Promise<void> {
    await this.page.goto(this.url);
    await this.page.getByText("Live").waitFor();
  }

  /** Opens the newest mail whose line in the list shows this. */
  async openMail(text: string | RegExp): Promise<void> {
    await this.page.getByRole("navigation").getByRole("button", { name: text }).first().click();
    await this.page.getByRole("article").getByRole("heading").waitFor();
  }

  async reply(text: string): Promise<void> {
    await this.page.getByRole("textbox", { name: /Reply to/ }).fill(text);
    await this.page.getByRole("button", { name: "Send", exact: true }).click();
    await this.page.getByRole("status").getByText("Delivered to Hilo").waitFor();
  }

  /** Writes a mail of their own. */
  async write(mail: { from: string; name: string; to: string; subject: string; text: string }): Promise<void> {
    await this.page.getByRole("button", { name: "New mail" }).click();
    const dialog = this.page.getByRole("dialog");
    await dialog.getByLabel("Your address").fill(mail.from);
    await dialog.getByLabel("Your name").fill(mail.name);
    await dialog.getByLabel("To (a mailbox in Hilo)").fill(mail.to);
    await dialog.getByLabel("Subject").fill(mail.subject);
    await dialog.getByLabel("Message").fill(mail.text);
    await dialog.getByRole("button", { name: "Send" }).click();
    await this.page.getByRole("status").getByText("Delivered to Hilo").waitFor();
  }
}
