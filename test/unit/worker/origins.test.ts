import { expect, test } from "vitest";
import { isAllowedOrigin, isNamedOrigin } from "../../../worker/domain/origins.ts";

const LIST = ["https://shop.example", "https://*.acme.test", "http://localhost:3000"];

test.each([
  "https://shop.example",
  "HTTPS://SHOP.EXAMPLE",
  "https://www.acme.test",
  "https://a.b.acme.test",
  "http://localhost:3000",
])("[T6] %s may embed the widget", (origin) => {
  expect(isAllowedOrigin(origin, LIST)).toBe(true);
});

test.each([
  "http://shop.example",
  "https://shop.example:8443",
  "https://shop.example.evil.test",
  "https://evilshop.example",
  "https://acme.test",
  "https://evilacme.test",
  "https://.acme.test",
  "http://www.acme.test",
  "http://localhost",
  "null",
  "",
])("[T6] %s may not", (origin) => {
  expect(isAllowedOrigin(origin, LIST)).toBe(false);
});

test("an empty list allows every site", () => {
  expect(isAllowedOrigin("https://anything.example", [])).toBe(true);
});

test.each<[string, string[], boolean]>([
  ["https://shop.example", LIST, true],
  ["https://SHOP.example", LIST, true],
  ["http://localhost:3000", LIST, true],
  ["http://127.0.0.1:8080", ["http://127.0.0.1:8080"], true],
  // It may embed the widget, and is named by nobody.
  ["https://www.acme.test", LIST, false],
  ["https://*.acme.test", LIST, false],
  ["https://anything.example", [], false],
  ["http://shop.example", ["http://shop.example"], false],
  ["http://localhost.evil.test", ["http://localhost.evil.test"], false],
  ["null", ["null"], false],
])("[T23] that mails may name %s where %j is allowed: %s", (origin, allowed, isNamed) => {
  expect(isNamedOrigin(origin, allowed)).toBe(isNamed);
});
