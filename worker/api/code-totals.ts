/**
 * What codes may be asked for and tried, counted over all conversations (T21): whoever begins many chats, or has many
 * addresses, has no more of them. An address is counted without its `+detail`: all of them are one mailbox.
 */
import { tellOwner } from "../tell-owner.ts";
import { peekTotals, refundTotals, takeTotals, type TotalsRequest } from "../totals.ts";
import type { SendResult } from "../email/send.ts";
import { withoutDetails } from "../email/subaddress.ts";
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
const ALL_CODES = "codes:all";
const ALL_WRONG: TotalsRequest = { key: "wrong-codes:all", limits: [{ windowMs: DAY_MS, max: UNLIMITED }] };

interface Asked {
  client: string;
  email: string;
  /** Where the address has answered a mail of ours, and its owner has not said that it was not them. */
  answeredIn: string | null;
}

/**
 * Where nobody counts no code leaves. What has not left is not counted; only of the client it is where the address was
 * refused, for nobody may try addresses without end.
 *
 * @param send hands the mail over; null where there was none to hand over
 */
export async function withinCodeTotals(env: Env, asked: Asked, send: () => Promise<SendResult | null>): Promise<void> {
  const taken = await takeForCode(env, asked);
  if (taken === null) return;
  const { requests, ofClient, takenAt } = taken;
  let result: SendResult | null = null;
  try {
    result = await send();
  } finally {
    // Of `unknown` nobody can say whether it was sent.
    if (result?.kind !== "sent" && result?.kind !== "unknown")
      await refundTotals(env, result?.kind === "refused" ? requests.filter((one) => one !== ofClient) : requests, takenAt);
  }
}

interface TakenForCode {
  requests: TotalsRequest[];
  /** The one of them that is the client's. */
  ofClient: TotalsRequest;
  takenAt: number;
}

/** Null where it is one too many. */
async function takeForCode(env: Env, { client, email, answeredIn }: Asked): Promise<TakenForCode | null> {
  const mailbox = withoutDetails(email);
  const ofClient = { key: `codes:client:${client}`, limits: [{ windowMs: HOUR_MS, max: CODE_TOTALS.perClientAnHour }] };
  const minute = { windowMs: MINUTE_MS, max: CODE_TOTALS.perAddressAMinute };
  const common: TotalsRequest[] = [
    ofClient,
    { key: ALL_CODES, limits: [{ windowMs: DAY_MS, max: CODE_TOTALS.perDay }] },
    { key: `codes:minute:${mailbox}`, limits: [minute] },
  ];
  const day = { key: `codes:day:${mailbox}`, limits: [{ windowMs: DAY_MS, max: CODE_TOTALS.perAddressADay }] };
  const requests = [...common, day];
  const first = await takeTotals(env, requests, { onSilence: "refuse" });
  if (first.isAllowed) return { requests, ofClient, takenAt: first.takenAt };
  if (first.key === ALL_CODES) tellOwner(env, "code-mails");
  if (answeredIn === null || first.key !== day.key) return null;
  const limits = [{ windowMs: DAY_MS, max: CODE_TOTALS.perAnsweredADay }];
  const instead = [...common, { key: `codes:answered:${answeredIn}:${mailbox}`, limits }];
  const second = await takeTotals(env, instead, { onSilence: "refuse" });
  return second.isAllowed ? { requests: instead, ofClient, takenAt: second.takenAt } : null;
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
  const mailbox = withoutDetails(email);
  const who = conversationId === null ? mailbox : `${conversationId}:${mailbox}`;
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
