/**
 * Sockets that a client opens (T21). A phone that comes back from a tunnel does not wait for a count: it is counted while
 * its socket opens. Only who has opened several within a minute, here, waits for the answer; a refusal that is known holds
 * for everybody at once.
 */
import { takesOfSocket } from "../limits.ts";
import { clientKey, type AppContext } from "./context.ts";
import { isWithinLimits } from "./limit.ts";

/** Sockets within a minute that ordinary visitors open: pages, and a network that comes and goes. */
const CALM_OPENS_MAX = 5;
const CALM_WINDOW_MS = 60_000;
/** Clients that are remembered. */
const CLIENTS_MAX = 5_000;

/** Of this isolate; lost without harm. */
const opened = new Map<string, { count: number; since: number }>();

/** @returns false where it is over a limit */
export async function maySocketOpen(c: AppContext): Promise<boolean> {
  const client = clientKey(c.req.raw);
  const isCalm = countOpen(client, Date.now()) <= CALM_OPENS_MAX;
  return isWithinLimits(c, takesOfSocket(client), isCalm ? { waitMs: 0 } : {});
}

function countOpen(client: string, now: number): number {
  const before = opened.get(client);
  const isOver = before === undefined || now - before.since > CALM_WINDOW_MS;
  if (isOver && opened.size >= CLIENTS_MAX) opened.clear();
  const next = isOver ? { count: 1, since: now } : { ...before, count: before.count + 1 };
  opened.set(client, next);
  return next.count;
}
