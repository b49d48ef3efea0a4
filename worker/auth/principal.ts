/** Who asks: a cookie session or an API key, and whether they may (one place for every route, T7). */
import { createMiddleware } from "hono/factory";
import { CLOSE_CODES } from "../../durable-objects/conversation/protocol.ts";
import { refuseSocket } from "../../durable-objects/conversation/upgrade.ts";
import { matchedRoutes } from "hono/route";
import { ownOrigins, type AppContext, type AppEnv, type Principal } from "../api/context.ts";
import { AppError } from "../api/problems.ts";
import { findApiKey, touchApiKey } from "../db/agents.ts";
import { openDatabase } from "../db/database.ts";
import { touchSession } from "../db/sessions.ts";
import { hasRole, lowerRole, roleSchema } from "../domain/roles.ts";
import { configOf } from "../env.ts";
import * as v from "valibot";
import { sha256Hex } from "./hmac.ts";
import { PASSWORD_FRESH_MS, PERMISSIONS, PROOFS, type Permission } from "./permissions.ts";

/** Ms between two notes of a key's last use, and of a session's. */
const KEY_TOUCH_MS = 60_000;
const SESSION_TOUCH_MS = 5 * 60_000;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export const authorise = createMiddleware<AppEnv>(async (c, next) => {
  c.set("db", openDatabase(c.env.DB));
  const route = routeOf(c);
  const permission = route === undefined ? undefined : PERMISSIONS[route];
  if (route === undefined || permission === undefined) throw new AppError("not_found", "There is no such address in the API.");
  if (permission === "public") return next();
  const principal = (await principalByKey(c)) ?? (await principalBySession(c));
  if ((principal === null || !hasRole(principal.role, permission)) && isSocketOfBrowser(c))
    return refuseSocket(c.req.raw, CLOSE_CODES.notAllowed, "not_allowed");
  assertMay(principal, route, permission);
  c.set("agent", principal);
  return next();
});

/** A program reads the status of a refused upgrade; a browser whose session has ended does not, and would try for ever. */
function isSocketOfBrowser({ req }: AppContext): boolean {
  const isSocket = req.header("upgrade")?.toLowerCase() === "websocket";
  return isSocket && req.header("cookie") !== undefined && req.header("authorization") === undefined;
}

/** The first matched route that the table names: middleware and the inbox's files match too. */
function routeOf(c: AppContext): string | undefined {
  return matchedRoutes(c)
    .map(({ method, path }) => `${method} ${path}`)
    .find((candidate) => candidate in PERMISSIONS);
}

function assertMay(principal: Principal | null, route: string, least: Exclude<Permission, "public">): asserts principal {
  if (principal === null) throw new AppError("not_signed_in");
  if (!hasRole(principal.role, least))
    throw new AppError("not_allowed", `This needs the role “${least}”; yours is “${principal.role}”.`);
  const proof = PROOFS[route];
  if (proof === undefined) return;
  // A key that leaks must not be able to make another one, or an agent (T22).
  if (principal.isKey) throw new AppError("not_allowed", "No API key may do this: sign in.");
  if (proof === "password" && Date.now() - (principal.passwordAt ?? 0) > PASSWORD_FRESH_MS)
    throw new AppError("password_needed", "Confirm your password with POST /api/me/confirm-password, and try again.");
}

/** A key acts as the agent who made it, with at most the key's role. */
async function principalByKey(c: AppContext): Promise<Principal | null> {
  const header = c.req.header("authorization");
  if (header === undefined) return null;
  const key = /^Bearer ([\w-]{20,200})$/.exec(header)?.[1];
  const now = Date.now();
  const found = key === undefined ? null : await findApiKey(c.get("db"), await sha256Hex(key), now);
  if (found === null) throw new AppError("not_signed_in", "The API key is unknown.");
  // A use that could not be noted is no reason to fail.
  const touch = async () => touchApiKey(c.get("db"), found.key.id, now).catch(() => undefined);
  if (now - (found.key.lastUsedAt ?? 0) > KEY_TOUCH_MS) c.executionCtx.waitUntil(touch());
  return {
    ...found.agent,
    role: lowerRole(found.key.role, found.agent.role),
    isKey: true,
    credential: `key:${found.key.id}`,
    passwordAt: null,
  };
}

async function principalBySession(c: AppContext): Promise<Principal | null> {
  const { req } = c;
  const isSocket = req.header("upgrade")?.toLowerCase() === "websocket";
  if (!SAFE_METHODS.has(req.method) || isSocket) assertOwnOrigin(c);
  if (req.header("cookie") === undefined) return null;
  const auth = await authFor(c);
  const { response: found, headers } = await auth.api.getSession({ headers: req.raw.headers, returnHeaders: true });
  if (found === null) return null;
  const { user, session } = found;
  // A sign-in that was under way while they were removed.
  if (typeof user.removedAt === "number") return null;
  // Once a day the session is renewed, and its cookie with it: else it would end while it is in use.
  if (!isSocket) for (const cookie of headers.getSetCookie()) c.header("set-cookie", cookie, { append: true });
  noteUse(c, session);
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    role: v.parse(roleSchema, user.role),
    isKey: false,
    credential: `session:${session.id}`,
    passwordAt: session.passwordAt ?? null,
  };
}

/** Shown on one's own page. A use that could not be noted is no reason to fail. */
function noteUse(c: AppContext, session: { id: string; createdAt: Date; lastUsedAt?: number | null | undefined }): void {
  const now = Date.now();
  if (now - (session.lastUsedAt ?? session.createdAt.getTime()) <= SESSION_TOUCH_MS) return;
  c.executionCtx.waitUntil(touchSession(c.get("db"), session.id, now).catch(() => undefined));
}

/** Browsers always say where a state-changing request or a socket comes from; only ours may use the cookie (T6). */
export function assertOwnOrigin(c: AppContext): void {
  const origin = c.req.header("origin");
  if (origin !== undefined && !ownOrigins(c.env, c.req.raw).includes(origin)) throw new AppError("bad_origin");
  const site = c.req.header("sec-fetch-site");
  if (origin === undefined && site !== undefined && site !== "same-origin" && site !== "none") throw new AppError("bad_origin");
}

/** better-auth, loaded at the first request that needs it. */
export async function authFor(c: AppContext) {
  const { createAuth } = await import("./sessions.ts");
  return createAuth(authOptions(c));
}

export function authOptions(c: AppContext) {
  return {
    db: c.get("db"),
    secret: configOf(c.env).APP_SECRET,
    origin: new URL(c.req.url).origin,
    ownOrigins: ownOrigins(c.env, c.req.raw),
  };
}
