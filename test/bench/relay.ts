/** Visitor → stored → agent: how many a second, how long one takes, and what it costs the server. */
import { setTimeout as wait } from "node:timers/promises";
import type { Pair, Target } from "./targets.ts";
import { markText, Wire } from "./wire.ts";

interface Talk {
  readonly visitor: Wire;
  readonly agent: Wire;
  readonly pair: Pair;
}

export interface Load {
  readonly messagesPerSecond: number;
  /** Ms. */
  readonly p50: number;
  readonly p99: number;
  /** Seconds of the server's CPU. */
  readonly cpuPerThousand: number;
}

export interface RelayFigures {
  readonly one: Load;
  readonly fifty: Load;
  readonly twoHundred: Load;
  readonly fixedRate: Load;
  /** Ms until 400 sockets that were cut at once have all caught up. */
  readonly herdMs: number;
}

export interface RelayPlan {
  /** Ms of each measurement of a closed loop. */
  readonly loopMs: number;
  readonly isQuick: boolean;
}

const CONVERSATIONS = 200;
const HISTORY = 50;
const FIXED_RATE_PER_S = 200;
const CONNECTS_AT_ONCE = 20;
const WARM_UP = 20;

export async function measureRelay(target: Target, plan: RelayPlan): Promise<RelayFigures> {
  const talks = await connectAll(target, plan.isQuick ? CONVERSATIONS / 4 : CONVERSATIONS);
  // The first messages find cold code and cold objects.
  await closedLoop(target, talks.slice(0, WARM_UP), { count: WARM_UP });
  const twoHundred = await closedLoop(target, talks, { count: HISTORY });
  const herdMs = await stampede(talks);
  const fifty = await closedLoop(target, talks.slice(0, 50), { ms: plan.loopMs });
  const one = await closedLoop(target, talks.slice(0, 1), { ms: plan.loopMs / 2 });
  const fixedRate = await openLoop(target, talks.slice(0, 50), plan.loopMs);
  for (const { visitor, agent } of talks) {
    visitor.cut();
    agent.cut();
  }
  return { one, fifty, twoHundred, fixedRate, herdMs };
}

async function connectAll(target: Target, count: number): Promise<Talk[]> {
  const talks: Talk[] = [];
  for (let index = 0; index < count; index += CONNECTS_AT_ONCE) {
    const batch = Array.from({ length: Math.min(CONNECTS_AT_ONCE, count - index) }, async (_, offset) => {
      const pair = await target.makePair(index + offset);
      return { pair, visitor: await Wire.open(pair.visitor), agent: await Wire.open(pair.agent) };
    });
    talks.push(...(await Promise.all(batch)));
  }
  return talks;
}

/** One message in flight per conversation: the next is sent when the agent has the one before. */
async function closedLoop(target: Target, talks: readonly Talk[], until: { ms: number } | { count: number }): Promise<Load> {
  const latencies: number[] = [];
  const cpuBefore = target.cpuSeconds();
  const startedAt = performance.now();
  const deadline = "ms" in until ? startedAt + until.ms : Number.POSITIVE_INFINITY;
  const countMax = "count" in until ? until.count : Number.POSITIVE_INFINITY;
  await Promise.all(talks.map((talk) => converse(talk, { deadline, countMax }, latencies)));
  return summarise(latencies, performance.now() - startedAt, target.cpuSeconds() - cpuBefore);
}

function converse(talk: Talk, end: { deadline: number; countMax: number }, latencies: number[]): Promise<void> {
  return new Promise((resolve) => {
    let sentAt = 0;
    let count = 0;
    const next = (): void => {
      count += 1;
      sentAt = performance.now();
      talk.visitor.send(talk.pair.frameOf(markText(count)));
    };
    talk.agent.onMark = (number) => {
      if (number !== count) return;
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now >= end.deadline || count >= end.countMax) resolve();
      else next();
    };
    next();
  });
}

/** Messages at a fixed rate, whatever the answers take, each of its own conversation in turn. */
async function openLoop(target: Target, talks: readonly Talk[], ms: number): Promise<Load> {
  const latencies: number[] = [];
  const sentAt = new Map<number, number>();
  for (const { agent } of talks)
    agent.onMark = (number) => {
      const at = sentAt.get(number);
      if (at !== undefined) latencies.push(performance.now() - at);
    };
  const cpuBefore = target.cpuSeconds();
  const startedAt = performance.now();
  const total = Math.round((ms / 1_000) * FIXED_RATE_PER_S);
  for (let number = 0; number < total; number += 1) {
    const dueAt = startedAt + (number * 1_000) / FIXED_RATE_PER_S;
    const early = dueAt - performance.now();
    if (early > 1) await wait(early);
    const talk = talks[number % talks.length];
    sentAt.set(number, performance.now());
    talk?.visitor.send(talk.pair.frameOf(markText(number)));
  }
  while (latencies.length < total) await wait(5);
  return summarise(latencies, performance.now() - startedAt, target.cpuSeconds() - cpuBefore);
}

/** All sockets are cut at once and come back at once, knowing nothing. @returns ms until the last has all messages */
async function stampede(talks: Talk[]): Promise<number> {
  for (const { visitor, agent } of talks) {
    visitor.cut();
    agent.cut();
  }
  const startedAt = performance.now();
  const back = await Promise.all(
    talks.map(async ({ pair }) => {
      const [visitor, agent] = await Promise.all([Wire.open(pair.visitor, HISTORY), Wire.open(pair.agent, HISTORY)]);
      return { pair, visitor, agent };
    }),
  );
  const ms = performance.now() - startedAt;
  talks.splice(0, talks.length, ...back);
  return ms;
}

function summarise(latencies: number[], ms: number, cpuSeconds: number): Load {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    messagesPerSecond: (latencies.length / ms) * 1_000,
    p50: at(0.5),
    p99: at(0.99),
    cpuPerThousand: (cpuSeconds / latencies.length) * 1_000,
  };
}
