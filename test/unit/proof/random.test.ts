/** Longer ways than any search reaches, by seed; a failure names its seed and tells its way. */
import { env } from "node:process";
import { describe, expect, test } from "vitest";
import { walk } from "./random.ts";
import { ALL_KEPT, breaking, type Rule } from "./rules.ts";
import { shorten, type Finding } from "./search.ts";
import { storyOf } from "./story.ts";

const WALKS = Number(env["PROOF_WALKS"] ?? 12_000);
const FIRST_SEED = Number(env["PROOF_SEED"] ?? 1);
const TIMEOUT_MS = 600_000;

/** Found late by a search, or only from a scene. */
const FAR: Rule[] = ["oneAddressAtATime", "automaticProvesNothing", "wideningIsForTheSameAddress", "laterSessionsMakeNoPlace"];
const WALKS_TO_FIND = 3_000;

function firstFinding(walks: number, kept: typeof ALL_KEPT): { seed: number; finding: Finding } | null {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + walks; seed += 1) {
    const finding = walk(seed, kept);
    if (finding !== null) return { seed, finding };
  }
  return null;
}

describe("walks of sixteen steps", () => {
  test(
    `[A16][T2][T4] ${WALKS} of them, half from the first messages and half from scenes, end well`,
    () => {
      const found = firstFinding(WALKS, ALL_KEPT);
      // Two worlds that are compared cannot be shortened by the rule for one.
      const finding = found === null || found.finding.invariant === "I6" ? found?.finding : shorten(found.finding, ALL_KEPT);
      expect(found === null ? null : `seed ${found.seed}\n${finding === undefined ? "" : storyOf(finding)}`).toBeNull();
    },
    TIMEOUT_MS,
  );

  test.each(FAR)(
    "find what is far away: %s",
    (rule) => {
      expect(firstFinding(WALKS_TO_FIND, breaking(rule))).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
