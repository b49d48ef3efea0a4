/**
 * How reading a mail makes room for others: work is done in counted steps, and after a slice of them the reader rests for
 * a timer's turn. Steps are counted and never timed, because on the platform clocks stand still while a program computes.
 */
import { STEPS_PER_SLICE } from "./reading-budget.ts";

/**
 * Work that can be interrupted: it yields how many steps it has done since it last yielded. One step is about a line, a
 * tag, a field, or a quarter of a kilobyte that is looked at: some microseconds.
 */
export type Steps<T> = Generator<number, T, void>;
/** The same, where some of it has to be waited for. */
export type Work<T> = Generator<number | Promise<void>, T, void>;

export interface PaceOptions {
  /** Settles when others have had their turn: a timer, not a promise that is settled already. */
  rest: () => Promise<void>;
  stepsPerSlice?: number;
}

export class Pace {
  /** Steps that were done so far. */
  steps = 0;
  /** Times that others had their turn. */
  rests = 0;
  /** The most steps that were done without a rest. */
  longestSlice = 0;
  #sinceRest = 0;
  readonly #rest: () => Promise<void>;
  readonly #stepsPerSlice: number;

  constructor({ rest, stepsPerSlice = STEPS_PER_SLICE }: PaceOptions) {
    this.#rest = rest;
    this.#stepsPerSlice = stepsPerSlice;
  }

  /** Steps that were done in one go. */
  async spend(steps: number): Promise<void> {
    this.steps += steps;
    this.#sinceRest += steps;
    if (this.#sinceRest > this.longestSlice) this.longestSlice = this.#sinceRest;
    if (this.#sinceRest < this.#stepsPerSlice) return;
    this.#sinceRest = 0;
    this.rests += 1;
    await this.#rest();
  }

  /** Does it to the end, with rests. */
  async do<T>(work: Work<T>): Promise<T> {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      await (typeof value === "number" ? this.spend(value) : value);
    }
  }
}

/** Does it in one go, where nobody waits: in tools and tests. */
export function doAtOnce<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** For tools and tests: it never rests. */
export function tirelessPace(): Pace {
  return new Pace({ rest: () => Promise.resolve(), stepsPerSlice: Number.POSITIVE_INFINITY });
}
