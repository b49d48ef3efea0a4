import { createEventHook } from "@vueuse/core";
import type { Problem } from "../../../worker/domain/api-shapes.ts";

/** A request that failed: what the server said (problem+json), or that it could not be reached. */
export class ApiError extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  /** The server's code, or `offline`, or `unreadable`. */
  readonly code: string;
  /** Names the failure in the server's log; shown to the agent. */
  readonly id: string | null;

  constructor(problem: { status: number; code: string; detail: string; id?: string | undefined }) {
    super(problem.detail);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.id = problem.id ?? null;
  }
}

const signedOut = createEventHook<void>();
/** Told when an answer says that nobody is signed in, whatever was asked for. */
export const onSignedOut = signedOut.on;

type Query = Record<string, string | number | undefined>;

interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query | undefined;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
}

/** `path` with the parameters that have a value. */
export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const search = params.toString();
  return search === "" ? path : `${path}?${search}`;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value && "status" in value;
}

/** The error in an answer that is no success; the sign-in routes answer `{message, code}` instead of a problem. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const id = response.headers.get("x-request-id") ?? undefined;
  if (isProblem(body)) return new ApiError({ ...body, status: response.status, id: body.id ?? id });
  const detail = typeof body === "object" && body !== null && "message" in body ? String(body.message) : response.statusText;
  return new ApiError({ status: response.status, code: "unreadable", detail, id });
}

async function fetchOrFail(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError({ status: 0, code: "offline", detail: "The server could not be reached." });
  }
}

/**
 * Calls the API of this deployment and answers its JSON (undefined for 204).
 * Throws {@link ApiError}; an aborted request throws what `fetch` throws.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const hasBody = options.body !== undefined;
  const response = await fetchOrFail(withQuery(path, options.query), {
    method: options.method ?? "GET",
    credentials: "same-origin",
    headers: { accept: "application/json", ...(hasBody ? { "content-type": "application/json" } : {}), ...options.headers },
    ...(hasBody ? { body: JSON.stringify(options.body) } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return readAnswer<T>(response);
}

/** Uploads one file as the body; the name travels percent-encoded, because headers are Latin-1. */
export async function uploadFile<T>(path: string, file: File, signal: AbortSignal): Promise<T> {
  const response = await fetchOrFail(path, {
    method: "POST",
    credentials: "same-origin",
    signal,
    headers: { "content-type": file.type || "application/octet-stream", "x-filename": encodeURIComponent(file.name) },
    body: file,
  });
  return readAnswer<T>(response);
}

async function readAnswer<T>(response: Response): Promise<T> {
  if (!response.ok) {
    const error = await errorOf(response);
    if (error.code === "not_signed_in") void signedOut.trigger();
    throw error;
  }
  if (response.status === 204 || response.status === 202) return JSON.parse("null");
  return response.json();
}
