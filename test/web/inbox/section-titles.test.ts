import { createPinia } from "pinia";
import { expect, it } from "vitest";
import { createInboxRouter } from "../../../web/inbox/router.ts";
import { sectionTitle } from "../../../web/inbox/shell/section-titles.ts";

/** The pages that nobody sees inside the inbox, and those that only lead to another one. */
const OUTSIDE =
  /^(?:setup|sign-in|forgot-password|reset-password|invitation|confirm-sign-in|no-access|settings|conversations|undefined)$/;

it("every page of the inbox has a title of its own", () => {
  const names = createInboxRouter(createPinia())
    .getRoutes()
    .map(({ name }) => String(name))
    .filter((name) => !OUTSIDE.test(name));
  expect(names).toContain("ledger");
  const titles = names.map(sectionTitle);
  expect(titles).not.toContain("menu.conversations");
  expect(new Set(titles).size).toBe(names.length);
  expect(sectionTitle("conversations")).toBe("menu.conversations");
});
