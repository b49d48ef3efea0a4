/** Every world that can be reached within some steps, each once: breadth first, so what is found is found the shortest way. */
import { canonicalOf } from "./canonical.ts";
import { violationOf, type Violation } from "./invariants.ts";
import { apply, type Action } from "./model.ts";
import type { Kept } from "./rules.ts";
import { START, type World } from "./world.ts";

export interface Finding extends Violation {
  /** From the first world on. */
  actions: readonly Action[];
}

export interface Report {
  finding: Finding | null;
  /** Worlds that were looked at and, of those before the last step, are all different. */
  worlds: number;
  steps: number;
  depth: number;
}

export interface SearchRequest {
  /** What has happened before: each is a beginning. */
  beginnings: readonly (readonly Action[])[];
  alphabet: readonly Action[];
  depth: number;
  kept: Kept;
}

/** How a world came about. */
interface Node {
  world: World;
  action: Action | null;
  from: Node | null;
  beginning: readonly Action[];
}

/** @throws Error where a beginning cannot happen under these rules, or is already wrong */
export function replay(actions: readonly Action[], kept: Kept): World {
  let world = START;
  for (const [index, action] of actions.entries()) {
    const step = apply(world, action, kept);
    if (step === null) throw new Error(`step ${index + 1}, ${action.do}, changes nothing`);
    ({ world } = step);
  }
  return world;
}

export function search({ beginnings, alphabet, depth, kept }: SearchRequest): Report {
  const known = new Set<number>();
  let frontier: Node[] = [];
  for (const beginning of beginnings) {
    const world = replay(beginning, kept);
    known.add(canonicalOf(world));
    frontier.push({ world, action: null, from: null, beginning });
  }
  const report: Report = { finding: null, worlds: frontier.length, steps: 0, depth: 0 };
  for (let level = 1; level <= depth && frontier.length > 0; level += 1) {
    report.depth = level;
    const next: Node[] = [];
    for (const node of frontier) {
      report.finding = expand(node, { alphabet, kept, known, report, next: level === depth ? null : next });
      if (report.finding !== null) return report;
    }
    frontier = next;
  }
  return report;
}

interface Expansion {
  alphabet: readonly Action[];
  kept: Kept;
  known: Set<number>;
  report: Report;
  /** Where worlds wait for the next step; null at the last one. */
  next: Node[] | null;
}

function expand(node: Node, { alphabet, kept, known, report, next }: Expansion): Finding | null {
  for (const action of alphabet) {
    const step = apply(node.world, action, kept);
    if (step === null) continue;
    report.steps += 1;
    const violation = violationOf({ ...step, before: node.world, action }, kept);
    if (violation !== null) return { ...violation, actions: [...pathTo(node), action] };
    if (next === null) continue;
    const key = canonicalOf(step.world);
    if (known.has(key)) continue;
    known.add(key);
    report.worlds += 1;
    next.push({ world: step.world, action, from: node, beginning: node.beginning });
  }
  return null;
}

function pathTo(node: Node): Action[] {
  const actions: Action[] = [];
  for (let at: Node | null = node; at !== null; at = at.from) if (at.action !== null) actions.unshift(at.action);
  return [...node.beginning, ...actions];
}

/** What of a finding is needed: steps without which the same thing still goes wrong are left out, until none can be. */
export function shorten(finding: Finding, kept: Kept): Finding {
  for (let index = finding.actions.length - 1; index >= 0; index -= 1) {
    const actions = finding.actions.filter((_, at) => at !== index);
    const shorter = firstViolation(actions, kept);
    if (shorter?.invariant === finding.invariant) return shorten(shorter, kept);
  }
  return finding;
}

/** The first thing that goes wrong on this way; steps that change nothing are left out of it. */
export function firstViolation(actions: readonly Action[], kept: Kept): Finding | null {
  let world = START;
  const taken: Action[] = [];
  for (const action of actions) {
    const step = apply(world, action, kept);
    if (step === null) continue;
    taken.push(action);
    const violation = violationOf({ ...step, before: world, action }, kept);
    if (violation !== null) return { ...violation, actions: taken };
    ({ world } = step);
  }
  return null;
}
