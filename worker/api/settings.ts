/** Settings and mailboxes. */
import { Hono } from "hono";
import type * as v from "valibot";
import { findAgent } from "../db/agents.ts";
import {
  insertMailbox,
  listMailboxes,
  loadSettings,
  mergeSettings,
  newMailbox,
  saveSettings,
  updateMailbox,
} from "../db/settings.ts";
import {
  mailboxCreateSchema,
  mailboxPatchSchema,
  mailboxSchema,
  pageOf,
  testMailResultSchema,
  testMailSchema,
  type Mailbox,
  pageQuerySchema,
} from "../domain/api-shapes.ts";
import { hasRole } from "../domain/roles.ts";
import {
  settingsAnswerSchema,
  settingsPatchSchema,
  settingsSchema,
  type Settings,
  type SettingsAnswer,
} from "../domain/settings.ts";
import { hasRateLimits } from "../env.ts";
import { ownOrigins, type AppContext, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { parse, readBody, readId, readQuery } from "./input.ts";
import { newId } from "./new-id.ts";
import { pageOfAll } from "./page-of-all.ts";
import { AppError } from "./problems.ts";
import { assertMailboxName, isConstraint } from "./setup.ts";

export const settingsApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "The settings", response: settingsAnswerSchema }), async (c) =>
    c.json(answerOf(c, await settingsOf(c))),
  )
  .patch(
    "/",
    describe({ summary: "Change settings; what is not named stays", body: settingsPatchSchema, response: settingsAnswerSchema }),
    async (c) => {
      const patch = await readBody(c, settingsPatchSchema);
      const settings = parse(settingsSchema, mergeSettings(await settingsOf(c), patch));
      await saveSettings(c.get("db"), settings, Date.now());
      return c.json(answerOf(c, settings));
    },
  );

export const mailboxesApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "All mailboxes", query: pageQuerySchema, response: pageOf(mailboxSchema) }), async (c) =>
    c.json(pageOfAll(await listMailboxes(c.get("db")), readQuery(c, pageQuerySchema))),
  )
  .post(
    "/",
    describe({ summary: "Add a mailbox", body: mailboxCreateSchema, response: mailboxSchema, status: 201 }),
    async (c) => {
      const body = await readBody(c, mailboxCreateSchema);
      assertMailboxName(body.address);
      const mailbox = await withDefaults(c, body);
      try {
        await insertMailbox(c.get("db"), mailbox);
      } catch (error) {
        if (isConstraint(error)) throw new AppError("taken", "There is a mailbox with this address.");
        throw error;
      }
      return c.json(mailbox, 201);
    },
  )
  .patch("/:id", describe({ summary: "Change a mailbox", body: mailboxPatchSchema, response: mailboxSchema }), async (c) => {
    const patch = await readBody(c, mailboxPatchSchema);
    await assertAssignee(c, patch.assigneeId ?? null);
    const mailbox = await updateMailbox(c.get("db"), readId(c, "id"), patch);
    if (mailbox === null) throw new AppError("not_found", "There is no such mailbox.");
    return c.json(mailbox);
  })
  .post(
    "/:id/test",
    describe({
      summary: "Send a test mail from a mailbox, and say what became of it",
      body: testMailSchema,
      response: testMailResultSchema,
    }),
    async (c) => {
      const { to = c.get("agent").email } = await readBody(c, testMailSchema);
      await limitTestMails(c);
      const id = readId(c, "id");
      const mailbox = (await listMailboxes(c.get("db"))).find((known) => known.id === id);
      if (mailbox === undefined) throw new AppError("not_found", "There is no such mailbox.");
      const { sendTestMail } = await import("../email/send-test-mail.ts");
      return c.json(await sendTestMail(c.env, { mailbox, to, settings: await settingsOf(c), id: newId() }));
    },
  );

/** Its address is free to choose: nobody's mailbox is to be filled from here (T10). */
async function limitTestMails(c: AppContext): Promise<void> {
  if (!hasRateLimits(c.env, new URL(c.req.url))) return;
  if (!(await c.env.SIGN_IN_LIMIT.limit({ key: `test-mail:${c.get("agent").id}` })).success)
    throw new AppError("too_many_requests", "Too many test mails. Wait a minute.");
}

async function withDefaults(c: AppContext, body: v.InferOutput<typeof mailboxCreateSchema>): Promise<Mailbox> {
  await assertAssignee(c, body.assigneeId ?? null);
  return newMailbox({ id: newId(), address: body.address, createdAt: Date.now() }, body);
}

async function assertAssignee(c: AppContext, id: string | null): Promise<void> {
  const agent = id === null ? null : await findAgent(c.get("db"), id);
  if (id !== null && (agent === null || !hasRole(agent.role, "agent")))
    throw new AppError("invalid", "assigneeId: is no agent who can answer");
}

function answerOf(c: AppContext, settings: Settings): SettingsAnswer {
  return { ...settings, publicUrl: ownOrigins(c.env, c.req.raw).at(-1) ?? "" };
}

async function settingsOf(c: AppContext) {
  const settings = await loadSettings(c.get("db"));
  if (settings === null) throw new AppError("conflict", "Hilo is not set up yet.");
  return settings;
}
