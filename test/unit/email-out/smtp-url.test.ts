import { expect, it } from "vitest";
import { isLoopback, parseSmtpUrl } from "../../../worker/email/smtp-url.ts";

it.each([
  ["smtp://localhost", { hostname: "localhost", port: 587, security: "opportunistic", credentials: null }],
  ["smtp://127.0.0.1:1025", { hostname: "127.0.0.1", port: 1025, security: "opportunistic", credentials: null }],
  [
    "smtp+starttls://ana%40shop.example:p%3Aw@mail.example",
    { hostname: "mail.example", port: 587, security: "starttls", credentials: { username: "ana@shop.example", password: "p:w" } },
  ],
  [
    "smtps://u@mail.example",
    { hostname: "mail.example", port: 465, security: "tls", credentials: { username: "u", password: "" } },
  ],
  ["smtps://[::1]:4650", { hostname: "::1", port: 4650, security: "tls", credentials: null }],
])("reads %s", (url, config) => {
  expect(parseSmtpUrl(url)).toEqual({ kind: "ok", config });
});

it.each(["", "mail.example:25", "http://mail.example", "smtp://", "smtp://u:%0d%0aDATA@mail.example", "smtp://%zz@mail.example"])(
  "refuses %j without repeating it",
  (url) => {
    const result = parseSmtpUrl(url);
    if (result.kind === "ok") throw new Error("accepted");
    expect(result.reason).toMatch(/SMTP_URL/);
    expect(result.reason).not.toContain("mail.example");
  },
);

it("knows loopback hosts", () => {
  expect(["localhost", "127.0.0.1", "127.9.9.9", "::1"].every(isLoopback)).toBe(true);
  expect(["127.evil.example", "10.0.0.1", "localhost.example"].some(isLoopback)).toBe(false);
});
