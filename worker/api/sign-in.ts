/**
 * Signing in and out, passwords, and links that let somebody in once. What is here is all that there is: the sign-in
 * library's other routes are not mounted. Every body is small, and read only so far.
 */
import { Hono } from "hono";
import type * as v from "valibot";
import { canMailLinks, mailResetLink, readLink } from "../auth/account-links.ts";
import { sha256Hex } from "../auth/hmac.ts";
import { hashNewPassword } from "../auth/new-password.ts";
import { assertOwnOrigin, authFor, authOptions } from "../auth/principal.ts";
import { provePassword, setCookies, signInByLink, signInByPassword, trustBrowser } from "../auth/sign-in.ts";
import { countResetMail, limitClient } from "../auth/tries.ts";
import { takeLink } from "../db/account-links.ts";
import { findAgent, findAgentByEmail } from "../db/agents.ts";
import { changePassword, findCredential, setPasswordByLink } from "../db/credentials.ts";
import { loadSettings } from "../db/settings.ts";
import {
  doneSchema,
  invitationAcceptSchema,
  linkSchema,
  linkTokenSchema,
  passwordChangeSchema,
  resetRequestSchema,
  resetSchema,
  signInSchema,
  signedInSchema,
  type AccountLink,
} from "../domain/account-shapes.ts";
import { meSchema } from "../domain/api-shapes.ts";
import { afterAnswer, endListSockets } from "./after-answer.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { parse, readText } from "./input.ts";
import { newId } from "./new-id.ts";
import { AppError } from "./problems.ts";

/** Bytes of a body here: an address, two passwords and a token fit. */
const BODY_BYTES_MAX = 4_096;

export const signInApi = new Hono<AppEnv>()
  .post(
    "/auth/sign-in/email",
    describe({ summary: "Sign in with a password: sets cookies", body: signInSchema, response: signedInSchema }),
    async (c) => {
      const attempt = await readSmall(c, signInSchema);
      await signInByPassword(c, attempt);
      return c.json({ user: await findAgentByEmail(c.get("db"), attempt.email) });
    },
  )
  .post("/auth/sign-out", describe({ summary: "End this session", response: doneSchema }), async (c) => {
    assertOwnOrigin(c);
    const auth = await authFor(c);
    const { headers } = c.req.raw;
    const found = await auth.api.getSession({ headers });
    const answer = await auth.api.signOut({ headers, returnHeaders: true });
    setCookies(c, answer.headers.getSetCookie());
    if (found !== null) await endListSockets(c, found.user.id, { only: `session:${found.session.id}` });
    return c.json({ status: true });
  })
  .post(
    "/auth/request-password-reset",
    describe({
      summary: "Have a link for a new password mailed, where the address is an agent's: the answer never says",
      body: resetRequestSchema,
      response: doneSchema,
    }),
    async (c) => {
      const { email } = await readSmall(c, resetRequestSchema);
      await limitClient(c, "reset");
      if (!(await canMailLinks(c)))
        throw new AppError("no_mail", "Mail cannot be sent from here. Run `npm run owner:reset` where Hilo runs.");
      afterAnswer(c, "mail_reset", mailReset(c, email));
      return c.json({ status: true });
    },
  )
  .post(
    "/auth/reset-password",
    describe({ summary: "Choose a new password by a link, once; ends every session", body: resetSchema, response: doneSchema }),
    async (c) => {
      const { token, newPassword } = await readSmall(c, resetSchema);
      await limitClient(c, "link");
      const agentId = await choosePassword(c, { purpose: "reset", token, password: newPassword, name: null }).catch(
        asInvalidToken,
      );
      await endListSockets(c, agentId);
      await trustBrowser(c, agentId);
      return c.json({ status: true });
    },
  )
  .post(
    "/auth/change-password",
    describe({
      summary: "Change one's own password; every other session ends",
      body: passwordChangeSchema,
      response: doneSchema,
    }),
    async (c) => {
      const { currentPassword, newPassword } = await readSmall(c, passwordChangeSchema);
      await changeOwnPassword(c, currentPassword, newPassword);
      return c.json({ status: true });
    },
  )
  .post(
    "/sign-in/confirm",
    describe({ summary: "Sign in by a link that was mailed, once", body: linkTokenSchema, response: meSchema }),
    async (c) => {
      const { token } = await readSmall(c, linkTokenSchema);
      await limitClient(c, "link");
      const link = { hash: await sha256Hex(token), purpose: "sign-in" as const };
      const agentId = await takeLink(c.get("db"), link, Date.now());
      if (agentId === null) throw new AppError("bad_link", "Sign in again for a new one.");
      await signInByLink(c, { agentId });
      return c.json({ agent: await findAgent(c.get("db"), agentId) });
    },
  )
  .post(
    "/account-links/check",
    describe({ summary: "What a link is for; uses nothing up", body: linkTokenSchema, response: linkSchema }),
    async (c) => {
      const { token } = await readSmall(c, linkTokenSchema);
      await limitClient(c, "link");
      const { agentId: _, ...link } = await readLink(c, token);
      const company = (await loadSettings(c.get("db")))?.company ?? "";
      return c.json({ ...link, company } satisfies AccountLink);
    },
  )
  .post(
    "/invitations/accept",
    describe({
      summary: "Join by an invitation, once: sets the password, and signs in",
      body: invitationAcceptSchema,
      response: meSchema,
      status: 201,
    }),
    async (c) => {
      const { token, password, name = null } = await readSmall(c, invitationAcceptSchema);
      await limitClient(c, "link");
      const agentId = await choosePassword(c, { purpose: "invitation", token, password, name });
      await signInByLink(c, { agentId, passwordAt: Date.now() });
      return c.json({ agent: await findAgent(c.get("db"), agentId) }, 201);
    },
  );

