/**
 * Sign-in with better-auth on D1. Loaded only when a request needs it (`await import`): it costs tens of ms of start-up,
 * which the widget's visitors would pay.
 */
import { betterAuth } from "better-auth/minimal";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import type { Database } from "../db/database.ts";
import { accounts, agents, sessions, verifications } from "../db/schema.ts";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "../domain/api-shapes.ts";
import { uuidV7 } from "../domain/uuid.ts";

/** Seconds of a session, renewed by use. */
const SESSION_SECONDS = 30 * 24 * 60 * 60;
const SESSION_RENEW_SECONDS = 24 * 60 * 60;

export interface AuthOptions {
  db: Database;
  secret: string;
  /** Origin of this request: the deployment's own. */
  origin: string;
  ownOrigins: string[];
}

export function createAuth(options: AuthOptions) {
  return betterAuth({
    appName: "Hilo",
    secret: options.secret,
    baseURL: options.origin,
    basePath: "/api/auth",
    trustedOrigins: options.ownOrigins,
    telemetry: { enabled: false },
    database: drizzleAdapter(options.db, {
      provider: "sqlite",
      schema: { user: agents, session: sessions, account: accounts, verification: verifications },
    }),
    // Agents are made by the owner, on the server: strangers cannot sign up.
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
    },
    user: { additionalFields: { role: { type: "string", required: true, input: false, defaultValue: "none" } } },
    session: { expiresIn: SESSION_SECONDS, updateAge: SESSION_RENEW_SECONDS },
    // Sign-in is limited by the Worker, per address and per client (T9).
    rateLimit: { enabled: false },
    disabledPaths: ["/sign-up/email", "/change-email", "/delete-user", "/update-user"],
    advanced: {
      cookiePrefix: "hilo",
      useSecureCookies: options.origin.startsWith("https:"),
      database: { generateId: () => uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10))) },
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
    },
    logger: { level: "error" },
  });
}

/** A hash that sign-in accepts. */
export async function hashPassword(options: AuthOptions, password: string): Promise<string> {
  return (await createAuth(options).$context).password.hash(password);
}
