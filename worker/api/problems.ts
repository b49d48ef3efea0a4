/** Errors that cross the HTTP boundary: one class, one table, one place that maps them (RFC 9457). */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { describeError } from "../domain/error-text.ts";
import { uuidV7 } from "../domain/uuid.ts";
import type { Problem } from "../domain/api-shapes.ts";
import { ConfigError } from "../domain/config-error.ts";

const PROBLEMS = {
  bad_request: [400, "The request cannot be read"],
  invalid_token: [400, "This link does not work, or not any more"],
  not_signed_in: [401, "You are not signed in"],
  wrong_sign_in: [401, "The email or the password is wrong"],
  bad_secret: [401, "The secret is wrong"],
  not_allowed: [403, "You may not do this"],
  bad_origin: [403, "This request comes from another site"],
  bad_setup_token: [403, "The setup token is wrong"],
  no_setup_token: [403, "This deployment has no setup token"],
  wrong_password: [403, "The password is wrong"],
  password_needed: [403, "This asks for your password"],
  confirm_by_mail: [403, "This sign-in must be confirmed by mail"],
  not_found: [404, "There is no such thing"],
  bad_link: [404, "This link does not work, or not any more"],
  method_not_allowed: [405, "This cannot be done to it"],
  already_done: [409, "This is done already"],
  taken: [409, "This is taken"],
  already_joined: [409, "They have joined already"],
  own_address: [409, "This is an address of ours"],
  newer_reply: [409, "Another agent has replied in the meantime"],
  too_late: [409, "It is too late for this"],
  address_changed: [409, "Replies go to another address now"],
  conflict: [409, "This does not fit the present state"],
  expired: [410, "This is over"],
  too_large: [413, "This is too large"],
  bad_type: [415, "This type is not accepted"],
  invalid: [422, "Something in the request is not valid"],
  wrong_code: [422, "This is not the code"],
  no_address: [422, "There is no address to write to"],
  bad_copies: [422, "Cc or Bcc cannot be used like this"],
  unknown_attachment: [422, "A file is unknown or belongs elsewhere"],
  empty: [422, "There is nothing to send"],
  common_password: [422, "This password is one of the commonest"],
  personal_password: [422, "This password can be guessed"],
  too_many_requests: [429, "Too many requests"],
  too_many_wrong_passwords: [429, "Too many wrong passwords"],
  internal: [500, "Something went wrong"],
  misconfigured: [500, "Hilo is not configured"],
  no_mail: [503, "Mail cannot be sent from here"],
  unavailable: [503, "This cannot be reached now"],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ProblemCode;
  /** Epoch ms from which the same may succeed; null where nobody knows. */
  readonly retryAt: number | null;
  /** Further fields of the answer. */
  readonly fields: Readonly<Record<string, number>>;

  /** @param detail what the caller can do about it; shown to people */
  constructor(
    code: ProblemCode,
    detail?: string,
    { retryAt = null, fields = {} }: { retryAt?: number | null; fields?: Readonly<Record<string, number>> } = {},
  ) {
    super(detail ?? PROBLEMS[code][1]);
    this.code = code;
    this.retryAt = retryAt;
    this.fields = fields;
  }
}

/** Any failure as problem+json, with an id that the log has too; nothing of a stack leaves the server. */
export function problemResponse(error: unknown, context: { request: Request; route: string }): Response {
  const { code, detail } = describe(error);
  const fields = error instanceof AppError ? error.fields : {};
  const [status, title] = PROBLEMS[code];
  const id = uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  const entry = {
    level: status >= 500 ? "error" : "info",
    event: "problem",
    id,
    status,
    code,
    method: context.request.method,
    route: context.route,
  };
  if (status >= 500) console.error(JSON.stringify({ ...entry, ...describeError(error) }));
  else console.log(JSON.stringify(entry));
  const problem: Problem = { type: "about:blank", title, status, detail, code, id };
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (status === 405) headers["allow"] = "GET";
  if (status === 429) headers["retry-after"] = String(retryAfterSeconds(error, Date.now()));
  return new Response(JSON.stringify({ ...problem, ...fields }), { status, headers });
}

/** What the platform's own limits count by, and wrong passwords. */
const RETRY_AFTER_SECONDS = 60;
const WRONG_PASSWORDS_SECONDS = 3_600;

function retryAfterSeconds(error: unknown, now: number): number {
  if (!(error instanceof AppError)) return RETRY_AFTER_SECONDS;
  if (error.code === "too_many_wrong_passwords") return WRONG_PASSWORDS_SECONDS;
  return error.retryAt === null ? RETRY_AFTER_SECONDS : Math.max(1, Math.ceil((error.retryAt - now) / 1_000));
}

function describe(error: unknown): { code: ProblemCode; detail: string } {
  if (error instanceof AppError) return { code: error.code, detail: error.message };
  if (error instanceof ConfigError) return { code: "misconfigured", detail: error.message };
  if (error instanceof HTTPException) return { code: error.status === 413 ? "too_large" : "bad_request", detail: error.message };
  if (isD1Failure(error))
    return { code: "unavailable", detail: "The database cannot be reached now. Nothing was changed; try again." };
  return { code: "internal", detail: "The error was logged under its id." };
}

function isD1Failure(error: unknown): boolean {
  return (
    error instanceof Error &&
    /D1_ERROR|D1_EXEC_ERROR/.test(`${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`) &&
    !/constraint|syntax/i.test(error.message)
  );
}

export function onError(error: Error, c: Context): Response {
  return problemResponse(error, { request: c.req.raw, route: routePath(c) });
}
