/** Bounds what is waited for outside: a port that hangs must not hold an alarm or a message for ever (A4). */
import { EFFECT_TIMEOUT_MS } from "./outbox.ts";

/**
 * @param late what to answer when the time is up
 * @throws where the time is up and nothing is given to answer
 */
export async function withTimeout<T>(work: Promise<T>, late?: T): Promise<T> {
  let timer: number | null = null;
  const timeout = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => (late === undefined ? reject(new Error("timed out")) : resolve(late)), EFFECT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
