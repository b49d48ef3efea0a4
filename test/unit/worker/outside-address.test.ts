import { describe, expect, test } from "vitest";
import { parseOutsideAddress } from "../../../worker/domain/outside-address.ts";

const ownHosts = ["inbox.acme.example"];
const read = (text: string, isLoopbackAllowed = false) =>
  parseOutsideAddress(text, { ownHosts, isLoopbackAllowed })?.href ?? null;

describe("[T24] addresses of pictures that Hilo fetches", () => {
  test.each(["https://cdn.shop.example/a/b.png?x=1", "http://cdn.shop.example/a.gif", "https://bücher.example/ä.png"])(
    "%s",
    (url) => expect(read(url)).toBe(new URL(url).href),
  );

  test.each([
    ["another scheme", "ftp://cdn.shop.example/a.png"],
    ["data", "data:image/png;base64,AAAA"],
    ["a file", "file:///etc/passwd"],
    ["a script", "javascript:alert(1)"],
    ["no address", "cdn.shop.example/a.png"],
    ["a name and password", "https://ana:secret@cdn.shop.example/"],
    ["a port of its own", "https://cdn.shop.example:8443/a.png"],
    ["a number", "http://93.184.216.34/a.png"],
    ["this machine", "http://127.0.0.1/a.png"],
    ["this machine in other numbers", "http://0x7f.1/"],
    ["this machine as one number", "http://2130706433/"],
    ["this machine, new style", "http://[::1]/"],
    ["this machine, new style and mapped", "http://[::ffff:7f00:1]/"],
    ["where clouds keep their secrets", "http://169.254.169.254/latest/meta-data/"],
    ["a name without a dot", "http://printer/"],
    ["this machine by its name", "http://localhost:8787/"],
    ["this machine by its name and a dot", "http://api.localhost./"],
    ["an inner network", "http://db.internal/"],
    ["a home network", "http://nas.local/"],
    ["this deployment", "https://inbox.acme.example/api/me"],
    ["too long", `https://cdn.shop.example/${"a".repeat(4_000)}`],
  ])("not %s", (_name, url) => expect(read(url)).toBeNull());

  test("of this machine only where the deployment is on it", () => {
    expect(read("http://127.0.0.1:9000/a.gif", true)).toBe("http://127.0.0.1:9000/a.gif");
    expect(read("http://localhost:9000/a.gif", true)).toBe("http://localhost:9000/a.gif");
    expect(read("http://192.168.0.1/a.gif", true)).toBeNull();
  });
});
