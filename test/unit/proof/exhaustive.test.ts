/** Every order of events within some steps: no rule of proof leaves a way to what is another's. */
import { env } from "node:process";
import { describe, expect, test } from "vitest";
import { ALPHABET } from "./alphabet.ts";
import { searchPairs } from "./pairs.ts";
import { ALL_KEPT } from "./rules.ts";
import { CONFIRMED, FIRST, SCENES } from "./scenes.ts";
import { search, type Finding } from "./search.ts";
import { storyOf } from "./story.ts";

/** `PROOF_DEEPER=1` goes one step further everywhere, some seven times as many worlds; `-1` is for who has only seconds. */
const DEEPER = Number(env["PROOF_DEEPER"] ?? 0);
const MANY = 8 ** Math.min(0, DEEPER);
const DEPTH = 7 + DEEPER;
const SCENE_DEPTH = 5 + DEEPER;
const PAIR_DEPTH = 5 + DEEPER;
const TIMEOUT_MS = 600_000;

/** Completing changes what is told and nothing else: where two worlds are compared it belongs, else not. */
const ALPHABET_OF_MAILS = ALPHABET.filter((action) => action.do !== "complete");
/** Whoever is blocked sees it. */
const ALPHABET_OF_PAIRS = ALPHABET.filter((action) => action.do !== "block");
/** What changes where a session stands that is confirmed, or what is for it, is told to it. */
const TOLD_WHEN_CONFIRMED = new Set(["block", "merge", "move", "part", "end-level", "bounce"]);

function told(finding: Finding | null): string | null {
  return finding === null ? null : storyOf(finding);
}

function say(what: string, startedAt: number, { steps, worlds }: { steps: number; worlds: number }): void {
  const seconds = (performance.now() - startedAt) / 1_000;
  console.info(`${what}: ${worlds} worlds, ${steps} steps, ${Math.round(steps / seconds)} a second`);
}

describe("every order of events", () => {
  test(
    `[A16][T2][T4] within ${DEPTH} steps of two first messages nothing is sent to whom it is not for`,
    () => {
      const startedAt = performance.now();
      const report = search({ beginnings: [FIRST], alphabet: ALPHABET_OF_MAILS, depth: DEPTH, kept: ALL_KEPT });
      say(`${DEPTH} steps from the first messages`, startedAt, report);
      expect(told(report.finding)).toBeNull();
      // Names that change places are one world, so this many are all different.
      expect(report.worlds).toBeGreaterThan(70_000 * MANY);
    },
    TIMEOUT_MS,
  );

  test.each(Object.entries(SCENES))(
    `[A16][T2][T4] within ${SCENE_DEPTH} steps after: %s`,
    (name, beginning) => {
      const startedAt = performance.now();
      const report = search({ beginnings: [beginning], alphabet: ALPHABET_OF_MAILS, depth: SCENE_DEPTH, kept: ALL_KEPT });
      say(`${SCENE_DEPTH} steps after “${name}”`, startedAt, report);
      expect(told(report.finding)).toBeNull();
      expect(report.worlds).toBeGreaterThan(5_000 * MANY);
    },
    TIMEOUT_MS,
  );
});

describe("two worlds that differ in what is not for a session", () => {
  test(
    `[A16] look the same to it within ${PAIR_DEPTH} steps, while it is not confirmed`,
    () => {
      const startedAt = performance.now();
      const request = { name: "A", alphabet: ALPHABET_OF_PAIRS, kept: ALL_KEPT } as const;
      const report = searchPairs({ ...request, beginning: FIRST, depth: PAIR_DEPTH });
      say(`${PAIR_DEPTH} steps of two worlds`, startedAt, { worlds: report.pairs, steps: report.steps });
      expect(told(report.finding)).toBeNull();
      expect(report.pairs).toBeGreaterThan(40_000 * MANY);
    },
    TIMEOUT_MS,
  );

  test(
    `[A16] look the same to it within ${PAIR_DEPTH} steps once it is confirmed, but for what is for that address`,
    () => {
      const alphabet = ALPHABET.filter((action) => !TOLD_WHEN_CONFIRMED.has(action.do));
      const report = searchPairs({ name: "A", beginning: CONFIRMED, alphabet, depth: PAIR_DEPTH, kept: ALL_KEPT });
      expect(told(report.finding)).toBeNull();
      expect(report.pairs).toBeGreaterThan(5_000 * MANY);
    },
    TIMEOUT_MS,
  );
});
