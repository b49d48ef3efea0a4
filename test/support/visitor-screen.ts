/** What a visitor sees and does on the company's site. */
import type { Locator, Page } from "playwright-core";

export class VisitorScreen {
  readonly page: Page;
  readonly url: string;
  readonly bubble: Locator;
  readonly panel: Locator;
  readonly field: Locator;
  /** Asks for the address (S22). */
  readonly captureForm: Locator;

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    this.bubble = page.getByRole("button", { name: /(Open|Close) chat/ }).last();
    this.panel = page.getByRole("dialog");
    this.field = this.panel.getByRole("textbox", { name: "Message", exact: true });
    this.captureForm = this.panel.getByRole("form", { name: /Leave your email/ });
  }

  async visit(): Promise<void> {
    await this.page.goto(`${this.url}/demo`);
    await this.bubble.waitFor();
  }

  async openPanel(): Promise<void> {
    if (await this.panel.isVisible()) return;
    await this.bubble.click();
    await this.field.waitFor();
  }

  /** A message in the panel. */
  message(text: string): Locator {
    return this.panel.getByText(text, { exact: true });
  }

  /** Writes a message; done when the server has it. */
  async say(text: string): Promise<void> {
    await this.openPanel();
    await this.field.fill(text);
    await this.field.press("Enter");
    await this.panel.locator(".row.own:not(.pending)").filter({ hasText: text }).waitFor();
  }

  async giveAddress(email: string, name: string): Promise<void> {
    await this.captureForm.getByLabel("Email").fill(email);
    await this.captureForm.getByLabel("Name (optional)").fill(name);
    await this.captureForm.getByRole("button", { name: "Save" }).click();
    await this.panel.getByText(`Thank you. If you leave, we'll answer to ${email}.`).waitFor();
  }

  /** Leaves the site: the page is gone, the device keeps what it stored. */
  async leave(): Promise<void> {
    await this.page.close();
  }
}
