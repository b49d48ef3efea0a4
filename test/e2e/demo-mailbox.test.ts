/** The demo mailbox's page in a real browser, without the rest of the product. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DemoMailbox, startDemoMailbox } from "../../tools/demo-mailbox/demo-mailbox.ts";
import { findFreePort } from "../../tools/start/ports.ts";
import { findViolations } from "../support/accessibility.ts";
import { launchBrowser } from "../support/browser.ts";

let browser: Browser;
let folder: string;
let mailbox: DemoMailbox;
let url: string;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hilo-mailbox-"));
  const port = await findFreePort();
  // Nothing listens there: what is sent is refused.
  mailbox = await startDemoMailbox({ folder, port, gateway: { host: "127.0.0.1", port: await findFreePort() } });
  url = `http://localhost:${port}/`;
});
afterEach(async () => {
  await page.context().close();
  await mailbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(
  options: { locale?: string; colorScheme?: "light" | "dark"; isPhone?: boolean; isMeasured?: boolean } = {},
): Promise<void> {
  const { locale = "en-GB", colorScheme = "light", isPhone = false, isMeasured = false } = options;
  const context = await browser.newContext({
    locale,
    colorScheme,
    viewport: isPhone ? { width: 360, height: 740 } : { width: 1200, height: 800 },
    // axe is put into the page by the test, and measures half-faded colours as what they are.
    bypassCSP: isMeasured,
    reducedMotion: isMeasured ? "reduce" : "no-preference",
  });
  page = await context.newPage();
  await page.goto(url);
  await page.getByText(locale.startsWith("es") ? "En directo" : "Live").waitFor();
}

async function receive(subject: string, picture = ""): Promise<void> {
  const transport = createTransport({ url: mailbox.smtpUrl, ignoreTLS: true });
  await transport.sendMail({
    from: "Ana <help@acme.test>",
    to: "rosa@example.org",
    replyTo: "help+token@acme.test",
    subject,
    text: "It is on its way.",
    html: `<p>It is <b>on its way</b>.</p><script>document.body.textContent = "hacked"</script>${picture}`,
  });
  transport.close();
}

describe("the demo mailbox's page", () => {
  test("shows a mail as soon as it arrives, and its HTML without running it", async () => {
    let hits = 0;
    const tracker = createServer((_request, response) => response.end(String((hits += 1))));
    await new Promise<void>((resolve) => void tracker.listen(0, "127.0.0.1", resolve));
    const address = tracker.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    await open();
    await receive("Your order", `<img src="http://127.0.0.1:${port}/pixel.png">`);
    await page.getByRole("button", { name: /Your order/ }).click();
    await page.getByRole("heading", { name: "Your order" }).waitFor();
    const frame = page.frameLocator("iframe");
    await frame.getByText("on its way").waitFor();
    expect(await frame.locator("body").innerText()).not.toContain("hacked");
    expect(hits).toBe(0);
    tracker.close();
  });

  test("keeps the answer that could not be sent, and says why", async () => {
    await open();
    await receive("Your order");
    await page.getByRole("button", { name: /Your order/ }).click();
    const field = page.getByRole("textbox", { name: /Reply to help\+token@acme\.test/ });
    await field.fill("Thank you!");
    await field.press("Control+Enter");
    await page.getByRole("status").getByText("Hilo refused it").waitFor();
    expect(await field.inputValue()).toBe("Thank you!");
  });

  test("a mail that arrives takes away neither the keyboard's place nor what is being written", async () => {
    await open();
    await receive("First");
    await page.getByRole("button", { name: /First/ }).press("Enter");
    const field = page.getByRole("textbox", { name: /Reply to/ });
    await field.fill("half a sentence");
    await receive("Second");
    await page.getByRole("button", { name: /Second/ }).waitFor();
    expect(await field.inputValue()).toBe("half a sentence");
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("a phone shows the list or the mail, and nothing sideways", async () => {
    await open({ isPhone: true });
    await receive("A subject long enough to need more than the width of any phone that there is, and then some");
    await page.getByRole("button", { name: /A subject/ }).click();
    await page.getByRole("heading", { name: /A subject/ }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
    await page.getByRole("button", { name: "Back to the list" }).click();
    await page.getByRole("button", { name: /A subject/ }).waitFor();
  });

  test("speaks Spanish", async () => {
    await open({ locale: "es-ES" });
    expect(await page.title()).toBe("Buzón de prueba");
    expect(await page.getAttribute("html", "lang")).toBe("es");
  });

  test.each(["light", "dark"] as const)("has no accessibility violation, in %s", async (colorScheme) => {
    await open({ colorScheme, isMeasured: true });
    expect(await findViolations(page)).toEqual([]);
    await receive("Your order");
    await page.getByRole("button", { name: /Your order/ }).click();
    await page.getByRole("heading", { name: "Your order" }).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "New mail" }).click();
    expect(await findViolations(page)).toEqual([]);
  });
});
