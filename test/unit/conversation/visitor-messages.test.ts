import { describe, expect, test, vi } from "vitest";
import {
  BUSY_MESSAGES_PER_HOUR,
  MESSAGES_PER_DAY,
  MESSAGES_PER_HOUR,
  TEXT_OF_VISITORS,
  UNITS_PER_ASKING,
  VisitorMessages,
  hasManyWithin,
  unitsOf,
} from "../../../durable-objects/conversation/visitor-messages.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** A log whose n-th message came at that time. */
const logOf = (times: readonly number[]) => ({
  findBySeq: (seq: number) => {
    const at = times[seq - 1];
    return at === undefined ? null : { at };
  },
});
const evenly = (count: number, gapMs: number) => Array.from({ length: count }, (_, n) => NOW - (count - 1 - n) * gapMs);
const allowed = async () => ({ isAllowed: true });

/** How many of so many messages at this instant are taken, each added to the log. */
async function write(
  messages: VisitorMessages,
  times: number[],
  given: { count: number; text?: string; now?: number },
): Promise<number> {
  const { count, text = "Hello", now = NOW } = given;
  let taken = 0;
  for (let n = 0; n < count; n += 1) {
    const isTaken = messages.admit({ text, lastSeq: times.length, client: "client", now });
    if (isTaken) times.push(now);
    taken += isTaken ? 1 : 0;
    await Promise.resolve();
    await Promise.resolve();
  }
  return taken;
}

describe("[T10] what visitors write in one conversation", () => {
  test("is bounded by its own log: by the hour and by the day", async () => {
    const times = evenly(MESSAGES_PER_HOUR - 10, 1_000);
    expect(await write(new VisitorMessages(logOf(times), { takeMessages: allowed }), times, { count: 100 })).toBe(10);
    const days = evenly(MESSAGES_PER_DAY - 5, 20_000);
    expect(await write(new VisitorMessages(logOf(days), { takeMessages: allowed }), days, { count: 100 })).toBe(5);
  });

  test("an eviction changes nothing, and the hour passes", async () => {
    const times = evenly(MESSAGES_PER_HOUR, 1_000);
    const anew = () => new VisitorMessages(logOf(times), { takeMessages: allowed });
    expect(await write(anew(), times, { count: 5 })).toBe(0);
    expect(await write(anew(), times, { count: 5, now: NOW + HOUR_MS })).toBe(5);
  });

  test("long texts count by their length", async () => {
    const text = "x".repeat(20_000);
    const times: number[] = [];
    const messages = new VisitorMessages(logOf(times), { takeMessages: allowed });
    expect(await write(messages, times, { count: 100, text })).toBe(TEXT_OF_VISITORS.burst / text.length);
    expect([unitsOf(""), unitsOf("x".repeat(1_999)), unitsOf(text)]).toEqual([1, 1, 11]);
  });

  test("one message is looked up, however long the log is", () => {
    const findBySeq = vi.fn(() => ({ at: NOW }));
    expect(hasManyWithin({ findBySeq }, 9, { count: 10, windowMs: 1, now: NOW })).toBe(false);
    expect(findBySeq).not.toHaveBeenCalled();
    expect(hasManyWithin({ findBySeq }, 10, { count: 10, windowMs: 1, now: NOW })).toBe(true);
    expect(findBySeq.mock.calls).toEqual([[1]]);
  });
});

describe("[T21] what visitors write in all conversations", () => {
  test("an ordinary chat asks nobody", async () => {
    const takeMessages = vi.fn(allowed);
    const times = evenly(BUSY_MESSAGES_PER_HOUR - 1, 1_000);
    const messages = new VisitorMessages(logOf(times), { takeMessages });
    expect(await write(messages, times, { count: 1 })).toBe(1);
    expect(takeMessages).not.toHaveBeenCalled();
  });

  test("a busy one asks once for many, and pays for what it wrote meanwhile", async () => {
    const takeMessages = vi.fn(allowed);
    const times = evenly(BUSY_MESSAGES_PER_HOUR, 1_000);
    const messages = new VisitorMessages(logOf(times), { takeMessages });
    expect(await write(messages, times, { count: 120 })).toBe(120);
    expect(takeMessages.mock.calls.length).toBeLessThanOrEqual(Math.ceil(120 / UNITS_PER_ASKING) + 1);
    const units = takeMessages.mock.calls.reduce((sum, [asked]: unknown[]) => sum + Object(asked).units, 0);
    expect(units).toBeGreaterThanOrEqual(120);
  });

  test("refused, its visitor waits a minute and then asks again", async () => {
    const takeMessages = vi.fn(async () => ({ isAllowed: false }));
    const times = evenly(BUSY_MESSAGES_PER_HOUR, 1_000);
    const messages = new VisitorMessages(logOf(times), { takeMessages });
    expect(await write(messages, times, { count: 50 })).toBe(1);
    expect(takeMessages).toHaveBeenCalledTimes(1);
    expect(await write(messages, times, { count: 50, now: NOW + 60_000 })).toBe(1);
    expect(takeMessages).toHaveBeenCalledTimes(2);
  });

  test("where nobody answers the chat goes on", async () => {
    const times = evenly(BUSY_MESSAGES_PER_HOUR, 1_000);
    const messages = new VisitorMessages(logOf(times), { takeMessages: () => new Promise<never>(() => {}) });
    expect(await write(messages, times, { count: 50 })).toBe(50);
  });
});
