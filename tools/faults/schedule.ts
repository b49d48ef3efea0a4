/** What goes wrong, and when: made from the seed alone, so that a run can be repeated. Pure. */
import { Random } from "./random.ts";

export type MailTrouble = "refuse" | "defer" | "hang" | "cut";

export type Fault =
  /** SIGKILL to the whole server; it starts again on the same state after the pause. */
  | { readonly kind: "kill"; readonly pauseMs: number }
  /** Connections that are reset in the same instant; `share` of all of them. */
  | { readonly kind: "cut"; readonly share: number }
  /** Connections on which both sides go on to believe, and nothing arrives any more. */
  | { readonly kind: "half-open"; readonly share: number; readonly direction: "both" | "to-client" | "to-server" }
  | { readonly kind: "delay"; readonly ms: number; readonly forMs: number }
  | { readonly kind: "storage"; readonly rate: number; readonly forMs: number; readonly what: "d1" | "r2" | "inbox" }
  | { readonly kind: "abort"; readonly rate: number; readonly forMs: number }
  | { readonly kind: "smtp"; readonly trouble: MailTrouble; readonly forMs: number }
  /** The page is loaded anew: memory is gone, what was unsent is sent again. */
  | { readonly kind: "reload"; readonly share: number }
  /** The clock of some devices jumps. */
  | { readonly kind: "clock"; readonly share: number; readonly byMs: number }
  /** The browser says that the network went, or came back, or that the page is looked at again. */
  | { readonly kind: "offline" | "online" | "wake" };

export interface PlannedFault {
  /** Ms after the beginning. */
  readonly at: number;
  readonly fault: Fault;
}

/** Ms between two faults of a kind, on average. */
const EVERY_MS = { kill: 13_000, cut: 1_600, trouble: 2_500 } as const;
const KILL_PAUSE_MAX_MS = 2_000;
const TROUBLE_MAX_MS = 8_000;
const CLOCK_JUMP_MAX_MS = 400 * 24 * 60 * 60 * 1_000;

function* times(random: Random, everyMs: number, untilMs: number): Generator<number> {
  for (let at = random.between(0.3, 1) * everyMs; at < untilMs; at += random.between(0.3, 1.7) * everyMs) yield Math.round(at);
}

function makeTrouble(random: Random): Fault {
  const forMs = random.between(500, TROUBLE_MAX_MS);
  const share = random.between(0.05, 0.5);
  const makers: (() => Fault)[] = [
    () => ({ kind: "half-open", share, direction: random.pick(["both", "to-client", "to-server"]) }),
    () => ({ kind: "delay", ms: random.between(20, 900), forMs }),
    () => ({ kind: "storage", rate: random.between(0.1, 1), forMs, what: random.pick(["d1", "r2", "inbox"]) }),
    () => ({ kind: "storage", rate: 1, forMs, what: "d1" }),
    () => ({ kind: "abort", rate: random.between(0.01, 0.2), forMs }),
    () => ({ kind: "smtp", trouble: random.pick(["refuse", "defer", "hang", "cut"]), forMs }),
    () => ({ kind: "reload", share }),
    () => ({ kind: "clock", share, byMs: random.between(-CLOCK_JUMP_MAX_MS, CLOCK_JUMP_MAX_MS) }),
    () => ({ kind: random.pick(["offline", "online", "wake"]) }),
  ];
  return random.pick(makers)();
}

/** In the order of their time. */
export function makeSchedule(seed: number, durationMs: number): PlannedFault[] {
  const random = new Random(seed);
  const planned: PlannedFault[] = [];
  for (const at of times(random, EVERY_MS.kill, durationMs))
    planned.push({ at, fault: { kind: "kill", pauseMs: random.between(0, KILL_PAUSE_MAX_MS) } });
  for (const at of times(random, EVERY_MS.cut, durationMs))
    planned.push({ at, fault: { kind: "cut", share: random.chance(0.1) ? 1 : random.between(0.02, 0.3) } });
  for (const at of times(random, EVERY_MS.trouble, durationMs)) planned.push({ at, fault: makeTrouble(random) });
  return planned.sort((a, b) => a.at - b.at);
}
