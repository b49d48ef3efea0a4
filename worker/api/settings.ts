/** Settings and mailboxes. */
import { Hono } from "hono";
import { insertMailbox, listMailboxes, loadSettings, mergeSettings, saveSettings } from "../db/settings.ts";
import { mailboxCreateSchema, mailboxSchema, pageOf } from "../domain/api-shapes.ts";
import { settingsPatchSchema, settingsSchema } from "../domain/settings.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { parse, readBody } from "./input.ts";
import { newId } from "./new-id.ts";
import { AppError } from "./problems.ts";
import { assertMailboxName, isConstraint } from "./setup.ts";

export const settingsApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "The settings", response: settingsSchema }), async (c) => c.json(await settingsOf(c)))
  .patch(
    "/",
    describe({ summary: "Change settings; what is not named stays", body: settingsPatchSchema, response: settingsSchema }),
    async (c) => {
      const patch = await readBody(c, settingsPatchSchema);
      const settings = parse(settingsSchema, mergeSettings(await settingsOf(c), patch));
      await saveSettings(c.get("db"), settings, Date.now());
      return c.json(settings);
    },
  );

export const mailboxesApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "All mailboxes", response: pageOf(mailboxSchema) }), async (c) =>
    c.json({ items: await listMailboxes(c.get("db")), nextCursor: null }),
  )
  .post(
    "/",
    describe({ summary: "Add a mailbox", body: mailboxCreateSchema, response: mailboxSchema, status: 201 }),
    async (c) => {
      const body = await readBody(c, mailboxCreateSchema);
      assertMailboxName(body.address);
      const mailbox = { id: newId(), address: body.address, name: body.name ?? null, createdAt: Date.now() };
      try {
        await insertMailbox(c.get("db"), mailbox);
      } catch (error) {
        if (isConstraint(error)) throw new AppError("taken", "There is a mailbox with this address.");
        throw error;
      }
      return c.json(mailbox, 201);
    },
  );

async function settingsOf(c: AppContext) {
  const settings = await loadSettings(c.get("db"));
  if (settings === null) throw new AppError("conflict", "Hilo is not set up yet.");
  return settings;
}
