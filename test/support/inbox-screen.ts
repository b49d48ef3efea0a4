/** What an agent sees and does in the inbox, found as a person finds it: by role and name. */
import type { Locator, Page } from "playwright-core";

export type ChannelName = "Web chat" | "Email" | "Note";

export class InboxScreen {
  readonly page: Page;
  readonly url: string;
  readonly list: Locator;
  /** The red dot beside the Conversations icon (S5). */
  readonly redDot: Locator;
  readonly conversation: Locator;
  readonly thread: Locator;
  readonly composer: Locator;
  readonly field: Locator;
  readonly channelMenu: Locator;

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    this.list = page.getByRole("list", { name: "List of conversations" });
    this.redDot = page.getByRole("link", { name: "Conversations, unread messages" });
    this.conversation = page.getByRole("region", { name: "Conversation", exact: true });
    this.thread = page.getByRole("region", { name: "Messages", exact: true });
    this.composer = page.getByRole("form", { name: "Reply" });
    this.field = this.composer.getByRole("textbox", { name: /^Write (a|an) (chat message|email|note)/ });
    this.channelMenu = this.composer.getByRole("button", { name: /^Reply by/ });
  }

  async open(path = "/"): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
    await this.page.getByRole("navigation").first().waitFor();
  }

  /** Leaves what is open, and all filters. */
  async showList(): Promise<void> {
    await this.page.getByRole("link", { name: /^Conversations/ }).click();
    await this.page.getByText("Pick a conversation").waitFor();
  }

  /** The row of the list that shows this text. */
  row(text: string | RegExp): Locator {
    return this.list.getByRole("listitem").filter({ hasText: text });
  }

  /** @param text the newest message, which the list shows */
  async openConversation(text: string | RegExp): Promise<void> {
    await this.row(text).getByRole("link").click();
    await this.message(text).last().waitFor();
  }

  message(text: string | RegExp): Locator {
    return this.thread.getByRole("article").filter({ hasText: text });
  }

  /** The line under a message that names its channel (S9). */
  label(text: string): Locator {
    return this.message(text).locator("[data-label]");
  }

  button(name: string | RegExp): Locator {
    return this.conversation.getByRole("button", { name });
  }

  async chooseChannel(name: ChannelName): Promise<void> {
    await this.channelMenu.click();
    await this.page.getByRole("menuitemradio", { name }).click();
  }

  /** Writes and sends by the channel that the composer has chosen; done when the message is in the thread. */
  async reply(text: string): Promise<void> {
    await this.field.fill(text);
    await this.composer.getByRole("button", { name: /^(Send|Send email|Add note)$/ }).click();
    await this.label(text).waitFor();
  }

  async complete(): Promise<void> {
    await this.conversation.getByRole("button", { name: "Complete", exact: true }).click();
    await this.conversation.getByRole("button", { name: "Reopen" }).waitFor();
  }
}
