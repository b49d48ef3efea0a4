/** Calls the Worker from outside, as a client would, and reads what it answers. */
import "./bindings.ts";
import { env, exports } from "cloudflare:workers";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import * as v from "valibot";
import { expect } from "vitest";
import { problemSchema } from "../../../worker/domain/api-shapes.ts";
import type { Env } from "../../../worker/env.ts";
import worker from "../../../worker/index.ts";

/** Where the deployment under test is; not loopback, so limits and secure cookies are on. */
export const ORIGIN = "https://hilo.test";
/** A customer's site with the widget. */
export const SITE = "https://shop.example";

/** Who calls: an API key, a signed-in browser, a visitor's token or nobody. */
export type Caller = { key: string } | { cookie: string; origin?: string } | { token: string; origin?: string } | null;

export interface CallOptions {
  /** Sent as JSON; a string or bytes as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Bindings that differ from the configured ones. */
  bindings?: Partial<Env>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON, text for other types, null for an empty body. */
  body: unknown;
}

let callers = 0;

function headersOf(caller: Caller): Record<string, string> {
  if (caller === null) return {};
  if ("key" in caller) return { authorization: `Bearer ${caller.key}` };
  if ("cookie" in caller) return { cookie: caller.cookie, origin: caller.origin ?? ORIGIN };
  return { authorization: `Bearer ${caller.token}`, origin: caller.origin ?? SITE };
}

export function bodyOf(body: unknown): BodyInit | null {
  if (body === undefined || body === null) return null;
  return typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream ? body : JSON.stringify(body);
}

/** `route` is a method and a path: `GET /api/me`. */
export async function call(caller: Caller, route: string, options: CallOptions = {}): Promise<Answer> {
  const response = await fetchWorker(caller, route, options);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: text === "" ? null : isJson ? JSON.parse(text) : text };
}

/** An address of a /64 of its own, which is what a client is. */
export function clientAddress(n: number): string {
  return `2001:db8:${Math.floor(n / 0x10000).toString(16)}:${(n % 0x10000).toString(16)}::1`;
}

export async function fetchWorker(caller: Caller, route: string, options: CallOptions = {}): Promise<Response> {
  const [method = "GET", path = "/"] = route.split(" ");
  callers += 1;
  const request = new Request(new URL(path, ORIGIN), {
    method,
    headers: {
      // Every call is from another client, so that no test runs into the limits of another.
      "cf-connecting-ip": clientAddress(callers),
      ...headersOf(caller),
      ...options.headers,
    },
    body: bodyOf(options.body),
    redirect: "manual",
  });
  if (options.bindings === undefined) return exports.default.fetch(request);
  const ctx = createExecutionContext();
  const response = await worker.fetch(new Request(request), { ...env, ...options.bindings }, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

/** The statuses of answers that may come in any order, ascending. */
export function statusesOf(answers: readonly { status: number }[]): number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b);
}

/** The answer's body, which must have exactly the documented shape. */
export async function read<const S extends v.GenericSchema>(
  schema: S,
  caller: Caller,
  route: string,
  options: CallOptions & { status?: number } = {},
): Promise<v.InferOutput<S>> {
  const answer = await call(caller, route, options);
  expect([answer.status, answer.status === (options.status ?? 200) ? "" : answer.body]).toEqual([options.status ?? 200, ""]);
  return v.parse(schema, answer.body);
}

/** A refusal as `application/problem+json` with this status and code. @returns the whole problem */
export async function refused(
  caller: Caller,
  route: string,
  expected: [status: number, code: string],
  options: CallOptions = {},
): Promise<v.InferOutput<typeof problemSchema>> {
  const answer = await call(caller, route, options);
  const problem = v.safeParse(problemSchema, answer.body);
  expect(
    problem.success
      ? [answer.status, problem.output.code, answer.headers.get("content-type")]
      : [answer.status, answer.body, answer.headers.get("content-type")],
  ).toEqual([...expected, "application/problem+json"]);
  return v.parse(v.strictObject(problemSchema.entries), answer.body);
}
