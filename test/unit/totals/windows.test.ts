import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  PARTS_PER_WINDOW,
  decideRefund,
  decideTake,
  tallyEndsAt,
  usedOf,
  type Take,
  type TakeAnswer,
  type Tallies,
} from "../../../durable-objects/totals/windows.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = 1_800_000_000_000;
const none: Tallies = new Map();

/** What became of each, one after the other. */
function run(steps: readonly { at: number; takes: readonly Take[] }[], from: Tallies = none) {
  let tallies = from;
  const answers: TakeAnswer[] = [];
  for (const { at, takes } of steps) {
    const { answer, changed } = decideTake(tallies, takes, at);
    tallies = new Map([...tallies, ...changed]);
    answers.push(answer);
  }
  return { tallies, answers };
}

const once = (key: string, max: number, windowMs = MINUTE): Take => ({ key, limits: [{ windowMs, max }] });

describe("[T21] what is counted", () => {
  test("as many as are allowed, then none, until the first ones have left the window", () => {
    const take = [once("a", 3)];
    const { answers } = run([0, 10, 20, 30].map((ms) => ({ at: START + ms, takes: take })));
    const retryAt = START + MINUTE + MINUTE / PARTS_PER_WINDOW;
    expect(answers.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, false]);
    expect(answers.at(-1)).toEqual({ isAllowed: false, key: "a", windowMs: MINUTE, retryAt });
  });

  test("all or nothing: what is refused for one key is counted under none", () => {
    const { answers, tallies } = run([
      { at: START, takes: [once("full", 1)] },
      { at: START, takes: [once("free", 9), once("full", 1)] },
    ]);
    expect(answers.map(({ isAllowed }) => isAllowed)).toEqual([true, false]);
    expect(tallies.has("free")).toBe(false);
  });

  test("several windows of one key, and one key asked for twice, count together", () => {
    const limits = [
      { windowMs: MINUTE, max: 2 },
      { windowMs: DAY, max: 3 },
    ];
    const take: Take = { key: "a", limits };
    const { answers } = run([
      { at: START, takes: [take, take] },
      { at: START + 2 * MINUTE, takes: [take, take] },
      { at: START + 2 * MINUTE, takes: [take] },
      { at: START + 4 * MINUTE, takes: [take] },
    ]);
    expect(answers.map(({ isAllowed }) => isAllowed)).toEqual([true, false, true, false]);
    expect(answers[3]).toMatchObject({ windowMs: DAY });
  });

  test("a cost that is more than ever allowed is refused for a whole window", () => {
    const { answers } = run([{ at: START, takes: [{ ...once("a", 10), cost: 11 }] }]);
    expect(answers).toEqual([{ isAllowed: false, key: "a", windowMs: MINUTE, retryAt: START + MINUTE }]);
  });

  test("what is given back can be taken again, and only that", () => {
    const take = { ...once("a", 10), cost: 10 };
    const { tallies } = run([{ at: START, takes: [take] }]);
    const after = decideRefund(tallies, [{ ...take, cost: 4 }], START);
    expect(usedOf(after.get("a") ?? [], MINUTE, START)).toBe(6);
    expect(run([{ at: START + 1, takes: [{ ...take, cost: 4 }] }], after).answers[0]?.isAllowed).toBe(true);
    expect(run([{ at: START + 1, takes: [{ ...take, cost: 5 }] }], after).answers[0]?.isAllowed).toBe(false);
    expect(decideRefund(none, [take], START).size).toBe(0);
  });

  test("a tally ends when nothing of it counts", () => {
    const { tallies } = run([{ at: START, takes: [once("a", 9, DAY), once("a", 9)] }]);
    const tally = tallies.get("a") ?? [];
    expect(usedOf(tally, DAY, tallyEndsAt(tally) - 1)).toBe(1);
    expect(usedOf(tally, DAY, tallyEndsAt(tally))).toBe(0);
  });

  test("no row grows: as many parts as fit into its windows", () => {
    const steps = Array.from({ length: 500 }, (_, n) => ({ at: START + n * 1_234, takes: [once("a", 1_000_000)] }));
    const parts = run(steps).tallies.get("a")?.[0]?.[1] ?? [];
    expect(parts.length).toBeLessThanOrEqual(PARTS_PER_WINDOW + 1);
  });
});

describe("[T21] against a list of all that was taken", () => {
  const take = fc.record({ gapMs: fc.nat(20_000), cost: fc.integer({ min: 1, max: 5 }), key: fc.constantFrom("a", "b") });
  const max = 10;

  test("no window, wherever it begins, holds more than its limit", () => {
    fc.assert(
      fc.property(fc.array(take, { maxLength: 80 }), (takes) => {
        let at = START;
        const steps = takes.map(({ gapMs, cost, key }) => ({ at: (at += gapMs), takes: [{ ...once(key, max), cost }] }));
        const { answers } = run(steps);
        const taken = steps.flatMap((step, n) =>
          answers[n]?.isAllowed === true ? step.takes.map((one) => ({ ...one, at: step.at })) : [],
        );
        for (const last of taken) {
          const within = taken.filter((one) => one.key === last.key && one.at <= last.at && one.at > last.at - MINUTE);
          expect(within.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  test("nothing is refused that would fit into a window that is longer by one part, and it may come at retryAt", () => {
    fc.assert(
      fc.property(fc.array(take, { maxLength: 80 }), (takes) => {
        let at = START;
        let tallies: Tallies = none;
        const taken: { at: number; key: string; cost: number }[] = [];
        for (const { gapMs, cost, key } of takes) {
          at += gapMs;
          const asked = [{ ...once(key, max), cost }];
          const { answer, changed } = decideTake(tallies, asked, at);
          const longer = at - MINUTE * (1 + 1 / PARTS_PER_WINDOW);
          const used = taken.filter((one) => one.key === key && one.at > longer).reduce((sum, one) => sum + one.cost, 0);
          if (answer.isAllowed) {
            taken.push({ at, key, cost });
            tallies = new Map([...tallies, ...changed]);
          } else {
            expect(used + cost).toBeGreaterThan(max);
            expect(decideTake(tallies, asked, answer.retryAt).answer.isAllowed).toBe(true);
            expect(decideTake(tallies, asked, answer.retryAt - 1).answer.isAllowed).toBe(false);
          }
        }
      }),
    );
  });
});
