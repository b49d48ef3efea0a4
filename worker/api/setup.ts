/** The first start: makes the owner, the settings and the first mailbox, once (T8). */
import { Hono } from "hono";
import * as v from "valibot";
import { isEqualConstantTime } from "../auth/hmac.ts";
import { hashNewPassword } from "../auth/new-password.ts";
import { limitClient } from "../auth/tries.ts";
import { insertAgent } from "../db/agents.ts";
import { insertMailbox, insertSettings, loadSettings, newMailbox } from "../db/settings.ts";
import { meSchema, setupBodySchema, setupStateSchema } from "../domain/api-shapes.ts";
import { settingsSchema } from "../domain/settings.ts";
import { MailboxNameTooLongError, assertMailboxFitsReplies } from "../email/reply-address.ts";
import { configOf, isLoopback } from "../env.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody } from "./input.ts";
import { newId } from "./new-id.ts";
import { AppError } from "./problems.ts";

export const setupApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "Whether Hilo is set up", response: setupStateSchema }), async (c) =>
    c.json({ isDone: (await loadSettings(c.get("db"))) !== null, needsToken: needsToken(c) }),
  )
  .post(
    "/",
    describe({
      summary: "Make the owner, the settings and the first mailbox",
      body: setupBodySchema,
      response: meSchema,
      status: 201,
    }),
    async (c) => {
      await assertSetupToken(c);
      if ((await loadSettings(c.get("db"))) !== null) throw new AppError("already_done", "Hilo is set up already.");
      const body = await readBody(c, setupBodySchema);
      assertMailboxName(body.mailbox);
      const passwordHash = await hashNewPassword(c, body);
      const agent = { id: newId(), name: body.name, email: body.email, role: "owner" as const };
      const now = Date.now();
      const settings = v.parse(settingsSchema, { company: body.company });
      const mailbox = newMailbox({ id: newId(), address: body.mailbox, createdAt: now }, { name: body.company });
      const db = c.get("db");
      try {
        // The settings row is the claim: of two at the same instant the second fails as a whole.
        await db.batch([
          insertSettings(db, settings, now),
          ...insertAgent(db, { ...agent, passwordHash, accountId: newId(), now }),
          insertMailbox(db, mailbox),
        ]);
      } catch (error) {
        if (isConstraint(error)) throw new AppError("already_done", "Hilo is set up already.");
        throw error;
      }
      return c.json({ agent }, 201);
    },
  );

/** @throws AppError invalid with what to do */
export function assertMailboxName(address: string): void {
  try {
    assertMailboxFitsReplies(address);
  } catch (error) {
    if (error instanceof MailboxNameTooLongError) throw new AppError("invalid", error.message);
    throw error;
  }
}

export function isConstraint(error: unknown): boolean {
  return (
    error instanceof Error &&
    /UNIQUE constraint|PRIMARY KEY/i.test(`${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`)
  );
}

/** Whoever comes first would own a deployment that asks for nothing: only on one's own machine it may (T8, T24). */
function needsToken(c: AppContext): boolean {
  return configOf(c.env).SETUP_TOKEN !== "" || !isLoopback(new URL(c.req.url));
}

async function assertSetupToken(c: AppContext): Promise<void> {
  if (!needsToken(c)) return;
  const expected = configOf(c.env).SETUP_TOKEN;
  if (expected === "")
    throw new AppError("no_setup_token", "Set SETUP_TOKEN (`npx wrangler secret put SETUP_TOKEN`), then give it here.");
  await limitClient(c, "setup");
  if (!isEqualConstantTime(c.req.header("x-setup-token") ?? "", expected)) throw new AppError("bad_setup_token");
}
