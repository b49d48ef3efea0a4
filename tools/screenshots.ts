/** Takes the pictures of the documentation, of the real product: `node tools/bootstrap.mjs tools/screenshots.ts`. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import { type Colleague, type Company, openCompany } from "../test/support/company.ts";
import type { InboxScreen } from "../test/support/inbox-screen.ts";
import { waitFor } from "../test/support/stack.ts";
import { VisitorScreen } from "../test/support/visitor-screen.ts";
import { COLLEAGUE, HERO, WORKSHOP } from "./screenshots/cast.ts";
import { moveTimes } from "./screenshots/move-times.ts";
import { seed } from "./screenshots/seed.ts";

const FOLDER = fileURLToPath(new URL("../docs/images", import.meta.url));
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.getByText(/reconnecting/).waitFor({ state: "detached" });
  // Nothing is hovered over.
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  console.log(`docs/images/${name}.png`);
}

/** Rosa chats, leaves, goes on by email, and comes back: one thread. @returns her on the site */
async function playHero(company: Company, desk: InboxScreen): Promise<VisitorScreen> {
  const rosa = await company.visitor(DESKTOP);
  await rosa.say("Hi! My chain jumps on the small sprocket when I pedal hard.");
  await desk.openConversation("My chain jumps");
  await desk.reply("That sounds like a worn chain. How far has it come?");
  await rosa.say("About 4,000 km, mostly in the rain");
  await rosa.giveAddress(HERO.email, HERO.name);
  const device = rosa.page.context();
  await rosa.leave();
  await desk.composer.getByText(`To ${HERO.email}`).waitFor();
  await desk.reply("Then it is time for a new one: 39 € with the work, ready the same day. Would Thursday suit you?");
  const mail = await waitFor("the mail to Rosa", async () => (await company.stack.mailbox.list(HERO.email))[0]);
  await company.stack.mailbox.reply(mail.id, "Thursday at nine is perfect. Could you look at the brakes too?");
  await desk.message("Thursday at nine").waitFor();
  const back = new VisitorScreen(await device.newPage(), company.stack.url);
  await back.visit();
  await back.openPanel();
  await back.say("One more thing: do you take cards?");
  await desk.message("do you take cards?").waitFor();
  return back;
}

async function openInbox(company: Company, ages: ReadonlyMap<string, number>, options: BrowserContextOptions) {
  const inbox = await company.inboxOn(options);
  await moveTimes(inbox.page.context(), ages);
  await inbox.open("/");
  return inbox;
}

async function takePictures(company: Company, colleague: Colleague): Promise<void> {
  const ages = await seed(company, colleague);
  const desk = await company.inbox();
  const rosa = await playHero(company, desk);

  const inbox = await openInbox(company, ages, DESKTOP);
  await inbox.openConversation("do you take cards?");
  await inbox.field.fill("We do, and Bizum too. The brakes are on the");
  await shoot(inbox.page, "inbox");
  await inbox.composer.getByRole("button", { name: "Insert a saved reply" }).click();
  // By the keyboard: what the mouse has opened closes when it leaves.
  await inbox.page.mouse.move(0, 0);
  await inbox.page.getByRole("menuitem", { name: /Workshop/ }).press("ArrowRight");
  await inbox.page.getByRole("menuitem", { name: /Opening hours/ }).waitFor();
  await shoot(inbox.page, "saved-replies");
  await inbox.page.keyboard.press("Escape");
  await inbox.page.keyboard.press("Escape");

  const dark = await openInbox(company, ages, { ...DESKTOP, colorScheme: "dark" });
  await dark.openConversation("do you take cards?");
  await shoot(dark.page, "dark");

  await inbox.reply("We do, and Bizum too. See you on Thursday!");
  await rosa.message("We do, and Bizum too. See you on Thursday!").waitFor();
  await shoot(rosa.page, "widget");
  await inbox.openConversation("May I bring the old wheel");
  await shoot(inbox.page, "thread-email");

  const phone = await openInbox(company, ages, PHONE);
  await phone.row("See you on Thursday!").waitFor();
  await shoot(phone.page, "phone");
}

mkdirSync(FOLDER, { recursive: true });
const company = await openCompany({}, WORKSHOP);
try {
  await takePictures(company, await company.invite(COLLEAGUE));
} finally {
  await company.close();
}
