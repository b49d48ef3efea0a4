/**
 * Counts what strangers could multiply (T21): one object for each kind of thing, so that what is counted together is
 * counted in one transaction. The rules are in `windows.ts`; who asks, and for what, in `worker/totals.ts`.
 */
import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { AlarmClock } from "../conversation/alarms.ts";
import { decideRefund, decideTake, tallyEndsAt, tallySchema, usedOf } from "./windows.ts";
import type { TakeAnswer, Tallies, Tally, TotalsRequest, Used } from "./windows.ts";

/** Ms between two looks for rows that count no more. */
const SWEEP_INTERVAL_MS = 60 * 60_000;
/** Keys in memory; past it everything in memory is forgiven. */
const FORGIVING_KEYS_MAX = 20_000;

export class TotalsObject extends DurableObject {
  readonly #clock: AlarmClock;
  readonly #forgiving = new Map<string, Tally>();

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#clock = new AlarmClock(ctx.storage);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS tallies (key TEXT PRIMARY KEY, tally TEXT NOT NULL, ends_at INTEGER NOT NULL) WITHOUT ROWID",
    );
    void ctx.blockConcurrencyWhile(() => this.#clock.load());
  }

  /** Counts all of it, or nothing. What is written is on disk before the answer leaves. */
  take(requests: readonly TotalsRequest[]): TakeAnswer {
    const { answer, changed } = decideTake(this.#load(requests), requests, Date.now());
    this.#save(requests, changed);
    return answer;
  }

  /** @param takenAt as the answer to `take` said */
  refund(requests: readonly TotalsRequest[], takenAt: number): void {
    this.#save(requests, decideRefund(this.#load(requests), requests, takenAt));
  }

  /** Changes nothing. */
  peek(requests: readonly TotalsRequest[]): Used[] {
    const tallies = this.#load(requests);
    const now = Date.now();
    return requests.flatMap(({ key, limits }) =>
      limits.map(({ windowMs }) => ({ key, windowMs, used: usedOf(tallies.get(key) ?? [], windowMs, now) })),
    );
  }

  /** No index on the time: it would be a second row for every count, and this reads the table once an hour at most. */
  override async alarm(): Promise<void> {
    this.#clock.rang();
    const { sql } = this.ctx.storage;
    const now = Date.now();
    sql.exec("DELETE FROM tallies WHERE ends_at <= ?", now);
    if (sql.exec("SELECT 1 FROM tallies LIMIT 1").toArray().length > 0) this.#clock.wakeAt(now + SWEEP_INTERVAL_MS);
  }

  #load(requests: readonly TotalsRequest[]): Tallies {
    const tallies = new Map<string, Tally>();
    for (const { key, isForgiving } of requests) {
      const tally = isForgiving === true ? this.#forgiving.get(key) : this.#stored(key);
      if (tally !== undefined) tallies.set(key, tally);
    }
    return tallies;
  }

  #stored(key: string): Tally | undefined {
    const [row] = this.ctx.storage.sql.exec("SELECT tally FROM tallies WHERE key = ?", key).toArray();
    if (row === undefined) return undefined;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), tallySchema), row["tally"]);
    // Written by another version: it counts from now on.
    return parsed.success ? parsed.output : undefined;
  }

  #save(requests: readonly TotalsRequest[], changed: Tallies): void {
    if (changed.size === 0) return;
    const forgiving = new Set(requests.flatMap(({ key, isForgiving }) => (isForgiving === true ? [key] : [])));
    this.ctx.storage.transactionSync(() => {
      for (const [key, tally] of changed) if (!forgiving.has(key)) this.#store(key, tally);
    });
    for (const [key, tally] of changed) if (forgiving.has(key)) this.#remember(key, tally);
  }

  #store(key: string, tally: Tally): void {
    this.ctx.storage.sql.exec(
      "INSERT OR REPLACE INTO tallies (key, tally, ends_at) VALUES (?, ?, ?)",
      key,
      JSON.stringify(tally),
      tallyEndsAt(tally),
    );
    this.#clock.wakeAt(Date.now() + SWEEP_INTERVAL_MS);
  }

  #remember(key: string, tally: Tally): void {
    if (this.#forgiving.size >= FORGIVING_KEYS_MAX) this.#forget(Date.now());
    this.#forgiving.set(key, tally);
  }

  /** What counts no more; where that is not enough, everything. */
  #forget(now: number): void {
    for (const [key, tally] of this.#forgiving) if (tallyEndsAt(tally) <= now) this.#forgiving.delete(key);
    if (this.#forgiving.size >= FORGIVING_KEYS_MAX) this.#forgiving.clear();
  }
}
