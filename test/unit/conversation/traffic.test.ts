import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Connection } from "../../../durable-objects/conversation/connection.ts";
import {
  CATCH_UP_PER_CLIENT,
  FRAMES_OF_VISITORS,
  FRAMES_PER_CLIENT,
  Meter,
  TrafficMeter,
} from "../../../durable-objects/conversation/traffic.ts";

const NOW = 1_800_000_000_000;

const visitor = (client: string, id = "socket"): Connection => ({
  kind: "visitor",
  sessionId: null,
  tokenGeneration: 1,
  client,
  id,
  connectedAt: NOW,
  isReady: true,
  isHidden: false,
  hasRateLimits: true,
});
const agent = (agentId: string): Connection => ({
  ...visitor(""),
  kind: "agent",
  agentId,
  name: "Ana",
  role: "agent",
  credential: "key:1",
  undoMs: 0,
});

/** How many of so many frames are taken. */
const taken = (meter: TrafficMeter, connections: Connection[], now = NOW) =>
  connections.filter((connection) => meter.count(connection, now)).length;
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

describe("[T21] frames of a conversation", () => {
  test("thirty sockets of one client have one allowance", () => {
    const frames = times(3_000, (n) => visitor("client", `socket ${n % 30}`));
    expect(taken(new TrafficMeter(), frames)).toBe(FRAMES_PER_CLIENT.burst);
  });

  test("a hundred clients have the conversation's", () => {
    const frames = times(3_000, (n) => visitor(`client ${n % 100}`));
    expect(taken(new TrafficMeter(), frames)).toBe(FRAMES_OF_VISITORS.burst);
  });

  test("one client leaves some to another, and visitors leave all to agents", () => {
    const meter = new TrafficMeter();
    taken(
      meter,
      times(3_000, () => visitor("loud")),
    );
    expect(meter.count(visitor("quiet"), NOW)).toBe(true);
    taken(
      meter,
      times(3_000, (n) => visitor(`${n}`)),
    );
    expect([meter.count(visitor("quiet"), NOW), meter.count(agent("ana"), NOW)]).toEqual([false, true]);
  });

  test("what is refused costs nothing, and the allowance grows back", () => {
    const meter = new TrafficMeter();
    const loud = times(1_000, () => visitor("client"));
    taken(meter, loud);
    expect(taken(meter, loud, NOW + 2_000)).toBe(2 * FRAMES_PER_CLIENT.perSecond);
  });

  test("never more than the burst and what has grown back since, whatever the clock does", () => {
    const steps = fc.array(fc.record({ gapMs: fc.integer({ min: -1_000, max: 5_000 }), cost: fc.integer({ min: 0, max: 9 }) }));
    fc.assert(
      fc.property(steps, (given) => {
        const meter = new Meter({ burst: 20, perSecond: 3 });
        let [now, forward, sum] = [NOW, 0, 0];
        for (const { gapMs, cost } of given) {
          now += gapMs;
          forward += Math.max(0, gapMs);
          if (meter.take("key", cost, now)) sum += cost;
        }
        expect(sum).toBeLessThanOrEqual(20 + (forward / 1_000) * 3 + 1e-6);
      }),
    );
  });
});

test("[T21] catching up: a history of any length once, then only what has grown back", () => {
  const meter = new TrafficMeter();
  const history = CATCH_UP_PER_CLIENT.burst * 3;
  expect(meter.mayCatchUp(visitor("client"), NOW)).toBe(true);
  meter.noteCatchUp(visitor("client"), history, NOW);
  expect([meter.mayCatchUp(visitor("client", "another socket"), NOW), meter.mayCatchUp(visitor("other"), NOW)]).toEqual([
    false,
    true,
  ]);
  const paidBackMs = ((history - CATCH_UP_PER_CLIENT.burst) / CATCH_UP_PER_CLIENT.perSecond) * 1_000;
  expect(meter.mayCatchUp(visitor("client"), NOW + paidBackMs - 1_000)).toBe(false);
  expect(meter.mayCatchUp(visitor("client"), NOW + paidBackMs + 1_000)).toBe(true);
});
