/** The object's one alarm, as "wake me at the earliest of these". Setting it costs a row, so it is set only when needed. */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  /** Cache of the platform's alarm; null where none is set. */
  #at: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /** Part of the same commit as the writes of this turn. @param at epoch ms */
  wakeAt(at: number): void {
    if (this.#at !== null && this.#at <= at) return;
    this.#at = at;
    // Not awaited: the output gate holds every frame back until this is on disk together with the turn's writes.
    void this.#storage.setAlarm(at);
  }

  /** The platform has taken the alarm away because it rang. */
  rang(): void {
    this.#at = null;
  }
}