/** Of a request that may carry our cookies, or set them: no other site's form may send it (T6). */
async function readSmall<const S extends v.GenericSchema>(c: AppContext, schema: S): Promise<v.InferOutput<S>> {
  const text = await readText(c.req.raw, BODY_BYTES_MAX);
  assertOwnOrigin(c);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AppError("bad_request", "The body must be JSON.");
  }
  return parse(schema, json);
}

interface Choice {
  purpose: "invitation" | "reset";
  token: string;
  password: string;
  name: string | null;
}

/** @throws AppError bad_link before the password is looked at, and where somebody was quicker */
async function choosePassword(c: AppContext, { purpose, token, password, name }: Choice): Promise<string> {
  const link = await readLink(c, token);
  const passwordHash = await hashNewPassword(c, { password, name: name ?? link.name, email: link.email });
  const linkHash = await sha256Hex(token);
  const choice = { linkHash, purpose, passwordHash, accountId: newId(), name, now: Date.now() };
  const agentId = await setPasswordByLink(c.get("db"), choice);
  if (agentId === null) throw new AppError("bad_link", "Ask for a new one.");
  return agentId;
}

/** The library's own answer to a link that does not work. */
function asInvalidToken(error: unknown): never {
  throw error instanceof AppError && error.code === "bad_link" ? new AppError("invalid_token", error.message) : error;
}

/** After the answer, which therefore takes as long for an address that is nobody's (T9). */
async function mailReset(c: AppContext, email: string): Promise<void> {
  const found = await findCredential(c.get("db"), { email });
  // Who was only invited has no password to forget.
  if (found === null || found.passwordHash === null || !(await countResetMail(c, found.agentId))) return;
  await mailResetLink(c, found);
}

async function changeOwnPassword(c: AppContext, current: string, next: string): Promise<void> {
  const agent = c.get("agent");
  const from = await provePassword(c, current);
  const to = await hashNewPassword(c, { password: next, name: agent.name, email: agent.email });
  const sessionId = agent.credential.replace("session:", "");
  if (!(await changePassword(c.get("db"), { agentId: agent.id, sessionId, from, to, now: Date.now() })))
    throw new AppError("conflict", "The password was changed somewhere else just now.");
  await endListSockets(c, agent.id, { except: agent.credential });
  const { rotateCookie } = await import("../auth/sessions.ts");
  setCookies(c, await rotateCookie(authOptions(c), c.req.raw.headers));
  await trustBrowser(c, agent.id);
}
