/** What a search leaves out as the same must be the same. */
import { describe, expect, test } from "vitest";
import { canonicalOf, keyOf } from "./canonical.ts";
import type { Action } from "./model.ts";
import { wayOf } from "./random.ts";
import { ALL_KEPT } from "./rules.ts";
import { replay } from "./search.ts";

const WAYS = 400;

const PARTNERS: ReadonlyMap<string, string> = new Map([
  ["A", "B"],
  ["B", "A"],
  ["chat 1", "chat 2"],
  ["chat 2", "chat 1"],
]);
const ADDRESS_PARTNERS: ReadonlyMap<string, string> = new Map([
  ["vera@", "eve@"],
  ["eve@", "vera@"],
  ["mails of vera@", "mails of eve@"],
  ["mails of eve@", "mails of vera@"],
  ["form of vera@", "form of eve@"],
  ["form of eve@", "form of vera@"],
]);

/** The same way, gone by others. */
function renamed(actions: readonly Action[], partners: ReadonlyMap<string, string>): Action[] {
  const swap = (_key: string, value: unknown) => (typeof value === "string" ? (partners.get(value) ?? value) : value);
  return JSON.parse(JSON.stringify(actions, swap)) as Action[];
}

describe("two worlds that differ by names alone", () => {
  test.each([
    ["sessions", PARTNERS],
    ["addresses", ADDRESS_PARTNERS],
  ])("[A16] are one: %s", (_what, partners) => {
    let different = 0;
    for (let seed = 1; seed <= WAYS; seed += 1) {
      const actions = wayOf(seed, ALL_KEPT);
      const world = replay(actions, ALL_KEPT);
      const other = replay(renamed(actions, partners), ALL_KEPT);
      expect(canonicalOf(other)).toBe(canonicalOf(world));
      if (keyOf(other) !== keyOf(world)) different += 1;
    }
    // Without the names taken away most of them are two.
    expect(different).toBeGreaterThan(WAYS / 2);
  });

  test("[A16] every step of a way makes another world", () => {
    for (let seed = 1; seed <= WAYS; seed += 1) {
      const actions = wayOf(seed, ALL_KEPT);
      const before = replay(actions.slice(0, -1), ALL_KEPT);
      const after = replay(actions, ALL_KEPT);
      // A second message like the first is the same message.
      const isSame = JSON.stringify(after) === JSON.stringify(before);
      expect(keyOf(after) === keyOf(before)).toBe(isSame);
    }
  });
});
