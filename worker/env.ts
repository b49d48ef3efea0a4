/** The Worker's bindings, and its configuration parsed once per isolate. */
import * as v from "valibot";
import type { ConversationObject } from "../durable-objects/conversation/conversation-object.ts";
import type { InboxObject } from "../durable-objects/inbox/inbox-object.ts";
import type { TotalsObject } from "../durable-objects/totals/totals-object.ts";
import { ConfigError } from "./domain/config-error.ts";

export interface Env {
  ASSETS: Fetcher;
  CONVERSATION: DurableObjectNamespace<ConversationObject>;
  INBOX: DurableObjectNamespace<InboxObject>;
  TOTALS: DurableObjectNamespace<TotalsObject>;
  DB: D1Database;
  MAIL: R2Bucket;
  EMAIL: SendEmail;
  CREATE_LIMIT: RateLimit;
  SIGN_IN_LIMIT: RateLimit;
  UPLOAD_LIMIT: RateLimit;
  APP_SECRET?: string;
  APP_SECRET_OLDER?: string;
  INBOUND_MAIL_SECRET?: string;
  SETUP_TOKEN?: string;
  MAIL_TRANSPORT?: string;
  SMTP_URL?: string;
  PUBLIC_URL?: string;
  INBOX_SHARDS?: string;
  RATE_LIMITS?: string;
  TOTALS_WAIT_MS?: string;
  LOCATION_HINT?: string;
}

const secret = v.pipe(v.string(), v.minLength(32, "must have at least 32 characters; `openssl rand -hex 32` makes one"));
const optionalText = v.optional(v.pipe(v.string(), v.trim()), "");

/** Where Cloudflare can be asked to keep an object. */
const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

const configSchema = v.object({
  /** Signs visitor tokens, reply addresses, file links and sessions. */
  APP_SECRET: secret,
  /** The former secret, still read after a rotation. */
  APP_SECRET_OLDER: v.optional(secret),
  INBOUND_MAIL_SECRET: optionalText,
  SETUP_TOKEN: optionalText,
  MAIL_TRANSPORT: v.optional(v.picklist(["smtp", "cloudflare"]), "cloudflare"),
  SMTP_URL: optionalText,
  PUBLIC_URL: v.optional(v.union([v.literal(""), v.pipe(v.string(), v.url())]), ""),
  INBOX_SHARDS: v.optional(v.pipe(v.string(), v.regex(/^\d{1,2}$/), v.transform(Number), v.minValue(1), v.maxValue(64)), "1"),
  RATE_LIMITS: v.optional(v.picklist(["on", "off"]), "on"),
  /** Ms that a request waits for the totals before it goes on without them. */
  TOTALS_WAIT_MS: v.optional(v.pipe(v.string(), v.regex(/^\d{1,5}$/), v.transform(Number)), "200"),
  LOCATION_HINT: v.optional(v.picklist(LOCATION_HINTS)),
});

export type Config = v.InferOutput<typeof configSchema>;

const parsed = new WeakMap<Env, Config>();

/** @throws ConfigError naming the first setting that is missing or wrong */
export function configOf(env: Env): Config {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const result = v.safeParse(configSchema, env);
  if (!result.success) {
    const issue = result.issues[0];
    throw new ConfigError(
      `${v.getDotPath(issue) ?? "configuration"}: ${issue.received === "undefined" ? "is missing" : issue.message}`,
    );
  }
  parsed.set(env, result.output);
  return result.output;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/** The same where no request says where Hilo is: mails come by another door. */
export function hasMailLimits(env: Env): boolean {
  const { RATE_LIMITS, PUBLIC_URL } = configOf(env);
  return !(RATE_LIMITS === "off" && PUBLIC_URL !== "" && isLoopback(new URL(PUBLIC_URL)));
}

/** `RATE_LIMITS=off` is for load tests on one's own machine and refused elsewhere. */
export function hasRateLimits(env: Env, url: URL): boolean {
  return !(configOf(env).RATE_LIMITS === "off" && isLoopback(url));
}
