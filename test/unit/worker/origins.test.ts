import { expect, test } from "vitest";
import { isAllowedOrigin } from "../../../worker/domain/origins.ts";

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
