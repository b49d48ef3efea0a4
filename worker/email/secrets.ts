/** What signs our mails, from the deployment's secret. */
import { hmacSha256, sha256Hex, toHex } from "../auth/hmac.ts";
import { configOf, type Env } from "../env.ts";
import type { ReplyKey, ReplyKeys } from "./reply-address.ts";

/** Hex characters of the marker that our own mails carry. */
const LOOP_MARKER_LENGTH = 24;

export async function replyKeysOf(env: Env): Promise<ReplyKeys> {
  const { APP_SECRET, APP_SECRET_OLDER } = configOf(env);
  return {
    current: await replyKeyOf(APP_SECRET),
    older: APP_SECRET_OLDER === undefined ? [] : [await replyKeyOf(APP_SECRET_OLDER)],
  };
}

/** The id only says which secrets to try; two that share one are both tried. */
async function replyKeyOf(secret: string): Promise<ReplyKey> {
  return { id: Number.parseInt((await sha256Hex(`reply-key-id\n${secret}`)).slice(0, 1), 16), secret };
}

/** Known only to this deployment: a mail that carries it has come back to where it was sent. */
export async function loopMarkerOf(env: Env): Promise<string> {
  return toHex(await hmacSha256(configOf(env).APP_SECRET, "loop-marker", "")).slice(0, LOOP_MARKER_LENGTH);
}
