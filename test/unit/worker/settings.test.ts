import * as v from "valibot";
import { expect, test } from "vitest";
import { settingsPatchSchema, settingsSchema } from "../../../worker/domain/settings.ts";

test("nothing at all is a whole set of settings, which parses to itself", () => {
  const settings = v.parse(settingsSchema, {});
  expect(v.parse(settingsSchema, settings)).toEqual(settings);
  expect(settings.hours.days.map(({ day }) => day)).toEqual([1, 2, 3, 4, 5]);
});

test.each(["UTC", "Europe/Madrid", "America/Argentina/Buenos_Aires"])("%s is a time zone", (timeZone) => {
  expect(v.parse(settingsSchema, { hours: { timeZone } }).hours.timeZone).toBe(timeZone);
});

test.each([
  { hours: { timeZone: "Mars/Olympus" } },
  { hours: { timeZone: "" } },
  { hours: { days: [{ day: 0, from: 0, to: 1 }] } },
  { hours: { days: [{ day: 1, from: -1, to: 1 }] } },
  { hours: { days: [{ day: 1, from: 0, to: 1441 }] } },
  { widget: { colour: "#12345" } },
  { widget: { colour: "#12345g" } },
  { widget: { allowedOrigins: ["*"] } },
  { widget: { allowedOrigins: ["https://shop.example/path"] } },
  { widget: { allowedOrigins: ["javascript:alert(1)"] } },
  { widget: { confirmPage: "javascript:alert(1)" } },
  { widget: { confirmPage: "https://shop.example/#chat" } },
  { widget: { confirmPage: "/chat" } },
  { mail: { undoSeconds: 1.5 } },
  { mail: { signature: "x".repeat(2_001) } },
  { company: " " },
  { company: "x".repeat(101) },
])("%j are no settings", (value) => {
  expect(v.safeParse(settingsSchema, value).success).toBe(false);
});

test.each([
  ["", ""],
  [" security@acme.example ", "mailto:security@acme.example"],
  ["MAILTO:Security+web@b\u00fccher.example", "mailto:Security+web@xn--bcher-kva.example"],
  ["https://acme.example/Security?a=\u00e9", "https://acme.example/Security?a=%C3%A9"],
])("[T15] %j is where a vulnerability is reported: %j", (contact, stored) => {
  expect(v.parse(settingsSchema, { security: { contact } }).security.contact).toBe(stored);
});

test.each([
  "http://acme.example/",
  "javascript:alert(1)",
  "security",
  "mailto:a b@acme.example",
  "mailto:a@acme.example?subject=x",
  "mailto:a%0d@acme.example",
  "https://ana:secret@acme.example/",
  "https://",
  `https://acme.example/${"x".repeat(300)}`,
])("[T15] %j is not", (contact) => {
  expect(v.safeParse(settingsSchema, { security: { contact } }).success).toBe(false);
});

test("[T15] a contact has no line of its own: what breaks lines is written otherwise, or refused", () => {
  for (const contact of ["https://acme.example/\r\nExpires: 2000", "a@acme.example\r\nContact: mailto:b@evil.example"]) {
    const parsed = v.safeParse(settingsSchema, { security: { contact } });
    expect(parsed.success ? parsed.output.security.contact : "").not.toMatch(/[\r\n]/);
  }
});

test("a change names what it names", () => {
  expect(v.parse(settingsPatchSchema, { mail: { locale: "es" }, unknown: 1 })).toEqual({ mail: { locale: "es" } });
  expect(v.safeParse(settingsPatchSchema, { company: "" }).success).toBe(false);
});
