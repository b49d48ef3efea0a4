/** Signing in with a password, counted so that nobody can guess one and nobody can lock its owner out. */
import { afterAnswer } from "../api/after-answer.ts";
import type { AppContext } from "../api/context.ts";
import { AppError } from "../api/problems.ts";
import { findCredential, type Credential } from "../db/credentials.ts";
import { canMailLinks, mailSignInLink } from "./account-links.ts";
import { createDeviceCookie, readDevice, type DeviceOwner } from "./device-cookie.ts";
import { authOptions } from "./principal.ts";
import { countOwnPassword, countSignIn, giveBack } from "./tries.ts";

interface Attempt {
  email: string;
  password: string;
  rememberMe: boolean;
}

/**
 * Sets the cookies of a session, and of a browser that is known from now on. An address that is unknown is counted,
 * compared and answered like any other (T9).
 *
 * @throws AppError wrong_sign_in, confirm_by_mail, too_many_wrong_passwords or too_many_requests
 */
export async function signInByPassword(c: AppContext, attempt: Attempt): Promise<void> {
  const found = await findCredential(c.get("db"), { email: attempt.email });
  const owner = ownerOf(found);
  const counted = await countSignIn(c, attempt.email, owner === null ? null : await readDevice(c, owner));
  if (counted === null) return confirmByMail(c, attempt.password, found);
  const { openByPassword } = await import("./sessions.ts");
  const cookies = await openByPassword(authOptions(c), { ...attempt, headers: c.req.raw.headers, now: Date.now() });
  if (cookies === null || owner === null) throw new AppError("wrong_sign_in");
  await giveBack(c, counted);
  setCookies(c, [...cookies, await createDeviceCookie(c, owner)]);
}

/**
 * The address is under attack, and this browser is new: the right password is not enough, and no answer says whether it
 * was right, or else guessing would go on. The mail goes after the answer, which takes as long either way.
 */
async function confirmByMail(c: AppContext, password: string, found: Credential | null): Promise<never> {
  if (!(await canMailLinks(c)))
    throw new AppError(
      "too_many_wrong_passwords",
      "Too many wrong passwords for this address. Use a browser that has signed in before, wait an hour, or run `npm run owner:reset`.",
    );
  const isRight = await isPasswordRight(c, password, found);
  if (isRight && found !== null) afterAnswer(c, "mail_sign_in", mailSignInLink(c, found));
  throw new AppError(
    "confirm_by_mail",
    "There were many wrong passwords for this address. If this one is right, a mail with a link is on its way: open it on this device.",
  );
}

/** @throws AppError wrong_password or too_many_wrong_passwords @returns the password's hash */
export async function provePassword(c: AppContext, password: string): Promise<string> {
  const counted = await countOwnPassword(c);
  const found = await findCredential(c.get("db"), { agentId: c.get("agent").id });
  const owner = ownerOf(found);
  if (!(await isPasswordRight(c, password, found)) || owner === null) throw new AppError("wrong_password");
  await giveBack(c, counted);
  return owner.passwordHash;
}

/** Without a password, by a link that was mailed. */
export async function signInByLink(c: AppContext, input: { agentId: string; passwordAt?: number }): Promise<void> {
  const { openWithoutPassword } = await import("./sessions.ts");
  setCookies(c, await openWithoutPassword(authOptions(c), { ...input, headers: c.req.raw.headers }));
  await trustBrowser(c, input.agentId);
}

/** From now on this browser has tries of its own. */
export async function trustBrowser(c: AppContext, agentId: string): Promise<void> {
  const owner = ownerOf(await findCredential(c.get("db"), { agentId }));
  if (owner !== null) setCookies(c, [await createDeviceCookie(c, owner)]);
}

export function setCookies(c: AppContext, cookies: string[]): void {
  for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
}

async function isPasswordRight(c: AppContext, password: string, found: Credential | null): Promise<boolean> {
  const { verifyPassword } = await import("./sessions.ts");
  return verifyPassword(authOptions(c), password, found?.passwordHash ?? null);
}

function ownerOf(found: Credential | null): DeviceOwner | null {
  if (found === null || found.passwordHash === null) return null;
  return { agentId: found.agentId, passwordHash: found.passwordHash };
}
