/** Ways longer than any search reaches: what happens next is chosen by a seed. */
import { Random } from "../../../tools/faults/random.ts";
import { ALPHABET } from "./alphabet.ts";
import { violationOf } from "./invariants.ts";
import { apply, type Action, type Step } from "./model.ts";
import { applyToBoth, differenceOf, isConfirming, type Pair } from "./pairs.ts";
import type { Kept } from "./rules.ts";
import { FIRST, SCENES } from "./scenes.ts";
import { replay, type Finding } from "./search.ts";
import type { SessionName, World } from "./world.ts";

const WALK_STEPS_MAX = 16;

/** Most of what can be done cannot be done now: so many are tried before a walk ends early. */
const TRIES_MAX = 300;

/** How often each is tried. What ends much, or is needed once, seldom; what goes on with something begun, often. */
export const WEIGHTS: Readonly<Record<Action["do"], number>> = {
  write: 2,
  see: 1,
  "use-token": 6,
  "end-level": 1,
  "answer-by-chat": 3,
  "mail-unseen": 3,
  "give-address": 4,
  "ask-code": 4,
  "bring-secret": 5,
  mail: 4,
  form: 1,
  "answer-by-mail": 3,
  leave: 6,
  "take-back": 1,
  "try-again": 2,
  "replace-address": 2,
  part: 1,
  block: 1,
  bounce: 1,
  complete: 1,
  "open-link": 1,
  move: 1,
  merge: 1,
};

const KINDS: readonly (readonly Action[])[] = Object.entries(WEIGHTS).flatMap(([kind, weight]) => {
  const actions = ALPHABET.filter((action) => action.do === kind);
  return Array.from({ length: weight }, () => actions);
});
/** Half of the walks begin at the first message. */
const BEGINNINGS: readonly (readonly Action[])[] = Object.values(SCENES).flatMap((scene) => [FIRST, scene]);

/** Watches one session for what it may not be told, until it is confirmed. */
interface Watched {
  name: SessionName;
  pair: Pair;
}

/** The first thing that goes wrong on the way of a seed, or null. */
export function walk(seed: number, kept: Kept): Finding | null {
  const random = new Random(seed);
  const beginning = random.pick(BEGINNINGS);
  const actions = [...beginning];
  let world = replay(beginning, kept);
  let watched = watchedIn(world);
  for (let count = 0; count < WALK_STEPS_MAX; count += 1) {
    const next = chooseStep(world, random, kept);
    if (next === null) return null;
    const { action, step } = next;
    actions.push(action);
    const violation = violationOf({ ...step, before: world, action }, kept);
    if (violation !== null) return { ...violation, actions };
    ({ world } = step);
    watched = watched
      .filter(({ name }) => !isConfirming(name, action) && !endsWatching(action))
      .map((one) => follow(one, action, kept));
    for (const { name, pair } of watched) {
      const says = differenceOf(pair, name, kept);
      if (says !== null) return { invariant: "I6", says, actions };
    }
  }
  return null;
}

/** The way of a seed, all of it. */
export function wayOf(seed: number, kept: Kept): Action[] {
  const random = new Random(seed);
  const actions = [...random.pick(BEGINNINGS)];
  let world = replay(actions, kept);
  for (let count = 0; count < WALK_STEPS_MAX; count += 1) {
    const next = chooseStep(world, random, kept);
    if (next === null) return actions;
    actions.push(next.action);
    ({ world } = next.step);
  }
  return actions;
}

/** Who has not been confirmed: what they are shown from here on must not depend on what is not for them. */
function watchedIn(world: World): Watched[] {
  const names = (["A", "B"] as const).filter((name) => world.sessions[name].lastLevel === null);
  return names.map((name) => ({ name, pair: { whole: world, without: world } }));
}

function chooseStep(world: World, random: Random, kept: Kept): { action: Action; step: Step } | null {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const action = random.pick(random.pick(KINDS));
    const step = apply(world, action, kept);
    if (step !== null) return { action, step };
  }
  return null;
}

/** Whom an agent blocks is seen by those who are blocked. */
function endsWatching(action: Action): boolean {
  return action.do === "block";
}

function follow({ name, pair }: Watched, action: Action, kept: Kept): Watched {
  return { name, pair: applyToBoth(pair, name, action, kept) ?? pair };
}
