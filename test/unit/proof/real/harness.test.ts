/** The comparison of the product with the model is tried on the model itself: kept rules agree, broken ones are told. */
import { asyncProperty, assert, check } from "fast-check";
import { describe, expect, test } from "vitest";
import { ALL_KEPT, breaking, RULES, type Kept, type Rule } from "../rules.ts";
import { histories, type History } from "./histories.ts";
import { ModelDriver } from "./model-driver.ts";
import { differenceStory, Play } from "./play.ts";

const LENGTH = 16;
const RUNS = 400;
const RUNS_TO_FIND = 10_000;
const SEED = 20_261_127;
const TIMEOUT_MS = 300_000;

async function differenceOf(history: History, kept: Kept): Promise<string | null> {
  const difference = await new Play(new ModelDriver(kept)).run(history);
  return difference === null ? null : differenceStory(difference);
}

/** What a widget's line says and what an agent is asked are no part of the comparison. */
const NOT_COMPARED: readonly Rule[] = [
  "lineIsConstant",
  "lineNamesWhatWasGiven",
  "chatIsWarned",
  "warningEndsWithMail",
  "warningEndsWithLevel",
  "warningIsForOneSession",
  "movedMailsWarn",
  "linksAreWarned",
];

const compared = (Object.keys(RULES) as Rule[]).filter((rule) => !NOT_COMPARED.includes(rule));

describe("the comparison", () => {
  test(
    "[A16] finds nothing where the rules are kept",
    async () => {
      const property = asyncProperty(histories(LENGTH), async (history) => {
        expect(await differenceOf(history, ALL_KEPT)).toBeNull();
      });
      await assert(property, { numRuns: RUNS, seed: SEED });
    },
    TIMEOUT_MS,
  );

  test.each(compared)(
    "[A16] finds a driver without: %s",
    async (rule) => {
      const property = asyncProperty(
        histories(LENGTH),
        async (history) => (await differenceOf(history, breaking(rule))) === null,
      );
      const { failed, counterexample } = await check(property, { numRuns: RUNS_TO_FIND, seed: SEED, endOnFailure: true });
      expect(failed).toBe(true);
      expect(counterexample).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
