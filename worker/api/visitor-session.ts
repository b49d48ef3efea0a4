/** Who a visitor's browser is: its token, checked before any object is touched, and the site that it writes from. */
import * as v from "valibot";
import type { SessionClaim, SessionFacts } from "../../durable-objects/conversation/sessions.ts";
import { readVisitorToken, type VisitorToken } from "../auth/visitor-token.ts";
import { loadCachedSettings } from "../db/settings.ts";
import { isAllowedOrigin } from "../domain/origins.ts";
import { settingsSchema, type Settings } from "../domain/settings.ts";
import { configOf } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { ownOrigins, type AppContext } from "./context.ts";
import { AppError } from "./problems.ts";

/** A session that the conversation has let in. */
export interface BearerSession {
  conversationId: string;
  claim: SessionClaim;
  facts: SessionFacts;
}

/** With D1 away and nothing cached the defaults serve: a chat is worth more than its colour (A12). */
export async function settingsOf(c: AppContext): Promise<Settings> {
  return loadCachedSettings(c.get("db"), Date.now()).catch(() => v.parse(settingsSchema, {}));
}

/** False where the settings name sites and this is none of them (T6). */
export async function isAllowedSite(c: AppContext): Promise<boolean> {
  const origin = c.req.header("origin");
  if (origin === undefined || ownOrigins(c.env, c.req.raw).includes(origin)) return true;
  return isAllowedOrigin(origin, (await settingsOf(c)).widget.allowedOrigins);
}

/** Null for a token that is not ours or not for this site; the object itself checks that it counts. */
export async function checkToken(c: AppContext, token: string): Promise<VisitorToken | null> {
  const { APP_SECRET, APP_SECRET_OLDER } = configOf(c.env);
  const read =
    (await readVisitorToken(APP_SECRET, token)) ??
    (APP_SECRET_OLDER === undefined ? null : await readVisitorToken(APP_SECRET_OLDER, token));
  if (read === null || !(await read.isFor(c.req.header("origin") ?? null))) return null;
  // A site that was taken off the list is no place for the tokens that it was given.
  return (await isAllowedSite(c)) ? read : null;
}

/**
 * Unknown, foreign and ended tokens are answered alike (T9).
 *
 * @param email where a code is wanted
 */
export async function bearerSession(c: AppContext, email?: string): Promise<BearerSession> {
  const token = /^Bearer (\S{1,500})$/.exec(c.req.header("authorization") ?? "")?.[1];
  const read = token === undefined ? null : await checkToken(c, token);
  if (read === null) throw invalidToken();
  const { conversationId, sessionId, generation } = read;
  const claim = { sessionId, generation };
  const facts = await conversationStub(c.env, conversationId).session(claim, {
    kind: "use",
    ...(email !== undefined && { email }),
  });
  if (facts.kind !== "ok") throw invalidToken();
  return { conversationId, claim, facts };
}

export function invalidToken(): AppError {
  return new AppError("not_signed_in", "The token is not valid.");
}
