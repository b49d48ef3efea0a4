/**
 * Two worlds side by side: in the second, everything that is not for one session is left out. What that session's widget
 * shows must be the same in both (I6), or a message that is not for it has told it something.
 */
import { viewOf, type View } from "./audience.ts";
import { keyOf } from "./canonical.ts";
import { apply, type Action } from "./model.ts";
import type { Kept } from "./rules.ts";
import { replay, type Finding } from "./search.ts";
import { has, type SessionName, type World } from "./world.ts";

export interface Pair {
  whole: World;
  /** Without what is not for the session. */
  without: World;
}

/**
 * Whether an action is one that the session may not be told of: mails that are not for it, other sessions, what agents do
 * with either. That an agent answers by mail, which its line says, and what agents click for everybody to see is told.
 */
function isHiddenFrom(name: SessionName, action: Action, after: World): boolean {
  switch (action.do) {
    case "mail":
      return !has(after.sessions[name].level, action.mail.from);
    case "form":
    case "move":
    case "part":
    case "merge":
    case "bounce":
    case "open-link":
      return true;
    case "bring-secret":
      return action.secret.by !== name;
    default:
      return "session" in action && action.session !== name;
  }
}

/** Null where nothing changes in the first world. */
export function applyToBoth({ whole, without }: Pair, name: SessionName, action: Action, kept: Kept): Pair | null {
  const step = apply(whole, action, kept);
  if (step === null) return null;
  if (isHiddenFrom(name, action, step.world)) return { whole: step.world, without };
  return { whole: step.world, without: apply(without, asIn(without, whole, name, action), kept)?.world ?? without };
}

/** The same action where the session stands in the other world, by an agent who sees what stands there. */
function asIn(world: World, whole: World, name: SessionName, action: Action): Action {
  if (action.do === "answer-by-mail") {
    const { answer } = action;
    const seen = world.conversations[answer.where]?.address ?? answer.seen;
    return { do: "answer-by-mail", answer: { ...answer, seen, copy: answer.copy === seen ? null : answer.copy } };
  }
  if (action.do !== "complete" || action.where !== whole.sessions[name].conversation) return action;
  return { do: "complete", where: world.sessions[name].conversation ?? action.where };
}

/** What a person in front of the widget can tell apart. */
function shownIn(view: View | null): string {
  if (view === null) return "refused";
  const messages = new Set(view.messages.map(({ kind, session, from, to }) => `${kind} ${session} ${from} ${to}`));
  return `${view.isComplete ? "complete" : "open"}; line: ${view.line ?? "none"}; ${[...messages].sort().join(", ")}`;
}

/** What the two differ in for this session, or null. */
export function differenceOf({ whole, without }: Pair, name: SessionName, kept: Kept): string | null {
  const shown = shownIn(viewOf(whole, name, "current", kept));
  const alone = shownIn(viewOf(without, name, "current", kept));
  return shown === alone ? null : `${name} is shown [${shown}], and without what is not for it [${alone}]`;
}

interface Node extends Pair {
  actions: readonly Action[];
}

export interface PairRequest {
  name: SessionName;
  beginning: readonly Action[];
  alphabet: readonly Action[];
  depth: number;
  kept: Kept;
}

export interface PairReport {
  finding: Finding | null;
  pairs: number;
  steps: number;
}

/**
 * Breadth first over pairs of worlds, for one session: the other is the same with names changed. What a session is shown
 * once it is confirmed is for it, so a pair goes no further than that; a beginning can have it confirmed already.
 */
export function searchPairs(request: PairRequest): PairReport {
  const { name, beginning, alphabet, depth, kept } = request;
  const begun = replay(beginning, kept);
  const known = new Set<string>();
  const report: PairReport = { finding: null, pairs: 1, steps: 0 };
  let frontier: Node[] = [{ whole: begun, without: begun, actions: beginning }];
  for (let level = 1; level <= depth; level += 1) {
    const next: Node[] = [];
    for (const node of frontier)
      for (const action of alphabet) {
        if (isConfirming(name, action)) continue;
        const pair = applyToBoth(node, name, action, kept);
        if (pair === null) continue;
        report.steps += 1;
        const key = `${keyOf(pair.whole)} ${keyOf(pair.without)}`;
        if (known.has(key)) continue;
        known.add(key);
        report.pairs += 1;
        const actions = [...node.actions, action];
        const says = differenceOf(pair, name, kept);
        if (says !== null) return { ...report, finding: { invariant: "I6", says, actions } };
        next.push({ ...pair, actions });
      }
    frontier = next;
  }
  return report;
}

export function isConfirming(name: SessionName, action: Action): boolean {
  return action.do === "use-token" && action.session === name;
}
