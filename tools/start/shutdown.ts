/** Ending everything, once, in the opposite order of starting. */

/** How often this program looks whether the program that started it still lives. */
const PARENT_POLL_MS = 1_000;

export class Shutdown {
  readonly #steps: (() => void | Promise<void>)[] = [];
  readonly #waitUntilGone: () => Promise<boolean>;
  #ending: Promise<void> | null = null;

  /** @param waitUntilGone settles when nothing of this instance is left */
  constructor(waitUntilGone: () => Promise<boolean>) {
    this.#waitUntilGone = waitUntilGone;
  }

  get hasBegun(): boolean {
    return this.#ending !== null;
  }

  /** A thing that was started after the end has begun is ended at once. */
  add(step: () => void | Promise<void>): void {
    if (this.hasBegun) void step();
    else this.#steps.push(step);
  }

  /** Ends with the terminal, with a service manager's request, and with a parent that was killed hard. */
  listen(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void this.#end(0));
    const parent = process.ppid;
    if (process.env.HILO_BOOTSTRAP_PID !== String(parent)) return;
    setInterval(() => {
      if (process.ppid !== parent) void this.#end(1);
    }, PARENT_POLL_MS).unref();
  }

  /** Says what went wrong and ends everything. */
  fail(error: unknown): Promise<void> {
    // What fails because everything is being ended is no news.
    if (!this.hasBegun) console.error(error instanceof Error ? error.message : String(error));
    return this.#end(1);
  }

  #end(code: number): Promise<void> {
    this.#ending ??= this.#runSteps(code);
    return this.#ending;
  }

  async #runSteps(code: number): Promise<void> {
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (error) {
        console.error(error instanceof Error ? error.message : String(error));
      }
    }
    const isGone = await this.#waitUntilGone();
    if (!isGone) console.error("Some ports are still in use; another program may have taken them.");
    process.exit(isGone ? code : 1);
  }
}
