/**
 * Pictures that mails show from other servers. Agents' browsers ask nobody but Hilo: on an agent's click the inbox has the
 * addresses signed, and the Worker fetches each picture, so that its server learns neither who looks nor from where.
 * See docs/decisions/2026-11-28-mail-images.md.
 */
import { Hono } from "hono";
import * as v from "valibot";
import { hmacSha256, isEqualConstantTime, toBase64Url } from "../auth/hmac.ts";
import { detectType, isInlineType } from "../domain/files.ts";
import { parseOutsideAddress } from "../domain/outside-address.ts";
import { pictureLinksBodySchema, pictureLinksSchema } from "../domain/picture-shapes.ts";
import { configOf, hasRateLimits, isLoopback } from "../env.ts";
import { takesOfPicture } from "../limits.ts";
import { clientKey, ownOrigins, type AppContext, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody } from "./input.ts";
import { limitRequest } from "./limit.ts";
import { AppError, onError } from "./problems.ts";

/** Ms for which a signed address works: as long as somebody looks at the mail that was just opened. */
const LINK_MS = 10 * 60 * 1_000;
const PURPOSE = "picture-link";
/** Bytes of one picture, as it is after decompression. */
const PICTURE_BYTES_MAX = 5 * 1024 * 1024;
/** Bytes that tell what a picture is. */
const HEAD_BYTES = 16;
const FETCH_TIMEOUT_MS = 10_000;
const REDIRECTS_MAX = 3;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

const querySchema = v.object({ url: v.string(), expires: v.string(), signature: v.string() });

/** `POST /api/pictures`, for agents. */
export const pictureLinksApi = new Hono<AppEnv>().post(
  "/",
  describe({
    summary: "Sign the addresses of a mail's pictures, in their order; null for one that Hilo does not fetch",
    body: pictureLinksBodySchema,
    response: pictureLinksSchema,
  }),
  async (c) => {
    const { urls } = await readBody(c, pictureLinksBodySchema);
    await limitSigning(c);
    const expiresAt = Date.now() + LINK_MS;
    const { origin } = new URL(c.req.url);
    const secret = configOf(c.env).APP_SECRET;
    const links = urls.map(async (url) => {
      if (parseOutsideAddress(url, limitsOf(c)) === null) return null;
      const query = new URLSearchParams({ url, expires: String(expiresAt), signature: await sign(secret, url, expiresAt) });
      return `${origin}/pictures?${query.toString()}`;
    });
    return c.json({ links: await Promise.all(links) });
  },
);

/** `GET /pictures`: without a cookie, which the mail's frame does not have. */
export const picturesApp = new Hono<AppEnv>()
  .get("/pictures", describe({ summary: "A picture of another server, by a signed address", query: querySchema }), async (c) => {
    const { url = "", expires = "", signature = "" } = c.req.query();
    const expiresAt = Number(expires);
    const isOurs = isEqualConstantTime(signature, await sign(configOf(c.env).APP_SECRET, url, expiresAt));
    if (!(expiresAt > Date.now()) || !isOurs) throw new AppError("not_found", "This address has expired.");
    await limitRequest(c, takesOfPicture(clientKey(c.req.raw)));
    const response = await fetchPicture(c, url).catch(() => null);
    const picture = response === null ? null : await readPicture(response);
    if (picture === null) throw new AppError("not_found", "There is no picture.");
    return new Response(picture.body, { headers: pictureHeaders(picture.type) });
  })
  .onError(onError);

function sign(secret: string, url: string, expiresAt: number): Promise<string> {
  return hmacSha256(secret, PURPOSE, `${expiresAt}.${url}`).then(toBase64Url);
}

async function limitSigning(c: AppContext): Promise<void> {
  if (!hasRateLimits(c.env, new URL(c.req.url))) return;
  if (!(await c.env.UPLOAD_LIMIT.limit({ key: `pictures:${c.get("agent").id}` })).success)
    throw new AppError("too_many_requests", "Too many pictures in a minute.");
}

function limitsOf(c: AppContext) {
  const ownHosts = ownOrigins(c.env, c.req.raw).map((origin) => new URL(origin).host);
  return { ownHosts, isLoopbackAllowed: isLoopback(new URL(c.req.url)) };
}

/** Follows redirects itself: each address must be one that Hilo may fetch. Null where one is not, or the last is missing. */
async function fetchPicture(c: AppContext, start: string): Promise<Response | null> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const headers = { accept: "image/png, image/jpeg, image/gif, image/webp", "user-agent": "Hilo" };
  let address = start;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    const url = parseOutsideAddress(address, limitsOf(c));
    if (url === null) return null;
    const response = await fetch(url, { redirect: "manual", headers, signal });
    const location = REDIRECT_STATUSES.includes(response.status) ? response.headers.get("location") : null;
    if (location === null && response.ok) return response;
    await response.body?.cancel();
    if (location === null || !URL.canParse(location, url.href)) return null;
    address = new URL(location, url.href).href;
  }
  return null;
}

interface Picture {
  type: string;
  body: ReadableStream<Uint8Array>;
}

/** What it is its bytes say, never the server; it is passed on as it comes, and cut where it gets too large. */
async function readPicture(response: Response): Promise<Picture | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return null;
  const head: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    head.push(value);
    size += value.byteLength;
  }
  const type = detectType(new Uint8Array(await new Blob(head).slice(0, HEAD_BYTES).arrayBuffer()), "");
  if (!isInlineType(type)) {
    await reader.cancel();
    return null;
  }
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => head.forEach((chunk) => controller.enqueue(chunk)),
    pull: async (controller) => {
      const { done, value } = await reader.read();
      size += value?.byteLength ?? 0;
      if (!done && size <= PICTURE_BYTES_MAX) return controller.enqueue(value);
      controller.close();
      return reader.cancel();
    },
    cancel: () => reader.cancel(),
  });
  return { type, body };
}

function pictureHeaders(type: string): HeadersInit {
  return {
    "content-type": type,
    "content-disposition": "inline",
    "content-security-policy": "default-src 'none'; sandbox",
    // The frame of a mail has no origin, so to browsers it is another site.
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": `private, max-age=${LINK_MS / 1_000}`,
  };
}
