/** Files: uploaded with a checked sender, served by signed links that expire (T11). */
import { Hono } from "hono";
import type { TotalsRequest } from "../../durable-objects/totals/windows.ts";
import { hmacSha256, isEqualConstantTime, toBase64Url } from "../auth/hmac.ts";
import { findAttachment, insertAttachment } from "../db/attachments.ts";
import { openDatabase } from "../db/database.ts";
import type { AttachmentCreated, SignedUrl } from "../domain/api-shapes.ts";
import { ATTACHMENT_BYTES_MAX, cleanFileName, detectType, isInlineType } from "../domain/files.ts";
import { configOf, hasRateLimits, type Env } from "../env.ts";
import { clientKey, type AppContext, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBytes } from "./input.ts";
import { withinLimits } from "./limit.ts";
import { newId } from "./new-id.ts";
import { AppError, onError } from "./problems.ts";

/** Ms for which a link to a file works. */
const LINK_MS = 60 * 60 * 1_000;
const PURPOSE = "file-link";

interface UploadInput {
  /** `agent:<id>` or `visitor:<conversation>` */
  uploadedBy: string;
  conversationId: string | null;
  /** What it counts as (T10); nothing of an agent's. */
  counted: TotalsRequest[];
}

export async function storeUpload(c: AppContext, input: UploadInput): Promise<AttachmentCreated> {
  if (
    hasRateLimits(c.env, new URL(c.req.url)) &&
    !(await c.env.UPLOAD_LIMIT.limit({ key: `${input.uploadedBy}:${clientKey(c.req.raw)}` })).success
  )
    throw new AppError("too_many_requests", "Too many files in a minute.");
  return withinLimits(c, input.counted, () => storeFile(c, input));
}

async function storeFile(c: AppContext, { uploadedBy, conversationId }: UploadInput): Promise<AttachmentCreated> {
  const bytes = await readBytes(c.req.raw, ATTACHMENT_BYTES_MAX);
  if (bytes.byteLength === 0) throw new AppError("empty", "The file is empty.");
  const file = {
    id: newId(),
    name: cleanFileName(decodeName(c.req.header("x-filename"))),
    type: detectType(bytes.subarray(0, 16), c.req.header("content-type") ?? ""),
    size: bytes.byteLength,
  };
  const key = `attachments/${file.id}`;
  await c.env.MAIL.put(key, bytes).catch(() => {
    throw new AppError("unavailable", "Files cannot be stored now. Try again.");
  });
  const owned = { uploadedBy, conversationId, isClaimed: false };
  await insertAttachment(c.get("db"), { ...file, ...owned, key, createdAt: Date.now() });
  return file;
}

function decodeName(header: string | undefined): string {
  try {
    return decodeURIComponent(header ?? "file");
  } catch {
    return "file";
  }
}

/** @throws AppError not_found where the file is not of that conversation */
export async function signFileUrl(c: AppContext, input: { conversationId: string; attachmentId: string }): Promise<SignedUrl> {
  const row = await findAttachment(c.get("db"), input.attachmentId);
  if (row === null || row.conversationId !== input.conversationId)
    throw new AppError("not_found", "There is no such file in this conversation.");
  return createFileUrl(c.env, new URL(c.req.url).origin, { attachmentId: row.id, expiresAt: Date.now() + LINK_MS });
}

export async function createFileUrl(
  env: Env,
  origin: string,
  input: { attachmentId: string; expiresAt: number },
): Promise<SignedUrl> {
  const { attachmentId, expiresAt } = input;
  const signature = await sign(configOf(env).APP_SECRET, attachmentId, expiresAt);
  return { url: `${origin}/files/${attachmentId}?expires=${expiresAt}&signature=${signature}`, expiresAt };
}

async function sign(secret: string, attachmentId: string, expiresAt: number): Promise<string> {
  return toBase64Url(await hmacSha256(secret, PURPOSE, `${attachmentId}.${expiresAt}`));
}

/** Links in mails live for weeks: those that were signed with the secret before this one hold. */
async function isOurs(env: Env, link: { id: string; expiresAt: number; signature: string }): Promise<boolean> {
  const { APP_SECRET, APP_SECRET_OLDER } = configOf(env);
  const secrets = APP_SECRET_OLDER === undefined ? [APP_SECRET] : [APP_SECRET, APP_SECRET_OLDER];
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, link.id, link.expiresAt)));
  return signatures.some((signature) => isEqualConstantTime(link.signature, signature));
}

/** `GET /files/:id`: whoever holds a fresh link may fetch the file; nothing in it runs. */
export const filesApp = new Hono<AppEnv>()
  .get("/files/:id", describe({ summary: "A file, by a signed link that expires" }), async (c) => {
    const id = c.req.param("id");
    const expiresAt = Number(c.req.query("expires") ?? "0");
    const signature = c.req.query("signature") ?? "";
    if (!(expiresAt > Date.now()) || !(await isOurs(c.env, { id, expiresAt, signature })))
      throw new AppError("not_found", "This link has expired. Open the file from its conversation again.");
    const row = await findAttachment(openDatabase(c.env.DB), id);
    const object = row === null ? null : await c.env.MAIL.get(row.key);
    if (row === null || object === null) throw new AppError("not_found", "There is no such file.");
    return new Response(object.body, { headers: fileHeaders(row) });
  })
  .onError(onError);

function fileHeaders(file: { name: string; type: string; size: number }): HeadersInit {
  const disposition = isInlineType(file.type) ? "inline" : "attachment";
  return {
    "content-type": file.type,
    "content-length": String(file.size),
    "content-disposition": `${disposition}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "private, max-age=3600",
    "referrer-policy": "no-referrer",
  };
}
