/**
 * A browser in the chat shows that an address is theirs: a code, or a link, that was mailed to it for this session, comes
 * back with this session's own token. Neither does anything alone.
 */
import { Hono } from "hono";
import { createVisitorToken } from "../auth/visitor-token.ts";
import { CODE_DIGITS, CODE_DIGITS_GUARDED, hashCode, readForSession } from "../auth/confirming-secrets.ts";
import { widgetCodeAskedSchema, widgetCodeSchema, widgetConfirmSchema, widgetTokenSchema } from "../domain/widget-shapes.ts";
import { sendCode } from "../email/send-code.ts";
import { configOf, hasRateLimits } from "../env.ts";
import { takesOfAddress } from "../limits.ts";
import { conversationStub } from "../objects.ts";
import { countTry, isGuarded } from "./code-totals.ts";
import { clientKey, localeOfRequest, type AppContext, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody } from "./input.ts";
import { limitRequest } from "./limit.ts";
import { assertNotOurs } from "./own-address.ts";
import { AppError } from "./problems.ts";
import { bearerSession, invalidToken, settingsOf, type BearerSession } from "./visitor-session.ts";

const CODE_DESCRIPTION = {
  summary: "Mail a code to the address; the answer is the same whether a mail leaves",
  body: widgetCodeSchema,
  response: widgetCodeAskedSchema,
  status: 202,
  security: "visitorToken",
} as const;
const CONFIRM_DESCRIPTION = {
  summary: "Show that the address is this visitor's, with the code or the link's secret; the answer is a new token",
  body: widgetConfirmSchema,
  response: widgetTokenSchema,
  security: "visitorToken",
} as const;
const END_DESCRIPTION = { summary: "End this session: its tokens are refused", status: 204, security: "visitorToken" } as const;

export const widgetCodesApp = new Hono<AppEnv>()
  .post("/codes", describe(CODE_DESCRIPTION), async (c) => {
    const { email } = await readBody(c, widgetCodeSchema);
    const session = await bearerSession(c, email);
    if (email !== undefined) await typeAddress(c, session, email);
    const settings = await settingsOf(c);
    const client = hasRateLimits(c.env, new URL(c.req.url)) ? clientKey(c.req.raw) : null;
    // How long it takes tells nothing either.
    c.executionCtx.waitUntil(sendCode(c.env, c.get("db"), { ...session, settings, client, locale: localeOfRequest(c) }));
    return c.json({ digits: (await isGuarded(c.env)) ? CODE_DIGITS_GUARDED : CODE_DIGITS }, 202);
  })
  .post("/confirm", describe(CONFIRM_DESCRIPTION), async (c) => {
    const body = await readBody(c, widgetConfirmSchema);
    const session = await bearerSession(c);
    const answer = await ("code" in body ? tryCode(c, session, body.code) : useSecret(c, session, body.secret));
    if (answer.kind === "wrong")
      throw new AppError("wrong_code", "This is not the code.", { fields: { triesLeft: answer.triesLeft } });
    if (answer.kind === "refused") throw invalidToken();
    if (answer.kind !== "confirmed") throw new AppError("expired", "Ask for a new code.");
    const { sessionId, generation } = answer;
    const token = await createVisitorToken(configOf(c.env).APP_SECRET, {
      conversationId: session.conversationId,
      sessionId,
      generation,
      origin: c.req.header("origin") ?? null,
    });
    return c.json({ token });
  })
  .post("/session/end", describe(END_DESCRIPTION), async (c) => {
    const { conversationId, claim } = await bearerSession(c);
    await conversationStub(c.env, conversationId).session(claim, { kind: "end" });
    return c.body(null, 204);
  });

/** As in the form of the widget, with its limits. */
async function typeAddress(c: AppContext, { conversationId, claim }: BearerSession, email: string): Promise<void> {
  await limitRequest(c, takesOfAddress({ client: clientKey(c.req.raw), conversationId }));
  await assertNotOurs(c, email);
  if (!(await conversationStub(c.env, conversationId).typeAddress(claim, { email }))) throw invalidToken();
}

/** A try is counted, over all conversations, before the code is looked at. */
async function tryCode(c: AppContext, { conversationId, claim, facts }: BearerSession, code: string) {
  const { sessionId, code: waited } = facts;
  if (waited === null) return { kind: "expired" as const };
  const counted = await countTry(c, { email: waited.email, conversationId: waited.isAnswered ? conversationId : null });
  if (!counted.isAllowed) throw new AppError("too_many_requests", "Too many wrong codes. Try again later.");
  const hash = await hashCode(configOf(c.env).APP_SECRET, { sessionId, code });
  const answer = await conversationStub(c.env, conversationId).session(claim, { kind: "try-code", hash });
  if (answer.kind === "confirmed") await counted.giveBack();
  return answer;
}

/** Of another session it confirms nothing and changes nothing. */
async function useSecret(c: AppContext, { conversationId, claim }: BearerSession, signed: string) {
  const { APP_SECRET, APP_SECRET_OLDER } = configOf(c.env);
  const input = { signed, now: Date.now() };
  const known =
    (await readForSession(APP_SECRET, "confirm", input)) ??
    (APP_SECRET_OLDER === undefined ? null : await readForSession(APP_SECRET_OLDER, "confirm", input));
  if (known === null || known.conversationId !== conversationId) return { kind: "expired" as const };
  const { sessionId, email } = known;
  return conversationStub(c.env, conversationId).session(claim, { kind: "confirm", sessionId, email });
}
