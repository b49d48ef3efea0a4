const BACK_OFF_MIN_MS = 500;
const BACK_OFF_MAX_MS = 30_000;

/**
 * Milliseconds to wait before attempt number `attempt` (0 is the first after a loss): doubles from 0.5 s to 30 s.
 * Half of it is random, so that the sockets that one deploy drops do not all come back in the same instant.
 * @param random in [0, 1)
 */
export function computeBackOffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + random / 2));
}
