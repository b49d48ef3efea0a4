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
  { mail: { undoSeconds: 1.5 } },
  { mail: { signature: "x".repeat(2_001) } },
  { company: " " },
  { company: "x".repeat(101) },
])("%j are no settings", (value) => {
  expect(v.safeParse(settingsSchema, value).success).toBe(false);
});

test("a change names what it names", () => {
  expect(v.parse(settingsPatchSchema, { mail: { locale: "es" }, unknown: 1 })).toEqual({ mail: { locale: "es" } });
  expect(v.safeParse(settingsPatchSchema, { company: "" }).success).toBe(false);
});
