/**
 * Sessions and passwords with better-auth on D1. Loaded only when a request needs it (`await import`): it costs tens of ms
 * of start-up, which the widget's visitors would pay. Of its routes none is mounted: `worker/api/sign-in.ts` calls what it
 * needs of them.
 */
import { betterAuth } from "better-auth/minimal";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
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

/** @param session what a session that is made now begins with, and whose it is where no password is asked for */
export function createAuth(options: AuthOptions, session: { agentId?: string; passwordAt?: number } = {}) {
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
    user: {
      additionalFields: {
        role: { type: "string", required: true, input: false, defaultValue: "none" },
        removedAt: { type: "number", required: false, input: false },
      },
    },
    session: {
      expiresIn: SESSION_SECONDS,
      updateAge: SESSION_RENEW_SECONDS,
      additionalFields: {
        passwordAt: { type: "number", required: false, input: false },
        lastUsedAt: { type: "number", required: false, input: false },
      },
    },
    databaseHooks: {
      session: { create: { before: async (made) => ({ data: { ...made, passwordAt: session.passwordAt ?? null } }) } },
    },
    plugins: [{ id: "hilo", endpoints: { openSession: openSessionOf(session.agentId ?? ""), rotateSession } }],
    // Sign-in is limited by the Worker, per address and per client (T9).
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "hilo",
      useSecureCookies: options.origin.startsWith("https:"),
      database: { generateId: () => uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10))) },
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
    },
    // Its own page shows what strangers write into its address.
    onAPIError: { errorURL: "/sign-in" },
    // Its lines hold what strangers send: origins, names of providers, whole errors (T18). Ours say that there was one.
    logger: { level: "error", log: (level) => console.error(JSON.stringify({ level, event: "sign_in_library" })) },
  });
}

/** Signs an agent in who has shown something else than a password. Never reachable from outside. */
const openSessionOf = (agentId: string) =>
  createAuthEndpoint.serverOnly({ method: "POST", requireHeaders: true }, async (ctx) => {
    const { internalAdapter } = ctx.context;
    const user = await internalAdapter.findUserById(agentId);
    if (user === null) throw new Error("a session is to be opened for nobody");
    await setSessionCookie(ctx, { session: await internalAdapter.createSession(agentId), user });
    return ctx.json({ isDone: true });
  });

/** The same session under a new cookie: a copy of the old one is worth nothing from now on. */
const rotateSession = createAuthEndpoint.serverOnly({ method: "POST", requireHeaders: true }, async (ctx) => {
  const { internalAdapter, authCookies, secret } = ctx.context;
  const token = await ctx.getSignedCookie(authCookies.sessionToken.name, secret);
  const found = typeof token === "string" ? await internalAdapter.findSession(token) : null;
  if (found === null || typeof token !== "string") return ctx.json({ isDone: false });
  const next = crypto.randomUUID().replaceAll("-", "") + crypto.randomUUID().replaceAll("-", "");
  await internalAdapter.updateSession(token, { token: next });
  await setSessionCookie(ctx, { session: { ...found.session, token: next }, user: found.user });
  return ctx.json({ isDone: true });
});

/** A hash that sign-in accepts. */
export async function hashPassword(options: AuthOptions, password: string): Promise<string> {
  return (await createAuth(options).$context).password.hash(password);
}

/** Takes as long where there is no hash to compare with (T9). */
export async function verifyPassword(options: AuthOptions, password: string, hash: string | null): Promise<boolean> {
  const { password: passwords } = await createAuth(options).$context;
  if (hash !== null) return passwords.verify({ hash, password });
  await passwords.hash(password);
  return false;
}

export interface PasswordSignIn {
  email: string;
  password: string;
  rememberMe: boolean;
  /** Of the request: they name the device and the client. */
  headers: Headers;
  now: number;
}

/** @returns the `Set-Cookie` headers of the new session; null where address or password is wrong, whichever it is */
export async function openByPassword(options: AuthOptions, input: PasswordSignIn): Promise<string[] | null> {
  const { email, password, rememberMe, headers, now } = input;
  try {
    const auth = createAuth(options, { passwordAt: now });
    const answer = await auth.api.signInEmail({ body: { email, password, rememberMe }, headers, returnHeaders: true });
    return answer.headers.getSetCookie();
  } catch (error) {
    if (error instanceof APIError && error.statusCode < 500) return null;
    throw error;
  }
}

/** @returns the `Set-Cookie` headers of a session that nobody gave a password for, or just now where `passwordAt` says so */
export async function openWithoutPassword(
  options: AuthOptions,
  input: { agentId: string; passwordAt?: number; headers: Headers },
): Promise<string[]> {
  const { headers, ...session } = input;
  const answer = await createAuth(options, session).api.openSession({ headers, returnHeaders: true });
  return answer.headers.getSetCookie();
}

/** @returns the `Set-Cookie` headers after which only this browser has the session */
export async function rotateCookie(options: AuthOptions, headers: Headers): Promise<string[]> {
  return (await createAuth(options).api.rotateSession({ headers, returnHeaders: true })).headers.getSetCookie();
}
