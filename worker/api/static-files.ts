/** The inbox's files, and its page for every address that is one of its screens (T24). */
import { Hono } from "hono";
import { INBOX_HEADERS } from "../domain/security-headers.ts";
import { isLoopback } from "../env.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { AppError } from "./problems.ts";

/** Screens are named without a dot; these have doors of their own, or are files. */
const NO_SCREEN = /^\/(?:api|widget|email|files|pictures|demo|assets|\.well-known)(?:\/|$)|\.[^/]*$/;

export const staticFiles = new Hono<AppEnv>()
  .get("/demo", (c) => serveDemo(c))
  .get("/demo/*", (c) => serveDemo(c))
  .get("*", async (c) => {
    const file = await c.env.ASSETS.fetch(c.req.raw);
    if (file.status !== 404) return asPage(file);
    const url = new URL(c.req.url);
    // A file that is missing must not be answered with a page: caches would keep that under the file's name.
    if (NO_SCREEN.test(url.pathname)) throw new AppError("not_found", "There is no such file.");
    return asPage(await c.env.ASSETS.fetch(new Request(new URL("/", url), c.req.raw)));
  });

/** A page has the inbox's policy, also where Cloudflare should not have read `_headers` for it. */
function asPage(file: Response): Response {
  if (file.headers.get("content-type")?.startsWith("text/html") !== true) return file;
  const headers = new Headers(file.headers);
  for (const [name, value] of Object.entries(INBOX_HEADERS)) headers.set(name, value);
  return new Response(file.body, { status: file.status, headers });
}

/** The example site belongs to `npm start`: its files are not deployed, and no other host is answered with them. */
async function serveDemo(c: AppContext): Promise<Response> {
  const file = isLoopback(new URL(c.req.url)) ? await c.env.ASSETS.fetch(c.req.raw) : null;
  if (file === null || file.status === 404) throw new AppError("not_found");
  return file;
}
