import { expect, test } from "vitest";
import { makeSchedule } from "../../../tools/faults/schedule.ts";

const MINUTES_30_MS = 30 * 60_000;

test("the same seed gives the same faults, another seed others", () => {
  expect(makeSchedule(7, 60_000)).toEqual(makeSchedule(7, 60_000));
  expect(makeSchedule(7, 60_000)).not.toEqual(makeSchedule(8, 60_000));
});

test("half an hour has at least 100 kills and 1,000 times at which connections are cut", () => {
  const kinds = makeSchedule(1, MINUTES_30_MS).map(({ fault }) => fault.kind);
  expect(kinds.filter((kind) => kind === "kill").length).toBeGreaterThanOrEqual(100);
  expect(kinds.filter((kind) => kind === "cut").length).toBeGreaterThanOrEqual(1_000);
});
