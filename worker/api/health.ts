/** Whether every part can be reached: for monitors and for `npm start`. No secrets, no counts. */
import { Hono } from "hono";
import { healthSchema } from "../domain/api-shapes.ts";
import { describeError } from "../domain/error-text.ts";
import { ConfigError } from "../domain/config-error.ts";
import { configOf } from "../env.ts";
import { inboxStubs } from "../objects.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";

/** Ms that one part may take to answer. */
const CHECK_TIMEOUT_MS = 3_000;

export const healthApi = new Hono<AppEnv>().get(
  "/",
  describe({ summary: "Whether every part can be reached", response: healthSchema }),
  async (c) => {
    const parts: Record<string, () => Promise<unknown>> = {
      configuration: async () => configOf(c.env),
      database: () => c.env.DB.prepare("SELECT id FROM settings LIMIT 1").all(),
      storage: () => c.env.MAIL.head("health"),
      inbox: async () => inboxStubs(c.env)[0]?.revision(),
      mail: async () => assertMail(c),
    };
    const checks = Object.fromEntries(
      await Promise.all(Object.entries(parts).map(async ([name, check]) => [name, await run(check)] as const)),
    );
    const isOk = Object.values(checks).every((check) => check.isOk);
    return c.json({ status: isOk ? ("ok" as const) : ("degraded" as const), checks }, isOk ? 200 : 503);
  },
);

async function run(check: () => Promise<unknown>): Promise<{ isOk: boolean; detail?: string }> {
  try {
    await Promise.race([check(), scheduler.wait(CHECK_TIMEOUT_MS).then(() => Promise.reject(new Error("timed out")))]);
    return { isOk: true };
  } catch (error) {
    // A configuration error names a setting, never a value; others stay in the log.
    if (error instanceof ConfigError) return { isOk: false, detail: error.message };
    console.error(JSON.stringify({ level: "error", event: "health", ...describeError(error) }));
    return { isOk: false, detail: "cannot be reached" };
  }
}

function assertMail(c: AppContext): void {
  const config = configOf(c.env);
  if (config.MAIL_TRANSPORT === "smtp" && config.SMTP_URL === "")
    throw new ConfigError("SMTP_URL: is missing while MAIL_TRANSPORT is smtp");
}
