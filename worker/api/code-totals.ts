/**
 * What codes may be asked for and tried, counted over all conversations (T21): whoever begins many chats, or has many
 * addresses, has no more of them.
 */
import { tellOwner } from "../tell-owner.ts";
import { peekTotals, refundTotals, takeTotals, type TotalsRequest } from "../totals.ts";
import { hasRateLimits, type Env } from "../env.ts";
import { clientKey, type AppContext } from "./context.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const CODE_TOTALS = {
  perClientAnHour: 5,
  perAddressAMinute: 1,
  /** That strangers may use up. */
  perAddressADay: 6,
  /** More of them for a conversation in which the address has answered a mail of ours. */
  perAnsweredADay: 3,
  /** In the deployment. */
  perDay: 2_000,
  wrongPerClientAnHour: 20,
  wrongPerAddressADay: 20,
  /** Wrong ones in a day, everywhere, from which on codes have more digits. */
  guardedFrom: 500,
} as const;

/** Nobody reaches it: it is only counted. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;
const ALL_WRONG: TotalsRequest = { key: "wrong-codes:all", limits: [{ windowMs: DAY_MS, max: UNLIMITED }] };

interface Asked {
  client: string;
  email: string;
  /** Where the address has answered a mail of ours, and its owner has not said that it was not them. */
  answeredIn: string | null;
}

/** Where nobody counts no code leaves. */
export async function mayMailCode(env: Env, { client, email, answeredIn }: Asked): Promise<boolean> {
  const minute = { windowMs: MINUTE_MS, max: CODE_TOTALS.perAddressAMinute };
  const common: TotalsRequest[] = [
    { key: `codes:client:${client}`, limits: [{ windowMs: HOUR_MS, max: CODE_TOTALS.perClientAnHour }] },
    { key: "codes:all", limits: [{ windowMs: DAY_MS, max: CODE_TOTALS.perDay }] },
    { key: `codes:minute:${email}`, limits: [minute] },
  ];
  const day = { key: `codes:day:${email}`, limits: [{ windowMs: DAY_MS, max: CODE_TOTALS.perAddressADay }] };
  const first = await takeTotals(env, [...common, day], { onSilence: "refuse" });
  if (first.isAllowed || answeredIn === null || first.key !== day.key) return first.isAllowed;
  const own = { key: `codes:answered:${answeredIn}:${email}`, limits: [{ windowMs: DAY_MS, max: CODE_TOTALS.perAnsweredADay }] };
  return (await takeTotals(env, [...common, own], { onSilence: "refuse" })).isAllowed;
}

/** Whether somebody guesses in many conversations at once. */
export async function isGuarded(env: Env): Promise<boolean> {
  const used = await peekTotals(env, [ALL_WRONG]);
  // Where nobody knows: more digits cost an honest visitor four keys.
  if (used === null) return true;
  const isReached = (used[0]?.used ?? 0) >= CODE_TOTALS.guardedFrom;
  if (isReached) tellOwner(env, "codes");
  return isReached;
}

interface Counted {
  isAllowed: boolean;
  /** It was right. */
  giveBack: () => Promise<void>;
}

/** @param tried.conversationId where the address has answered a mail of ours: strangers' wrong tries do not count there */
export async function countTry(c: AppContext, tried: { email: string; conversationId: string | null }): Promise<Counted> {
  const { email, conversationId } = tried;
  if (!hasRateLimits(c.env, new URL(c.req.url))) return { isAllowed: true, giveBack: async () => undefined };
  const who = conversationId === null ? email : `${conversationId}:${email}`;
  const requests: TotalsRequest[] = [
    ALL_WRONG,
    {
      key: `wrong-codes:client:${clientKey(c.req.raw)}`,
      limits: [{ windowMs: HOUR_MS, max: CODE_TOTALS.wrongPerClientAnHour }],
    },
    { key: `wrong-codes:address:${who}`, limits: [{ windowMs: DAY_MS, max: CODE_TOTALS.wrongPerAddressADay }] },
  ];
  const answer = await takeTotals(c.env, requests, { onSilence: "refuse" });
  if (!answer.isAllowed) return { isAllowed: false, giveBack: async () => undefined };
  return { isAllowed: true, giveBack: () => refundTotals(c.env, requests, answer.takenAt) };
}
