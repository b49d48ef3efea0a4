/** What every route is given: the database, who asks, and the objects it may call. */
import type { Context } from "hono";
import type { Role } from "../domain/roles.ts";
import type { Database } from "../db/database.ts";
import { clientKeyOf } from "../domain/client-key.ts";
import type { Env } from "../env.ts";

export interface Principal {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** An API key asks, which acts as who made it. */
  isKey: boolean;
  /** What was shown at the door, `session:<id>` or `key:<id>`: a socket lives no longer than that. */
  credential: string;
  /** Epoch ms at which this session's password was given last; null for a key, and for a session that never gave it. */
  passwordAt: number | null;
}

export interface AppEnv {
  Bindings: Env;
  Variables: { db: Database; agent: Principal };
}

export type AppContext = Context<AppEnv>;

/** Origins of the deployment itself: where it was called, and its public address. */
export function ownOrigins(env: Env, request: Request): string[] {
  const own = new Set([new URL(request.url).origin]);
  if (env.PUBLIC_URL !== undefined && URL.canParse(env.PUBLIC_URL)) own.add(new URL(env.PUBLIC_URL).origin);
  return [...own];
}

/**
 * Who asks, for limits: an IPv4 address, or an IPv6 /64, which is what one household or one rented server has to choose
 * addresses from. The platform's word, never a header that a client can set (in front of `wrangler dev` there is none).
 */
export function clientKey(request: Request): string {
  return clientKeyOf(request.headers.get("cf-connecting-ip") ?? "local");
}

/** The language of whoever asks, by what their browser says; null where it says nothing. */
export function localeOfRequest(c: AppContext): "en" | "es" | null {
  const language = c.req.header("accept-language")?.toLowerCase();
  if (language === undefined) return null;
  return language.startsWith("es") ? "es" : "en";
}
