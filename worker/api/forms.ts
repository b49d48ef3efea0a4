/** Contact forms: addresses that are no person, as the owner says, and senders that look like it. */
import { Hono } from "hono";
import { closeFormOffer, listFormOffers } from "../db/contact-forms.ts";
import type { Database } from "../db/database.ts";
import { loadSettings, saveSettings } from "../db/settings.ts";
import { emailSchema, pageOf } from "../domain/api-shapes.ts";
import { contactFormSchema } from "../domain/sender-shapes.ts";
import { FORMS_MAX } from "../domain/settings.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { parse } from "./input.ts";
import { AppError } from "./problems.ts";

/** Offers that are shown at a time. */
const OFFERS_MAX = 100;

export const formsApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({
      summary: "Addresses that were called contact forms, and senders that look like one",
      response: pageOf(contactFormSchema),
    }),
    async (c) => {
      const db = c.get("db");
      const called = (await settingsOf(db)).mail.forms;
      const offered = (await listFormOffers(db, OFFERS_MAX)).filter((address) => !called.includes(address));
      const items = [
        ...called.map((address) => ({ address, state: "called" as const })),
        ...offered.map((address) => ({ address, state: "offered" as const })),
      ];
      return c.json({ items, nextCursor: null });
    },
  )
  .put(
    "/:address",
    describe({
      summary: "Call an address a contact form: from now on its mails are by whom their Reply-To names",
      response: contactFormSchema,
    }),
    async (c) => {
      const address = addressIn(c);
      await changeForms(c.get("db"), (forms) => [...forms.filter((form) => form !== address), address]);
      return c.json({ address, state: "called" as const });
    },
  )
  .delete(
    "/:address",
    describe({ summary: "It is no contact form, and is not offered as one again", status: 204 }),
    async (c) => {
      const address = addressIn(c);
      const db = c.get("db");
      await changeForms(db, (forms) => forms.filter((form) => form !== address));
      await closeFormOffer(db, address, Date.now());
      return c.body(null, 204);
    },
  );

function addressIn(c: AppContext): string {
  return parse(emailSchema, c.req.param("address"));
}

async function changeForms(db: Database, change: (forms: string[]) => string[]): Promise<void> {
  const settings = await settingsOf(db);
  const forms = change(settings.mail.forms);
  if (forms.length > FORMS_MAX) throw new AppError("conflict", `At most ${FORMS_MAX} addresses can be called forms.`);
  await saveSettings(db, { ...settings, mail: { ...settings.mail, forms } }, Date.now());
}

async function settingsOf(db: Database) {
  const settings = await loadSettings(db);
  if (settings === null) throw new AppError("conflict", "Hilo is not set up yet.");
  return settings;
}
