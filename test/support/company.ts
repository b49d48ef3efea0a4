/** A company with the whole product, a browser, and people in front of it. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import * as v from "valibot";
import type { AgentClient } from "./agent-client.ts";
import { launchBrowser } from "./browser.ts";
import { InboxScreen } from "./inbox-screen.ts";
import { MailboxScreen } from "./mailbox-screen.ts";
import { OWNER, type Stack, type StackOptions, startStack } from "./stack.ts";
import { VisitorScreen } from "./visitor-screen.ts";

const PASSWORD = "a password for tests";
const DESKTOP = { width: 1280, height: 800 };

const agentSchema = v.object({ id: v.string(), name: v.string(), email: v.string() });

export interface Colleague {
  id: string;
  name: string;
  email: string;
  password: string;
  client: AgentClient;
}

export class Company {
  readonly stack: Stack;
  readonly browser: Browser;
  readonly owner: Colleague;
  readonly #contexts: BrowserContext[] = [];
  /** The inboxes that stay open from test to test, as an agent's does all day; by address. */
  readonly #desks = new Map<string, InboxScreen>();

  constructor(stack: Stack, browser: Browser, owner: Colleague) {
    this.stack = stack;
    this.browser = browser;
    this.owner = owner;
  }

  /** A context of its own is a device of its own: no cookie and no storage of others. */
  async device(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#newContext(options);
    this.#contexts.push(context);
    return context;
  }

  #newContext(options: BrowserContextOptions): Promise<BrowserContext> {
    return this.browser.newContext({ locale: "en-GB", viewport: DESKTOP, reducedMotion: "reduce", ...options });
  }

  async invite(name: string, role: "admin" | "agent" | "viewer" | "none" = "agent"): Promise<Colleague> {
    // The owner's session may have given its password long ago.
    await this.owner.client.request("POST", "/api/me/confirm-password", { password: this.owner.password });
    const account = { name, email: `${name.toLowerCase().replaceAll(" ", ".")}@acme.test`, password: PASSWORD };
    const { id } = await this.owner.client.post("/api/agents", { ...account, role }, agentSchema);
    return { id, ...account, client: await this.stack.signIn(account) };
  }

  /** This agent's inbox at the list of conversations, signed in; the same browser in every test of a file. */
  async inbox(colleague: Colleague = this.owner): Promise<InboxScreen> {
    const known = this.#desks.get(colleague.email);
    if (known === undefined) {
      const screen = await this.#signedIn(await this.#newContext({}), colleague);
      this.#desks.set(colleague.email, screen);
      return screen;
    }
    await known.showList();
    return known;
  }

  /** The inbox on another device of this agent: a phone, a dark one, one that axe may look at. */
  async inboxOn(options: BrowserContextOptions, colleague: Colleague = this.owner): Promise<InboxScreen> {
    return this.#signedIn(await this.device(options), colleague);
  }

  async #signedIn(context: BrowserContext, colleague: Colleague): Promise<InboxScreen> {
    await signInContext(context, colleague.client);
    const screen = new InboxScreen(await context.newPage(), this.stack.url);
    await screen.open();
    return screen;
  }

  /** The company's site in a browser that was never there before. */
  async visitor(options: BrowserContextOptions = {}): Promise<VisitorScreen> {
    const context = await this.device(options);
    const screen = new VisitorScreen(await context.newPage(), this.stack.url);
    await screen.visit();
    return screen;
  }

  /** The demo mailbox, on the customer's own device. */
  async customerMail(options: BrowserContextOptions = {}): Promise<MailboxScreen> {
    const context = await this.device(options);
    const screen = new MailboxScreen(await context.newPage(), this.stack.mailbox.url);
    await screen.open();
    return screen;
  }

  pages(): Page[] {
    return this.browser.contexts().flatMap((context) => context.pages());
  }

  /** Closes what a test has opened; the desks stay. */
  async closeDevices(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.stack.stop();
  }
}

async function signInContext(context: BrowserContext, client: AgentClient): Promise<void> {
  const pairs = client.cookie.split("; ").map((pair) => pair.split("="));
  const cookies = pairs.map(([name = "", ...value]) => ({ name, value: value.join("="), url: client.url }));
  await context.addCookies(cookies);
}

/** Many people sign in and chat from one address here. */
const ENVIRONMENT = { RATE_LIMITS: "off" };

/** @param setup the person and company of the first run; without it those of the tests */
export async function openCompany(options: StackOptions = {}, setup?: Parameters<Stack["setup"]>[0]): Promise<Company> {
  const [stack, browser] = await Promise.all([
    startStack({ ...options, env: { ...ENVIRONMENT, ...options.env } }),
    launchBrowser(),
  ]);
  const client = await stack.setup(setup);
  const { agent } = await client.get("/api/me", v.object({ agent: agentSchema }));
  return new Company(stack, browser, { ...agent, password: (setup ?? OWNER).password, client });
}
