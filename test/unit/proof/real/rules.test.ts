/**
 * The rules of the product on the histories of the model. Left out: live links and merging, which the product does not have.
 * `PROOF_RUNS` and `PROOF_SEED` choose other histories; `PROOF_FIRST=1` tells the first difference as it was found.
 */
import { env } from "node:process";
import { expect, test } from "vitest";
import { compareDriver } from "./compare-driver.ts";
import { PLANTED_LEAKS } from "./planted-leaks.ts";
import { RulesDriver } from "./rules-driver.ts";
import { RULES_HABITS } from "./rules-habits.ts";

const RUNS = Number(env["PROOF_RUNS"] ?? 1_000);
const RUNS_TO_FIND = 10_000;
const SEED = 20_261_128;
const TIMEOUT_MS = 300_000;

const compared = { seed: SEED, without: ["open-link", "merge"], habits: RULES_HABITS } as const;

test(
  "[A16] no history shows or sends anybody more than the model does",
  async () => {
    const seed = Number(env["PROOF_SEED"] ?? SEED);
    const isFirstEnough = env["PROOF_FIRST"] === "1";
    expect(await compareDriver({ ...compared, make: () => new RulesDriver(), runs: RUNS, seed, isFirstEnough })).toBeNull();
  },
  TIMEOUT_MS,
);

test.each(Object.entries(PLANTED_LEAKS))(
  "[A16] finds a product in which %s",
  async (_, { rules, told }) => {
    const make = () => new RulesDriver(rules);
    const story = await compareDriver({ ...compared, make, runs: RUNS_TO_FIND, isFirstEnough: true });
    expect(story?.split("\n").at(-1)).toMatch(told);
  },
  TIMEOUT_MS,
);
