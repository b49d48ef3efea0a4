/** Bodies, queries and path parts: parsed once, at the edge, by the schema that also documents them. */
import type { Context } from "hono";
import * as v from "valibot";
import { uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import { AppError } from "./problems.ts";

/** Bytes of a JSON body. */
const BODY_BYTES_MAX = 256 * 1024;

/** @throws AppError bad_request, too_large or invalid */
export async function readBody<const S extends v.GenericSchema>(c: Context, schema: S): Promise<v.InferOutput<S>> {
  const text = await readText(c.req.raw, BODY_BYTES_MAX);
  let json: unknown;
  try {
    json = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new AppError("bad_request", "The body must be JSON.");
  }
  return parse(schema, json);
}

export function readQuery<const S extends v.GenericSchema>(c: Context, schema: S): v.InferOutput<S> {
  return parse(schema, c.req.query());
}

/** @throws AppError not_found: an id that is none names nothing */
export function readId(c: Context, name: string): string {
  const parsed = v.safeParse(uuidSchema, c.req.param(name)?.toLowerCase());
  if (!parsed.success) throw new AppError("not_found");
  return parsed.output;
}

export function readSeq(c: Context): number {
  const seq = Number(c.req.param("seq"));
  if (!Number.isSafeInteger(seq) || seq < 1) throw new AppError("not_found");
  return seq;
}

export function parse<const S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const details = parsed.issues.slice(0, 5).map((issue) => `${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
  throw new AppError("invalid", details.join("; "));
}

/** Reads at most `max` bytes. @throws AppError too_large before the rest is read */
export async function readText(request: Request, max: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(request, max));
}

/** Null where its sender did not say: it is read to its end, or to its limit. */
export function declaredLength(request: Request): number | null {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  return Number.isSafeInteger(declared) && declared >= 0 ? declared : null;
}

export async function readBytes(request: Request, max: number): Promise<Uint8Array> {
  if ((declaredLength(request) ?? 0) > max) throw new AppError("too_large", `At most ${max} bytes.`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    const bytes: Uint8Array = chunk;
    size += bytes.byteLength;
    if (size > max) throw new AppError("too_large", `At most ${max} bytes.`);
    chunks.push(bytes);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
