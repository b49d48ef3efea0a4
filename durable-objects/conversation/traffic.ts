/** How much comes in by each socket: more than a person can send is too much. Memory only: an eviction forgives. */

/** Frames in a burst, and how fast that allowance grows back. */
const BURST_FRAMES = 150;
const FRAMES_PER_SECOND = 10;

export class TrafficMeter {
  readonly #seen = new WeakMap<WebSocket, { allowance: number; at: number }>();

  /** Notes a frame. @returns false where it is one too many */
  count(socket: WebSocket, now: number): boolean {
    const before = this.#seen.get(socket) ?? { allowance: BURST_FRAMES, at: now };
    const allowance = Math.min(BURST_FRAMES, before.allowance + ((now - before.at) / 1_000) * FRAMES_PER_SECOND) - 1;
    this.#seen.set(socket, { allowance, at: now });
    return allowance >= 0;
  }
}
