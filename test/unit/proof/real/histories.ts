/** Histories, made by fast-check: numbers that choose what happens next among what can happen then, so that they shrink well. */
import { array, boolean, constant, constantFrom, nat, record, type Arbitrary } from "fast-check";
import { ALPHABET } from "../alphabet.ts";
import { apply, type Action } from "../model.ts";
import { WEIGHTS } from "../random.ts";
import { ALL_KEPT } from "../rules.ts";
import { FIRST, SCENES } from "../scenes.ts";
import { has, isAlive, type World } from "../world.ts";
import type { MailShape } from "./driver.ts";
import type { Habits } from "./habits.ts";

/** One step, not yet known: which kind and which of that kind depends on what can be done when it is taken. */
export interface Choice {
  kind: number;
  which: number;
  shape: MailShape;
}

export interface History {
  beginning: readonly Action[];
  choices: readonly Choice[];
  /** What is never done in it: what a product does not have, or has not yet. */
  without: readonly Action["do"][];
}

const CHOICE_MAX = 10_000;

const PLAIN_MAIL: MailShape = { automatic: null, hasForeignReplyTo: false, hasCopy: false, isQuoting: false };

/** How a mail of a scene is made. */
export const PLAIN: Choice = { kind: 0, which: 0, shape: PLAIN_MAIL };

const shape: Arbitrary<MailShape> = record({
  automatic: constantFrom("auto-submitted", "precedence", "out-of-office"),
  hasForeignReplyTo: boolean(),
  hasCopy: boolean(),
  isQuoting: boolean(),
});

const choice: Arbitrary<Choice> = record({ kind: nat(CHOICE_MAX), which: nat(CHOICE_MAX), shape });

/** @param length steps after the beginning, at most */
export function histories(length: number, without: readonly Action["do"][] = []): Arbitrary<History> {
  const scenes = Object.values(SCENES).filter((scene: readonly Action[]) => !scene.some((action) => without.includes(action.do)));
  const beginnings = scenes.flatMap((scene): (readonly Action[])[] => [FIRST, scene]);
  return record({
    beginning: constantFrom(...beginnings),
    choices: array(choice, { maxLength: length, size: "max" }),
    without: constant(without),
  });
}

/**
 * The step that is chosen in this world, or null where nothing can be done.
 *
 * @param product what it does not have, and what is tried with it beside what the model knows
 */
export function chosenIn(
  world: World,
  { kind, which }: Choice,
  { without, isTried }: Pick<History, "without"> & Pick<Habits, "isTried">,
): Action | null {
  const isPossible = (action: Action) =>
    apply(world, action, ALL_KEPT) !== null || isAttempt(world, action) || isTried(world, action);
  const possible = ALPHABET.filter((action) => !without.includes(action.do) && isPossible(action));
  const kinds = [...new Set(possible.map((action) => action.do))].flatMap((name) =>
    Array.from({ length: WEIGHTS[name] }, () => name),
  );
  const chosen = kinds[kind % Math.max(1, kinds.length)];
  const actions = possible.filter((action) => action.do === chosen);
  return actions[which % Math.max(1, actions.length)] ?? null;
}

/** What the rules refuse, and somebody would try: it must change nothing in the product either. */
function isAttempt(world: World, action: Action): boolean {
  switch (action.do) {
    case "bring-secret":
      return has(world.sessions[action.secret.session].secrets, action.secret.address) && mayCarry(world, action.secret.by);
    case "answer-by-mail": {
      const facts = world.conversations[action.answer.where];
      return facts?.mergedInto === null && facts.queued === null && facts.address !== null && has(facts.had, action.answer.seen);
    }
    case "mail-unseen":
      return action.session !== "L";
    case "merge":
      return isAlive(world, action.from) && isAlive(world, action.to);
    default:
      return false;
  }
}

function mayCarry(world: World, by: "A" | "B" | "L" | null): boolean {
  return by === null || (world.sessions[by].conversation !== null && !world.sessions[by].isBlocked);
}
