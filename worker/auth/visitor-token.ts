/**
 * A visitor's token: `v2.<conversation>.<session>.<generation>.<origin>.<signature>`. It is bound to one session of one
 * conversation and to the site it was given on, ends when another generation counts, and never travels in a URL (T5).
 * Tokens of the first version, `v1.<conversation>.<generation>.<origin>.<signature>`, name no session: theirs is the one
 * that began the conversation.
 */
import { uuidV7 } from "../domain/uuid.ts";
import { hmacSha256, isEqualConstantTime, sha256Hex, toBase64Url } from "./hmac.ts";

const VERSION = "v2";
const FIRST_VERSION = "v1";
const PURPOSE = "visitor-token";
/** Hex characters of the hash that binds a token to an origin. */
const ORIGIN_HASH_LENGTH = 16;
/** Stands for a client that sent no `Origin`: not a browser. */
const NO_ORIGIN = "-";

export interface VisitorToken {
  conversationId: string;
  /** Null in tokens of the first version. */
  sessionId: string | null;
  generation: number;
  /** Whether the token may be used from this origin; null is a client that says none. */
  isFor: (origin: string | null) => Promise<boolean>;
}

export async function createVisitorToken(
  secret: string,
  input: { conversationId: string; sessionId: string; generation: number; origin: string | null },
): Promise<string> {
  const { conversationId, sessionId, generation } = input;
  const payload = [VERSION, conversationId, sessionId, String(generation), await hashOrigin(input.origin)].join(".");
  return `${payload}.${await sign(secret, payload)}`;
}

/** Null for anything that we did not sign. */
export async function readVisitorToken(secret: string, token: string): Promise<VisitorToken | null> {
  const at = token.lastIndexOf(".");
  const payload = token.slice(0, at);
  const fields = parseFields(payload);
  if (fields === null || !isEqualConstantTime(await sign(secret, payload), token.slice(at + 1))) return null;
  const { originHash, ...rest } = fields;
  return {
    ...rest,
    isFor: async (origin) => origin === null || originHash === NO_ORIGIN || originHash === (await hashOrigin(origin)),
  };
}

function parseFields(payload: string): (Omit<VisitorToken, "isFor"> & { originHash: string }) | null {
  const [version, conversationId, ...rest] = payload.split(".");
  const [sessionId, generation, originHash, ...more] = version === FIRST_VERSION ? [null, ...rest] : rest;
  const isKnown = version === VERSION || version === FIRST_VERSION;
  if (!isKnown || conversationId === undefined || sessionId === undefined || generation === undefined) return null;
  if (generation === null || originHash === undefined || originHash === null || more.length > 0) return null;
  return { conversationId, sessionId, generation: Number(generation), originHash };
}

/**
 * The conversation that a browser's first `clientId` begins: found again without a lookup, and nothing about the
 * `clientId`, which is that browser's secret, can be read from it.
 *
 * @param at epoch ms, from the clientId itself, so that a repeat gives the same id
 */
export async function deriveConversationId(
  secret: string,
  input: { purpose: string; clientId: string; at: number },
): Promise<string> {
  return uuidV7(input.at, await hmacSha256(secret, input.purpose, input.clientId));
}

async function sign(secret: string, payload: string): Promise<string> {
  return toBase64Url(await hmacSha256(secret, PURPOSE, payload));
}

async function hashOrigin(origin: string | null): Promise<string> {
  return origin === null ? NO_ORIGIN : (await sha256Hex(origin)).slice(0, ORIGIN_HASH_LENGTH);
}
