/** What the owner sets, as visitors of the company's own site see it. */
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { findFreePort } from "../../tools/start/ports.ts";
import { VisitorScreen } from "../support/visitor-screen.ts";
import { useCompany } from "../support/use-company.ts";

const company = useCompany();
/** A site elsewhere, with a policy that allows no inline script and no inline style. @returns its address */
async function serveSite(snippet: string, language: "en" | "es"): Promise<string> {
  const hilo = company().stack.url;
  const policy = `default-src 'none'; script-src ${hilo}; connect-src ${hilo} ${hilo.replace("http", "ws")}; img-src ${hilo}`;
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
    response.end(`<!doctype html><html lang="${language}"><title>Shop</title><h1>Shop</h1>${snippet}</html>`);
  });
  const port = await findFreePort();
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${port}/`;
}

test("[S23] the bubble, its greeting, colour, side and texts are settings, and the snippet carries them", async () => {
  const owner = await company().inboxOn({});
  await owner.open("/settings/widget");
  const form = owner.page.getByRole("main");
  await form.getByLabel("Colour").last().fill("#0f766e");
  await form.getByLabel("Position").selectOption({ label: "Left" });
  await form.getByLabel("Title").fill("Talk to the shop");
  await form.getByLabel("Greeting").fill("Good to see you!");
  await form.getByLabel("Text on the bubble").fill("Questions?");
  await form.getByLabel("Text above the form").fill("Where may we write to?");
  await form.getByLabel("Language of the texts").selectOption({ label: "Spanish" });
  await form.getByLabel("Greeting").fill("¡Qué bien verte!");
  await form.getByLabel("Language of the texts").selectOption({ label: "English" });
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Unsaved changes").waitFor({ state: "detached" });
  const snippet = await form.getByText(/<script /).innerText();
  expect(snippet).toContain(`${company().stack.url}/widget.js`);

  const context = await company().device();
  const site = await serveSite(snippet, "en");
  const visitor = new VisitorScreen(await context.newPage(), site);
  await visitor.page.goto(site);
  const bubble = visitor.page.getByRole("button", { name: "Questions?: Open chat" });
  await bubble.waitFor();
  expect(await bubble.evaluate((button) => getComputedStyle(button).backgroundColor)).toBe("rgb(15, 118, 110)");
  expect((await bubble.boundingBox())?.x).toBeLessThan(100);
  await bubble.click();
  await visitor.page.getByRole("dialog", { name: "Talk to the shop" }).waitFor();
  await visitor.message("Good to see you!").waitFor();
  await visitor.say("I have one");
  await visitor.panel.getByRole("form", { name: "Where may we write to?" }).waitFor();

  const inbox = await company().inbox();
  await inbox.openConversation("I have one");
  await inbox.reply("Ask!");
  await visitor.message("Ask!").waitFor();
});

test("[S23] a Spanish page shows the Spanish texts", async () => {
  const context = await company().device({ locale: "es-ES" });
  const site = await serveSite(`<script src="${company().stack.url}/widget.js" async></script>`, "es");
  const page = await context.newPage();
  await page.goto(site);
  await page.getByRole("button", { name: "Abrir el chat" }).click();
  await page.getByText("¡Qué bien verte!").waitFor();
  await page.getByRole("textbox", { name: "Mensaje" }).waitFor();
});

test("[S23] the form for the address can be turned off", async () => {
  const { client } = company().owner;
  expect((await client.request("PATCH", "/api/settings", { widget: { isCaptureShown: false } })).status).toBe(200);
  const visitor = await company().visitor();
  await visitor.say("Do you ask me for anything?");
  expect(await visitor.panel.getByLabel("Email").count()).toBe(0);
});
