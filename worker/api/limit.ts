/** Refuses what is over a limit with 429, says when it may come again, and tells the owner where it was everybody's total. */
import type { TotalsRequest } from "../../durable-objects/totals/windows.ts";
import { hasRateLimits } from "../env.ts";
import { tellOfTotal } from "../tell-owner.ts";
import { refundTotals, takeTotals, type TotalsAnswer } from "../totals.ts";
import type { AppContext } from "./context.ts";
import { AppError } from "./problems.ts";

/** Shown to people: the widget has it in its own words and language. */
const KIND_WORDS = "That was a lot at once. Try again later.";

/** Null where limits are off, or there is nothing to count. Chat goes on where nobody can be asked. */
async function take(c: AppContext, requests: TotalsRequest[], wait: { waitMs?: number } = {}): Promise<TotalsAnswer | null> {
  if (requests.length === 0 || !hasRateLimits(c.env, new URL(c.req.url))) return null;
  const answer = await takeTotals(c.env, requests, { onSilence: "allow", ...wait });
  if (!answer.isAllowed) tellOfTotal(c.env, answer.key);
  return answer;
}

/** @throws AppError too_many_requests */
export async function limitRequest(c: AppContext, requests: TotalsRequest[]): Promise<void> {
  await withinLimits(c, requests, async () => undefined);
}

/**
 * Counts before the work is begun, and gives it back where the work fails.
 *
 * @throws AppError too_many_requests
 */
export async function withinLimits<T>(c: AppContext, requests: TotalsRequest[], work: () => Promise<T>): Promise<T> {
  const answer = await take(c, requests);
  if (answer?.isAllowed === false) throw new AppError("too_many_requests", KIND_WORDS, { retryAt: answer.retryAt });
  try {
    return await work();
  } catch (error) {
    if (answer !== null) await refundTotals(c.env, requests, answer.takenAt);
    throw error;
  }
}

/** @returns false where it is over a limit; with a `waitMs` of 0 only where that is known already */
export async function isWithinLimits(c: AppContext, requests: TotalsRequest[], wait: { waitMs?: number }): Promise<boolean> {
  return (await take(c, requests, wait))?.isAllowed !== false;
}
