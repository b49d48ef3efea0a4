/**
 * How often passwords may be tried (T9, T22). Everybody together has fifty wrong tries an hour at one address; a browser that
 * has signed in before has ten of its own, so nobody who tries elsewhere locks its agent out. Each client is limited besides.
 */
import { clientKey, type AppContext } from "../api/context.ts";
import { AppError } from "../api/problems.ts";
import { giveBackTry, spendTry, type Budget } from "../db/secret-tries.ts";
import { configOf, hasRateLimits } from "../env.ts";
import { hmacSha256, toHex } from "./hmac.ts";

/** Wrong tries an hour. */
export const ADDRESS_TRIES_MAX = 50;
export const DEVICE_TRIES_MAX = 10;
/** Wrong tries an hour of a session at its own password. */
export const SESSION_TRIES_MAX = 10;
/** Mails an hour to somebody who has forgotten their password. */
const RESET_MAILS_MAX = 5;
/** Hex characters of the hash that stands for an address. */
const KEY_LENGTH = 32;

/** A try that was counted; given back where the password was right. */
export type Try = { kind: "counted"; budget: Budget } | { kind: "uncounted" };

/** @returns null where a password alone does not open this address from here: it is under attack, and this browser is new */
export async function countSignIn(c: AppContext, email: string, deviceId: string | null): Promise<Try | null> {
  if (!isLimited(c)) return { kind: "uncounted" };
  const own = deviceId === null ? null : await count(c, { what: `device ${deviceId} ${email}`, limit: DEVICE_TRIES_MAX });
  if (own !== null) return own;
  await limitClient(c, "client");
  return count(c, { what: `address ${email}`, limit: ADDRESS_TRIES_MAX });
}

/** @throws AppError too_many_wrong_passwords where this session has tried its own password too often */
export async function countOwnPassword(c: AppContext): Promise<Try> {
  if (!isLimited(c)) return { kind: "uncounted" };
  const { credential } = c.get("agent");
  const counted = await count(c, { what: credential, limit: SESSION_TRIES_MAX });
  if (counted === null)
    throw new AppError("too_many_wrong_passwords", "Too many wrong passwords. Wait an hour, or have a new one mailed to you.");
  return counted;
}

/** @returns whether one more mail may go to this agent */
export async function countResetMail(c: AppContext, agentId: string): Promise<boolean> {
  return !isLimited(c) || (await count(c, { what: `reset ${agentId}`, limit: RESET_MAILS_MAX })) !== null;
}

export async function giveBack(c: AppContext, one: Try): Promise<void> {
  if (one.kind === "counted") await giveBackTry(c.get("db"), one.budget, Date.now());
}

/** @param what is tried: each has a limit of its own @throws AppError too_many_requests */
export async function limitClient(c: AppContext, what: "client" | "link" | "setup" | "reset"): Promise<void> {
  if (!isLimited(c)) return;
  if (!(await c.env.SIGN_IN_LIMIT.limit({ key: `${what}:${clientKey(c.req.raw)}` })).success)
    throw new AppError("too_many_requests", "Too many tries. Wait a minute.");
}

const isLimited = (c: AppContext) => hasRateLimits(c.env, new URL(c.req.url));

async function count(c: AppContext, { what, limit }: { what: string; limit: number }): Promise<Try | null> {
  const key = toHex(await hmacSha256(configOf(c.env).APP_SECRET, "tries", what)).slice(0, KEY_LENGTH);
  return (await spendTry(c.get("db"), { key, limit }, Date.now())) ? { kind: "counted", budget: { key, limit } } : null;
}
