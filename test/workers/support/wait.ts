/** Long enough for a busy machine; nothing waits longer than it needs. */
export const WAIT = { timeout: 10_000, interval: 10 };
