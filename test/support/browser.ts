/** A real Chromium for e2e tests, without its own traffic to the network. */
import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../../tools/check/find-browser.ts";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @throws Error where there is no browser: `npm test` has seen to it before */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error("No Chromium was found. Install one, or name it in CHROME_PATH.");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
