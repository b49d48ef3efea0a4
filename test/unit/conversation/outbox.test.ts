import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  INTERRUPTED,
  HELD_SPREAD_MS,
  MAIL_TRIES_MAX,
  backOffMs,
  dueRows,
  interruptedRows,
  nextDueAt,
  settleMail,
  type DeliveryResult,
  type OutboxRow,
} from "../../../durable-objects/conversation/outbox.ts";
import type { Delivery } from "../../../durable-objects/conversation/protocol.ts";
import { NOW } from "../../support/conversation-builders.ts";

const aRow = (over: Partial<OutboxRow> = {}): OutboxRow => ({
  seq: 1,
  to: "a@customer.test",
  state: "queued",
  dueAt: NOW,
  attempts: 0,
  also: [],
  isCancelledBySeen: false,
  only: null,
  isInsisted: false,
  ...over,
});
const at = { now: NOW, random: 0, before: undefined };

describe("[O4] what is due", () => {
  test("queued rows whose time has come, in the order in which they were written", () => {
    const rows = [aRow({ seq: 3 }), aRow({ seq: 1 }), aRow({ seq: 2, dueAt: NOW + 1 }), aRow({ seq: 4, state: "sending" })];
    expect(dueRows(rows, NOW).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(nextDueAt(rows)).toBe(NOW);
    expect(nextDueAt([aRow({ state: "sending" })])).toBeNull();
  });

  test("[A5] `sending` that this process is not sending was interrupted", () => {
    const rows = [aRow({ seq: 1, state: "sending" }), aRow({ seq: 2, state: "sending" }), aRow({ seq: 3 })];
    expect(interruptedRows(rows, new Set([2])).map(({ seq }) => seq)).toEqual([1]);
  });
});

describe("[O2] [O3] results", () => {
  test.each<[DeliveryResult, Delivery, string | null]>([
    [{ kind: "sent", to: ["a@customer.test"], messageId: "id" }, { state: "sent", to: ["a@customer.test"] }, "id"],
    [{ kind: "refused", reason: "no such person" }, { state: "failed", reason: "no such person" }, null],
    [{ kind: "unknown", reason: "cut" }, { state: "unknown", reason: "cut" }, null],
  ])("%o ends it", (result, delivery, messageId) => {
    expect(settleMail({ row: aRow(), result, ...at })).toEqual({ kind: "done", delivery, messageId });
  });

  test("put off: again later and later, and given up with the reason in the end", () => {
    const result = { kind: "deferred", reason: "greylisted" } as const;
    const waits: number[] = [];
    let row = aRow({ also: [7], isCancelledBySeen: true });
    for (
      let settled = settleMail({ row, result, ...at });
      settled.kind === "again";
      settled = settleMail({ row, result, ...at })
    ) {
      expect(settled.delivery).toEqual({ state: "queued", reason: "greylisted" });
      expect(settled.row).toMatchObject({ also: [7], isCancelledBySeen: true, attempts: row.attempts + 1 });
      waits.push(settled.row.dueAt - NOW);
      ({ row } = settled);
    }
    expect(waits).toHaveLength(MAIL_TRIES_MAX - 1);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(settleMail({ row, result, ...at })).toEqual({
      kind: "done",
      delivery: { state: "failed", reason: "gave up after 12 tries: greylisted" },
      messageId: null,
    });
  });

  test("[T21] a mail for which nobody was asked comes again at its time, and is never given up", () => {
    let row = aRow({ attempts: MAIL_TRIES_MAX - 1, also: [7] });
    const retryAt = NOW + 900_000;
    for (const random of [0, 0.5, 0.999]) {
      const settled = settleMail({
        row,
        result: { kind: "deferred", reason: "full", retryAt },
        before: undefined,
        now: NOW,
        random,
      });
      if (settled.kind !== "again") throw new Error("it was given up");
      expect(settled.delivery).toEqual({ state: "queued", reason: "full" });
      expect(settled.row).toMatchObject({ also: [7], attempts: MAIL_TRIES_MAX - 1, state: "queued" });
      expect(settled.row.dueAt - retryAt).toBeGreaterThanOrEqual(0);
      expect(settled.row.dueAt - retryAt).toBeLessThanOrEqual(HELD_SPREAD_MS);
      ({ row } = settled);
    }
  });

  test("[A4] the back-off stays between half of its ceiling and its ceiling, however many failures there were", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
        const ceiling = Math.min(300_000, 1_000 * 2 ** Math.min(attempts, 30));
        const wait = backOffMs(attempts, { baseMs: 1_000, maxMs: 300_000 }, random);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
        expect(wait).toBeLessThanOrEqual(ceiling);
      }),
      { seed: 7 },
    );
  });
});

/** What the drain does with a row, as in `drain.ts`: `sending` is on disk before the transport is called. */
class Disk {
  rows: OutboxRow[] = [aRow({ seq: 1 }), aRow({ seq: 2 }), aRow({ seq: 3, dueAt: NOW + 60_000 })];
  handed = new Map<number, number>();
  /** What the transport's last answer would have been, even where nobody heard it. */
  outcome = new Map<number, DeliveryResult["kind"] | "crashed">();
  delivery = new Map<number, Delivery["state"]>();

  save(row: OutboxRow): void {
    this.rows = [...this.rows.filter(({ seq }) => seq !== row.seq), row];
  }

  settle(row: OutboxRow, result: DeliveryResult, now: number): void {
    const settled = settleMail({ row, result, before: undefined, now, random: 0.5 });
    this.delivery.set(row.seq, settled.delivery.state);
    if (settled.kind === "again") this.save(settled.row);
    else this.rows = this.rows.filter(({ seq }) => seq !== row.seq);
  }
}

type Step = "crash" | DeliveryResult["kind"];

function resultOf(kind: Exclude<Step, "crash">): DeliveryResult {
  return kind === "sent" ? { kind, to: [], messageId: null } : { kind, reason: "why" };
}

test("[A5] no sequence of results and crashes hands a mail over twice after `unknown` or `sent`", () => {
  const step = fc.constantFrom<Step>("crash", "sent", "refused", "deferred", "unknown");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const disk = new Disk();
      let now = NOW;
      for (const next of steps) {
        now += 5 * 60 * 60_000;
        for (const row of interruptedRows(disk.rows, new Set())) disk.settle(row, INTERRUPTED, now);
        const [row] = dueRows(disk.rows, now);
        if (row === undefined) continue;
        const before = disk.outcome.get(row.seq);
        // Only what was surely not sent may be handed over again.
        expect([undefined, "deferred"]).toContain(before);
        disk.save({ ...row, state: "sending" });
        disk.handed.set(row.seq, (disk.handed.get(row.seq) ?? 0) + 1);
        disk.outcome.set(row.seq, next === "crash" ? "crashed" : next);
        if (next !== "crash") disk.settle({ ...row, state: "sending" }, resultOf(next), now);
      }
      for (const [seq, outcome] of disk.outcome) {
        if (outcome === "crashed") expect([undefined, "queued", "unknown"]).toContain(disk.delivery.get(seq));
        expect(disk.handed.get(seq)).toBeLessThanOrEqual(MAIL_TRIES_MAX);
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});
