/**
 * Asks the counting object (T21) before something is done that a stranger could multiply. Keys are hashed with the
 * deployment's secret before they leave: no address is stored, and none can be guessed from what is.
 */
import { waitUntil } from "cloudflare:workers";
import type { TotalsObject } from "../durable-objects/totals/totals-object.ts";
import type { Limit, TakeAnswer, TotalsRequest, Used } from "../durable-objects/totals/windows.ts";
import { hmacSha256, toBase64Url } from "./auth/hmac.ts";
import { describeError } from "./domain/error-text.ts";
import { configOf, type Env } from "./env.ts";

/**
 * What is to be counted. The first word of `key` names the object that counts it (`chats:client:192.0.2.1`): what is asked
 * for together is counted together, so all keys of one call begin with the same word.
 */
export type { TotalsRequest };

export type TotalsAnswer =
  | { isAllowed: true; isSilent: boolean; takenAt: number }
  | { isAllowed: false; isSilent: boolean; key: string; windowMs: number; retryAt: number };

type Refused = Extract<TakeAnswer, { isAllowed: false }>;

export interface TakeOptions {
  /** When nothing is heard in time: chat goes on (`allow`), codes and automatic mails wait (`refuse`). */
  onSilence: "allow" | "refuse";
  /** Ms; the deployment's unless said. With 0 it is counted, and nobody waits for the answer. */
  waitMs?: number;
}

/** Ms after which somebody who was refused for silence may ask again. */
const SILENCE_RETRY_MS = 5_000;
const PURPOSE = "totals";
/** Characters of a hash: 120 bits. */
const HASH_LENGTH = 20;

/** Counts all of it, or nothing. Never throws for an object that is away. */
export async function takeTotals(
  env: Env,
  requests: readonly TotalsRequest[],
  { onSilence, waitMs = configOf(env).TOTALS_WAIT_MS }: TakeOptions,
): Promise<TotalsAnswer> {
  const asked = await hashed(env, requests);
  const known = findRefusal(asked, Date.now());
  const answer = known ?? (await inTime(take(stubFor(env, asked), asked), waitMs));
  if (answer !== null && answer.isAllowed) return { ...answer, isSilent: false };
  if (answer !== null) return { ...answer, isSilent: false, key: keyOf(requests, asked, answer.key) };
  const now = Date.now();
  if (onSilence === "allow") return { isAllowed: true, isSilent: true, takenAt: now };
  const [first] = requests;
  const named = { key: first?.key ?? "", windowMs: first?.limits[0]?.windowMs ?? 0 };
  return { isAllowed: false, isSilent: true, ...named, retryAt: now + SILENCE_RETRY_MS };
}

/** As if it had not been taken; forgotten where the object is away. @param takenAt as the answer said */
export async function refundTotals(env: Env, requests: readonly TotalsRequest[], takenAt: number): Promise<void> {
  const asked = await hashed(env, requests);
  const refunded = Promise.resolve(stubFor(env, asked).refund(asked, takenAt)).then(() => true);
  await inTime(refunded, configOf(env).TOTALS_WAIT_MS);
}

/** What counts now, in the order of keys and limits; null where the object is away. */
export async function peekTotals(env: Env, requests: readonly TotalsRequest[]): Promise<Used[] | null> {
  const asked = await hashed(env, requests);
  const used = await inTime(Promise.resolve(stubFor(env, asked).peek(asked)), configOf(env).TOTALS_WAIT_MS);
  return used?.map((one) => ({ ...one, key: keyOf(requests, asked, one.key) })) ?? null;
}

/** Remembers a refusal also where it comes too late to count: what is far away limits one request later. */
async function take(stub: DurableObjectStub<TotalsObject>, asked: readonly TotalsRequest[]): Promise<TakeAnswer> {
  const answer = await stub.take(asked);
  if (!answer.isAllowed) rememberRefusal(answer, asked, Date.now());
  return answer;
}

