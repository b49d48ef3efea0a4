/**
 * The cookie of a browser that has signed in before: wrong passwords that others try elsewhere do not keep it out. It is
 * signed for one agent and their present password, so a new password ends it everywhere.
 */
import { getCookie } from "hono/cookie";
import type { AppContext } from "../api/context.ts";
import { configOf } from "../env.ts";
import { hmacSha256, isEqualConstantTime, newToken, sha256Hex, toBase64Url } from "./hmac.ts";

const PURPOSE = "device";
const ID_BYTES = 16;
/** Seconds: as long as browsers keep any cookie. */
const MAX_AGE = 400 * 24 * 60 * 60;
/** Hex characters that tell the cookies of several agents in one browser apart. */
const NAME_LENGTH = 12;

export interface DeviceOwner {
  agentId: string;
  passwordHash: string;
}

/** @returns the id of this browser, where it has signed this agent in with the password that they still have */
export async function readDevice(c: AppContext, owner: DeviceOwner): Promise<string | null> {
  const [id, signature] = getCookie(c, await nameOf(c, owner))?.split(".") ?? [];
  if (id === undefined || signature === undefined) return null;
  const { APP_SECRET, APP_SECRET_OLDER } = configOf(c.env);
  for (const secret of [APP_SECRET, ...(APP_SECRET_OLDER === undefined ? [] : [APP_SECRET_OLDER])])
    if (isEqualConstantTime(await sign(secret, owner, id), signature)) return id;
  return null;
}

/** @returns a `Set-Cookie` header */
export async function createDeviceCookie(c: AppContext, owner: DeviceOwner): Promise<string> {
  const id = (await readDevice(c, owner)) ?? newToken(ID_BYTES);
  const value = `${id}.${await sign(configOf(c.env).APP_SECRET, owner, id)}`;
  const secure = isSecure(c) ? "; Secure" : "";
  return `${await nameOf(c, owner)}=${value}; Max-Age=${MAX_AGE}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

const isSecure = (c: AppContext) => new URL(c.req.url).protocol === "https:";

async function nameOf(c: AppContext, { agentId }: DeviceOwner): Promise<string> {
  const name = `hilo.device.${(await sha256Hex(agentId)).slice(0, NAME_LENGTH)}`;
  return isSecure(c) ? `__Host-${name}` : name;
}

async function sign(secret: string, { agentId, passwordHash }: DeviceOwner, id: string): Promise<string> {
  return toBase64Url(await hmacSha256(secret, PURPOSE, `${agentId}\n${id}\n${passwordHash}`));
}
