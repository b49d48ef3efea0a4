/** [T24] Pictures of other servers: agents' browsers ask Hilo alone, and Hilo fetches nothing but pictures. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pictureLinksSchema } from "../../../worker/domain/picture-shapes.ts";
import { freshDeployment } from "../support/deployment.ts";
import { ORIGIN, call, fetchWorker, read, refused } from "../support/http.ts";

const GIF = Uint8Array.from(atob("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="), (char) => char.charCodeAt(0));
const URL_OF_GIF = "https://cdn.shop.example/a.gif?to=ana&n=1";
const TEN_MINUTES_MS = 10 * 60_000;

let key: string;
/** What other servers answer, by address, and what they were asked. */
let servers: Map<string, () => Response>;
let asked: { url: string; headers: Record<string, string>; redirect: string | undefined }[];

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  servers = new Map([[URL_OF_GIF, () => new Response(GIF, { headers: { "content-type": "text/html", "set-cookie": "a=b" } })]]);
  asked = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    asked.push({ url, headers: Object.fromEntries(new Headers(init?.headers)), redirect: init?.redirect });
    const answer = servers.get(url);
    if (answer === undefined) throw new Error("nobody is there");
    return answer();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const linksOf = async (urls: string[]) =>
  (await read(pictureLinksSchema, { key }, "POST /api/pictures", { body: { urls } })).links;

async function linkOf(url: string): Promise<string> {
  const [link] = await linksOf([url]);
  if (typeof link !== "string") throw new Error(`${url} was not signed`);
  return link.replace(ORIGIN, "");
}

const redirectTo = (location: string) => () => new Response(null, { status: 302, headers: { location } });

describe("[T24] a picture of another server", () => {
  test("is fetched by Hilo, which says nothing of who looks, and is what its bytes say", async () => {
    const response = await fetchWorker(null, `GET ${await linkOf(URL_OF_GIF)}`, {
      headers: { cookie: "hilo.session=secret", referer: `${ORIGIN}/conversations/1`, "user-agent": "Mozilla/5.0 (Ana)" },
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(GIF);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/gif",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "private, max-age=600",
    });
    expect(response.headers.has("set-cookie")).toBe(false);
    const headers = { accept: "image/png, image/jpeg, image/gif, image/webp", "user-agent": "Hilo" };
    expect(asked).toEqual([{ url: URL_OF_GIF, headers, redirect: "manual" }]);
  });

  test("needs an address that was signed, as it was signed, and not long ago", async () => {
    const link = await linkOf(URL_OF_GIF);
    for (const bad of [
      "/pictures",
      `/pictures?url=${encodeURIComponent(URL_OF_GIF)}`,
      link.replace("a.gif", "b.gif"),
      link.replace(/expires=\d+/, `expires=${Date.now() + 10 * TEN_MINUTES_MS}`),
      link.replace(/signature=(.)/, (_, first: string) => `signature=${first === "A" ? "B" : "A"}`),
    ])
      await refused(null, `GET ${bad}`, [404, "not_found"]);
    vi.useFakeTimers({ now: Date.now() + TEN_MINUTES_MS + 1, toFake: ["Date"] });
    await refused(null, `GET ${link}`, [404, "not_found"]);
    expect(asked).toEqual([]);
  });

  test("is not signed where Hilo does not fetch from, nor for nobody", async () => {
    expect(
      await linksOf(["http://127.0.0.1/a.gif", URL_OF_GIF, `${ORIGIN}/api/me`, "javascript:alert(1)", "http://nas.local/"]),
    ).toEqual([null, expect.stringContaining(`${ORIGIN}/pictures?`), null, null, null]);
    expect((await call(null, "POST /api/pictures", { body: { urls: [URL_OF_GIF] } })).status).toBe(401);
    await refused({ key }, "POST /api/pictures", [422, "invalid"], { body: { urls: Array(51).fill(URL_OF_GIF) } });
  });

  test("is looked for again where its server sends to, but not inside, not for ever", async () => {
    servers.set("https://a.example/1", redirectTo("/2"));
    servers.set("https://a.example/2", redirectTo(URL_OF_GIF));
    expect((await fetchWorker(null, `GET ${await linkOf("https://a.example/1")}`)).status).toBe(200);
    for (const inside of ["http://169.254.169.254/latest/", "http://127.0.0.1:8787/", `${ORIGIN}/api/me`, "file:///etc/passwd"]) {
      servers.set("https://b.example/", redirectTo(inside));
      await refused(null, `GET ${await linkOf("https://b.example/")}`, [404, "not_found"]);
      expect(asked.at(-1)?.url).toBe("https://b.example/");
    }
    asked = [];
    servers.set("https://c.example/", redirectTo("https://c.example/"));
    await refused(null, `GET ${await linkOf("https://c.example/")}`, [404, "not_found"]);
    expect(asked).toHaveLength(4);
  });

  test.each([
    ["a page", "<!doctype html><script>alert(1)</script>", "image/png"],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"],
    ["a PDF", "%PDF-1.7 and so on and so on", "image/png"],
    ["nothing", "", "image/png"],
  ])("is no picture where it is %s, whatever its server says", async (_name, body, type) => {
    servers.set(URL_OF_GIF, () => new Response(body, { headers: { "content-type": type } }));
    await refused(null, `GET ${await linkOf(URL_OF_GIF)}`, [404, "not_found"]);
  });

  test("that is missing, or whose server is away, is missing", async () => {
    servers.set(URL_OF_GIF, () => new Response(GIF, { status: 404 }));
    await refused(null, `GET ${await linkOf(URL_OF_GIF)}`, [404, "not_found"]);
    servers.delete(URL_OF_GIF);
    await refused(null, `GET ${await linkOf(URL_OF_GIF)}`, [404, "not_found"]);
  });

  test("[T19] is cut where it gets larger than a picture is, without having been held", async () => {
    const chunk = new Uint8Array(1024 * 1024);
    chunk.set(GIF);
    let sent = 0;
    servers.set(
      URL_OF_GIF,
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              sent += 1;
              controller.enqueue(chunk);
            },
          }),
        ),
    );
    const response = await fetchWorker(null, `GET ${await linkOf(URL_OF_GIF)}`);
    expect((await response.arrayBuffer()).byteLength).toBe(5 * chunk.byteLength);
    expect(sent).toBeLessThan(10);
  });
});