/** Null where the time is up, or where it failed. */
async function inTime<T>(work: Promise<T>, waitMs: number): Promise<T | null> {
  let timer: number | null = null;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), waitMs);
  });
  const safe = work.catch((error: unknown) => {
    console.error(JSON.stringify({ level: "error", event: "totals_failed", ...describeError(error) }));
    return null;
  });
  try {
    return await Promise.race([safe, late]);
  } finally {
    clearTimeout(timer);
    waitUntil(safe);
  }
}

/** @throws Error where the requests belong to different objects: they could not be counted in one transaction */
function stubFor(env: Env, asked: readonly TotalsRequest[]): DurableObjectStub<TotalsObject> {
  const [name, ...others] = new Set(asked.map(({ key }) => key.split(":", 1)[0]));
  if (name === undefined || others.length > 0) throw new Error("totals of different kinds are not taken at once");
  const hint = configOf(env).LOCATION_HINT;
  return env.TOTALS.get(env.TOTALS.idFromName(name), hint === undefined ? {} : { locationHint: hint });
}

async function hashed(env: Env, requests: readonly TotalsRequest[]): Promise<TotalsRequest[]> {
  return Promise.all(requests.map(async (request) => ({ ...request, key: await hashKey(env, request.key) })));
}

/** A name for a client that is no address, for what keeps it (a socket's attachment). */
export async function nameClient(env: Env, client: string): Promise<string> {
  return toBase64Url(await hmacSha256(configOf(env).APP_SECRET, PURPOSE, `client ${client}`)).slice(0, HASH_LENGTH);
}

/** The first word stays readable. */
async function hashKey(env: Env, key: string): Promise<string> {
  const [name] = key.split(":", 1);
  return `${name}:${toBase64Url(await hmacSha256(configOf(env).APP_SECRET, PURPOSE, key)).slice(0, HASH_LENGTH)}`;
}

function keyOf(requests: readonly TotalsRequest[], asked: readonly TotalsRequest[], key: string): string {
  return requests[asked.findIndex((one) => one.key === key)]?.key ?? key;
}

// Refusals that this isolate knows of: a flood that is refused is not passed on to the object, which would drown in it.

interface Refusal {
  limit: Limit;
  cost: number;
  retryAt: number;
  forgottenAt: number;
}

/** Ms for which a refusal is remembered; what was given back in the meantime counts that much later. */
const REFUSAL_MS = 5_000;
const REFUSALS_MAX = 1_000;
const refusals = new Map<string, Refusal>();

/** For tests, whose deployments begin anew in one isolate. */
export function forgetRefusals(): void {
  refusals.clear();
}

function rememberRefusal({ key, windowMs, retryAt }: Refused, asked: readonly TotalsRequest[], now: number): void {
  const limit = asked.find((one) => one.key === key)?.limits.find((one) => one.windowMs === windowMs);
  if (limit === undefined) return;
  if (refusals.size >= REFUSALS_MAX) refusals.clear();
  refusals.set(key, { limit, retryAt, cost: costOf(asked, key), forgottenAt: Math.min(retryAt, now + REFUSAL_MS) });
}

function findRefusal(asked: readonly TotalsRequest[], now: number): Refused | null {
  for (const { key, limits } of asked) {
    const known = refusals.get(key);
    if (known === undefined) continue;
    const { limit, cost, retryAt, forgottenAt } = known;
    if (forgottenAt <= now) refusals.delete(key);
    // A larger limit for the same key, or a smaller cost, may still be allowed.
    else if (costOf(asked, key) >= cost && limits.some(({ windowMs, max }) => windowMs === limit.windowMs && max <= limit.max))
      return { isAllowed: false, key, windowMs: limit.windowMs, retryAt };
  }
  return null;
}

/** Of all requests with this key. */
function costOf(asked: readonly TotalsRequest[], key: string): number {
  return asked.reduce((sum, request) => sum + (request.key === key ? (request.cost ?? 1) : 0), 0);
}
