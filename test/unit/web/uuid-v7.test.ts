/** [A3] What is written in one millisecond keeps its order: unsent messages are sorted by their ids. */
import { afterEach, expect, test, vi } from "vitest";
import { newUuid } from "../../../web/shared/uuid-v7.ts";

afterEach(() => vi.useRealTimers());

test("[A3] ids of one millisecond sort in the order of their making", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
  const ids = Array.from({ length: 200 }, newUuid);
  expect(ids.toSorted()).toEqual(ids);
});

test("[A3] a clock that is put back is followed, and one that hesitates is not", () => {
  const at = (now: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now });
    return Number.parseInt(newUuid().replaceAll("-", "").slice(0, 12), 16);
  };
  expect([at(1_900_000_000_000), at(1_899_999_999_990), at(1_800_000_000_000)]).toEqual([
    1_900_000_000_000, 1_900_000_000_001, 1_800_000_000_000,
  ]);
});
