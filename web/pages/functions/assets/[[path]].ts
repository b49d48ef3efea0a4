/**
 * Pages answers a missing file with the inbox's page, and under this path with the word that it may be kept for good: a
 * cache that asks during a deploy would have a page instead of the file for a year (T24). All files here are code.
 */
interface Serving {
  request: Request;
  env: { ASSETS: { fetch: (request: Request) => Promise<Response> } };
}

const MISSING = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

export async function onRequest({ request, env }: Serving): Promise<Response> {
  // Without conditions: *not modified* would not tell whether it is the file or the page that has not changed.
  const file = await env.ASSETS.fetch(new Request(request.url, { method: request.method }));
  const isFile = file.status === 200 && file.headers.get("Content-Type")?.startsWith("text/html") !== true;
  return isFile ? file : new Response("There is no such file.\n", { status: 404, headers: MISSING });
}
