/** The brake on mails of unknown senders (M16a): let it go for an hour, and let in what it kept aside. */
import { Hono } from "hono";
import * as v from "valibot";
import { listBraked, countBraked } from "../db/notices.ts";
import { setBrakeOff } from "../db/settings.ts";
import { tellInboxes } from "../tell-owner.ts";
import type { AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId } from "./input.ts";
import { AppError } from "./problems.ts";

/** Ms for which new senders are let in. */
const BRAKE_OFF_MS = 60 * 60_000;
/** Mails let in by one request: each is some dozen calls, and the platform allows a thousand. */
const LET_IN_MAX = 20;

const brakeBodySchema = v.object({ isOff: v.boolean() });
const brakeAnswerSchema = v.object({ offUntil: v.nullable(v.number()) });
/** `remaining`: still kept aside, 5,000 at most; asked again until there are none. */
const letInAnswerSchema = v.object({ letIn: v.number(), remaining: v.number() });

export const brakeApi = new Hono<AppEnv>()
  .post(
    "/:id/brake",
    describe({
      summary: "Let mails of unknown senders in for an hour, however many come; or hold them back again",
      body: brakeBodySchema,
      response: brakeAnswerSchema,
    }),
    async (c) => {
      const { isOff } = await readBody(c, brakeBodySchema);
      const offUntil = isOff ? Date.now() + BRAKE_OFF_MS : null;
      if (!(await setBrakeOff(c.get("db"), readId(c, "id"), offUntil)))
        throw new AppError("not_found", "There is no such mailbox.");
      c.executionCtx.waitUntil(tellInboxes(c.env));
      return c.json({ offUntil });
    },
  )
  .post(
    "/:id/let-in",
    describe({ summary: "Let in the oldest mails that the brake keeps aside here, some at a time", response: letInAnswerSchema }),
    async (c) => {
      const db = c.get("db");
      const mailboxId = readId(c, "id");
      const ids = await listBraked(db, mailboxId, LET_IN_MAX);
      const { takeUpAgain } = await import("../email/take-up-again.ts");
      for (const id of ids) await takeUpAgain(c.env, db, id, { acceptedBy: c.get("agent").id });
      const remaining = await countBraked(db, mailboxId);
      if (remaining === 0) c.executionCtx.waitUntil(tellInboxes(c.env));
      return c.json({ letIn: ids.length, remaining });
    },
  );
