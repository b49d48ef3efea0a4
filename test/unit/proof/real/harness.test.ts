/** The comparison of the product with the model is tried on the model itself: kept rules agree, broken ones are told. */
import { describe, expect, test } from "vitest";
import { ALL_KEPT, breaking, RULES, type Rule } from "../rules.ts";
import { compareDriver } from "./compare-driver.ts";
import { ModelDriver } from "./model-driver.ts";

const RUNS = 400;
const RUNS_TO_FIND = 10_000;
const SEED = 20_261_127;
const TIMEOUT_MS = 300_000;

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
      expect(await compareDriver({ make: () => new ModelDriver(ALL_KEPT), runs: RUNS, seed: SEED })).toBeNull();
    },
    TIMEOUT_MS,
  );

  test(
    "[A16] tells a difference as the shortest story that it finds",
    async () => {
      const make = () => new ModelDriver(breaking("replyIsForItsAddresses"));
      const without = ["move", "merge", "open-link", "form", "part", "bounce"] as const;
      expect(await compareDriver({ make, runs: RUNS, seed: SEED, without })).toBe(
        `word-1: A types vera@ in the widget
word-2: an agent who sees vera@ answers chat 1 by mail
word-3: the mail that waits in chat 1 leaves
→ A is shown word-2, which is not for it.`,
      );
    },
    TIMEOUT_MS,
  );

  test.each(compared)(
    "[A16] finds a driver without: %s",
    async (rule) => {
      const make = () => new ModelDriver(breaking(rule));
      expect(await compareDriver({ make, runs: RUNS_TO_FIND, seed: SEED, isFirstEnough: true })).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
