import { expect, it } from "vitest";
import * as v from "valibot";
import { isOpen } from "../../../worker/domain/hours.ts";
import { hoursSettingsSchema } from "../../../worker/domain/settings.ts";

const WEEK = v.parse(hoursSettingsSchema, { isAlwaysOpen: false, timeZone: "Europe/Madrid" });

it.each([
  ["Monday 8:59 in Madrid", "2026-11-23T07:59:00Z", false],
  ["Monday 9:00 in Madrid", "2026-11-23T08:00:00Z", true],
  ["Monday 17:59 in Madrid", "2026-11-23T16:59:00Z", true],
  ["Monday 18:00 in Madrid", "2026-11-23T17:00:00Z", false],
  ["Sunday noon", "2026-11-22T11:00:00Z", false],
  ["a Monday in summer, 9:00 in Madrid", "2026-07-06T07:00:00Z", true],
])("%s", (_, at, expected) => {
  expect(isOpen(WEEK, Date.parse(at))).toBe(expected);
});

it("is always open where the settings say so, and takes an unknown zone for UTC", () => {
  const midnight = Date.parse("2026-11-22T00:00:00Z");
  expect(isOpen({ ...WEEK, isAlwaysOpen: true }, midnight)).toBe(true);
  expect(isOpen({ ...WEEK, timeZone: "Moon/Base" }, Date.parse("2026-11-23T09:00:00Z"))).toBe(true);
  expect(isOpen({ ...WEEK, timeZone: "Moon/Base" }, Date.parse("2026-11-23T08:59:00Z"))).toBe(false);
});
