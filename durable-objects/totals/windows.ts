/**
 * How often something happened within a window of time, in few numbers. Pure. A window is cut into parts; a part counts
 * whole while any of it lies within the window. So no window, wherever it begins, ever holds more than its limit (with
 * whole windows side by side it would hold twice as much), and a count waits at most one part too long.
 */
import * as v from "valibot";

export interface Limit {
  windowMs: number;
  /** The most that is allowed within any `windowMs`. */
  max: number;
}

/** One thing that is to be counted, under one key. */
export interface Take {
  key: string;
  limits: readonly Limit[];
  /** What it counts as, such as bytes; 1 unless said. */
  cost?: number;
}

export interface TotalsRequest extends Take {
  /**
   * Kept in memory alone: it costs no rows, and an eviction forgives it. Only where losing a count is harmless: windows of
   * minutes, over what has a second bound elsewhere.
   */
  isForgiving?: boolean;
}

/** What counts now, for each limit of a request. */
export interface Used {
  key: string;
  windowMs: number;
  used: number;
}

export type TakeAnswer =
  | { isAllowed: true; takenAt: number }
  /** The key and window that hold the most back, and when the same would be allowed if nothing else came. */
  | { isAllowed: false; key: string; windowMs: number; retryAt: number };

/** More parts are more exact, and more numbers to store. */
export const PARTS_PER_WINDOW = 8;

/** Windows of one key: for each length in ms its parts, oldest first, as number of the part and count. */
export const tallySchema = v.array(v.tuple([v.number(), v.array(v.tuple([v.number(), v.number()]))]));
export type Tally = v.InferOutput<typeof tallySchema>;
export type Tallies = ReadonlyMap<string, Tally>;

function partMs(windowMs: number): number {
  return windowMs / PARTS_PER_WINDOW;
}

/** When a part has left every window. */
function partEndsAt(windowMs: number, part: number): number {
  return (part + 1) * partMs(windowMs) + windowMs;
}

function partsOf(tally: Tally, windowMs: number, now: number): [part: number, count: number][] {
  const parts = tally.find(([ms]) => ms === windowMs)?.[1] ?? [];
  return parts.filter(([part]) => partEndsAt(windowMs, part) > now);
}

/** What counts now. */
export function usedOf(tally: Tally, windowMs: number, now: number): number {
  return partsOf(tally, windowMs, now).reduce((sum, [, count]) => sum + count, 0);
}

/** Null where it is allowed now. */
function refusedUntil(tally: Tally, take: { limit: Limit; cost: number }, now: number): number | null {
  const { limit, cost } = take;
  let used = usedOf(tally, limit.windowMs, now);
  if (used + cost <= limit.max) return null;
  for (const [part, count] of partsOf(tally, limit.windowMs, now)) {
    used -= count;
    if (used + cost <= limit.max) return partEndsAt(limit.windowMs, part);
  }
  // More than is ever allowed at once.
  return now + limit.windowMs;
}

function withCount(tally: Tally, take: Take, now: number): Tally {
  const kept = tally.filter(([windowMs, parts]) => {
    const isAsked = take.limits.some((limit) => limit.windowMs === windowMs);
    return !isAsked && parts.some(([part]) => partEndsAt(windowMs, part) > now);
  });
  const counted = take.limits.map(({ windowMs }): Tally[number] => {
    const current = Math.floor(now / partMs(windowMs));
    const parts = partsOf(tally, windowMs, now);
    const count = parts.find(([part]) => part === current)?.[1] ?? 0;
    return [windowMs, [...parts.filter(([part]) => part !== current), [current, count + costOf(take)]]];
  });
  return [...kept, ...counted];
}

function costOf({ cost }: Take): number {
  return cost ?? 1;
}

/**
 * All of it or nothing.
 *
 * @param tallies what is known of the keys that are asked for; one that is missing has no counts
 * @returns also the tallies that have changed; none where it is refused
 */
export function decideTake(tallies: Tallies, takes: readonly Take[], now: number): { answer: TakeAnswer; changed: Tallies } {
  const changed = new Map<string, Tally>();
  let refusal: Extract<TakeAnswer, { isAllowed: false }> | null = null;
  for (const take of takes) {
    const tally = changed.get(take.key) ?? tallies.get(take.key) ?? [];
    for (const limit of take.limits) {
      const retryAt = refusedUntil(tally, { limit, cost: costOf(take) }, now);
      if (retryAt !== null && retryAt > (refusal?.retryAt ?? 0))
        refusal = { isAllowed: false, key: take.key, windowMs: limit.windowMs, retryAt };
    }
    changed.set(take.key, withCount(tally, take, now));
  }
  return refusal === null
    ? { answer: { isAllowed: true, takenAt: now }, changed }
    : { answer: refusal, changed: new Map<string, Tally>() };
}

/** As if it had not been taken. @param takenAt as the answer said */
export function decideRefund(tallies: Tallies, takes: readonly Take[], takenAt: number): Tallies {
  const changed = new Map<string, Tally>();
  for (const take of takes) {
    const tally = changed.get(take.key) ?? tallies.get(take.key);
    if (tally !== undefined) changed.set(take.key, withoutCount(tally, take, takenAt));
  }
  return changed;
}

function withoutCount(tally: Tally, take: Take, takenAt: number): Tally {
  return tally.map(([windowMs, parts]): Tally[number] => {
    const taken = Math.floor(takenAt / partMs(windowMs));
    const isAsked = take.limits.some((limit) => limit.windowMs === windowMs);
    if (!isAsked) return [windowMs, parts];
    const less = parts.map(([part, count]): [number, number] => [part, part === taken ? count - costOf(take) : count]);
    return [windowMs, less.filter(([, count]) => count > 0)];
  });
}

/** When nothing of it counts any more. */
export function tallyEndsAt(tally: Tally): number {
  const ends = tally.flatMap(([windowMs, parts]) => parts.map(([part]) => partEndsAt(windowMs, part)));
  return Math.max(0, ...ends);
}
