/**
 * The property: on no history does a product show, send or keep from anybody what the model does not. A test of a product is
 * `expect(await compareDriver({ make: () => new …Driver(), runs, seed })).toBeNull()`.
 */
import { asyncProperty, check } from "fast-check";
import type { Action } from "../model.ts";
import type { ProofDriver } from "./driver.ts";
import { NO_HABITS, type Habits } from "./habits.ts";
import { histories } from "./histories.ts";
import { differenceStory, Play, type Difference } from "./play.ts";

/** Steps of a history after its beginning, at most. */
const LENGTH = 16;

export interface Comparison {
  /** A product in which nothing has happened; one for each history. */
  make: () => ProofDriver | Promise<ProofDriver>;
  runs: number;
  seed: number;
  /** What this product does not have. */
  without?: readonly Action["do"][];
  /** What it does otherwise on purpose, where it shows no more by that. */
  habits?: Habits;
  /** The first difference as it was found: a shorter one takes time. */
  isFirstEnough?: boolean;
}

/** The shortest history with a difference that was found, as a story, or null. */
export async function compareDriver({
  make,
  runs,
  seed,
  without = [],
  habits = NO_HABITS,
  isFirstEnough = false,
}: Comparison): Promise<string | null> {
  const found: Difference[] = [];
  const property = asyncProperty(histories(LENGTH, without), async (history) => {
    const difference = await new Play(await make(), habits).run(history);
    // Whoever shortens tries on from what still differs, so the last one is the shortest.
    if (difference !== null) found.push(difference);
    return difference === null;
  });
  await check(property, { numRuns: runs, seed, endOnFailure: isFirstEnough });
  const last = found.at(-1);
  return last === undefined ? null : differenceStory(last);
}
