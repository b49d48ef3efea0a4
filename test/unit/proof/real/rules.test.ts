/**
 * The rules of the product on the histories of the model. Left out: live links and merging, which the product does not have.
 */
import { expect, test } from "vitest";
import { compareDriver } from "./compare-driver.ts";
import { RulesDriver } from "./rules-driver.ts";
import { RULES_HABITS } from "./rules-habits.ts";

const RUNS = Number(process.env["PROOF_RUNS"] ?? 1_000);
const SEED = Number(process.env["PROOF_SEED"] ?? 20_261_128);
const TIMEOUT_MS = 300_000;

test(
  "[A16] no history shows or sends anybody more than the model does",
  async () => {
    const make = () => new RulesDriver();
    const without = ["open-link", "merge"] as const;
    expect(
      await compareDriver({
        make,
        runs: RUNS,
        seed: SEED,
        without,
        habits: RULES_HABITS,
        isFirstEnough: process.env["PROOF_FIRST"] === "1",
      }),
    ).toBeNull();
  },
  TIMEOUT_MS,
);
