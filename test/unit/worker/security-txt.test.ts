import { expect, test } from "vitest";
import { formatSecurityTxt } from "../../../worker/domain/security-txt.ts";

const NOW = Date.parse("2026-11-28T15:30:00Z");
const input = { contact: "mailto:security@acme.example", origin: "https://inbox.acme.example" };

test("security.txt names whom to tell, and for how long that is so (RFC 9116)", () => {
  expect(formatSecurityTxt({ ...input, now: NOW })).toBe(
    [
      "Contact: mailto:security@acme.example",
      "Expires: 2027-05-27T00:00:00.000Z",
      "Preferred-Languages: en, es",
      "Canonical: https://inbox.acme.example/.well-known/security.txt",
      "",
    ].join("\n"),
  );
});

test("it is the same all day, and never good for more than a year", () => {
  const at = (time: string) => formatSecurityTxt({ ...input, now: Date.parse(time) });
  expect(at("2026-11-28T00:00:00Z")).toBe(at("2026-11-28T23:59:59Z"));
  expect(at("2026-11-28T00:00:00Z")).not.toBe(at("2026-11-29T00:00:00Z"));
  const expiresAt = Date.parse(/Expires: (.*)/.exec(at("2026-11-28T00:00:00Z"))?.[1] ?? "");
  expect(expiresAt - NOW).toBeLessThan(365 * 86_400_000);
});
