/** What becomes of a message's mail, for each of its recipients. Pure. */
import { assertNever } from "../../worker/domain/assert-never.ts";
import type { Effect, Turn } from "./effects.ts";
import { bounced } from "./leaving.ts";
import type { Delivery, Message } from "./protocol.ts";

/** What the other side, or the platform, says about a mail that had left. */
export interface DeliveryReport {
  /** `refused` is for good; `delayed` is still tried by whoever says so; `claimed` could have been said by anyone. */
  kind: "refused" | "delayed" | "delivered" | "opened" | "complained" | "claimed";
  /** Null where the report does not tell whose copy it is about. */
  recipient: string | null;
  /** Plain words. */
  reason: string;
}

export type Refusal = NonNullable<Delivery["refused"]>[number];

/** A new delivery state of a message, stored and shown. */
export function delivered(message: Message, delivery: Delivery): Effect[] {
  const next = { ...message, delivery };
  return [
    { kind: "update", message: next },
    { kind: "broadcast", frame: { type: "delivery", seq: message.seq, delivery }, isForSender: true },
  ];
}

/** Saying it again changes nothing, and so does what is already known to be otherwise (reports come in any order). */
export function decideDeliveryReport(turn: Turn, seq: number, report: DeliveryReport): Effect[] {
  const message = turn.findBySeq(seq);
  if (message?.delivery === undefined) return [];
  const delivery = deliveryAfter(message.delivery, report, turn.now);
  if (JSON.stringify(delivery) === JSON.stringify(message.delivery)) return [];
  const who = report.kind === "refused" ? newlyRefused(message.delivery, report.recipient) : null;
  return [
    ...delivered(message, delivery),
    ...(who === null ? [] : [{ kind: "state" as const, state: bounced(turn.state, who) }]),
  ];
}

/** Whose copy has come back that was not known to have; a second report of it counts for nothing. */
function newlyRefused(before: Delivery, named: string | null): string | null {
  const who = recipientIn(before, named);
  const isKnown = before.state === "failed" || before.refused?.some(({ address }) => address === who) === true;
  return isKnown ? null : who;
}

function deliveryAfter(before: Delivery, report: DeliveryReport, now: number): Delivery {
  const who = recipientIn(before, report.recipient);
  switch (report.kind) {
    case "refused":
      return refusedFor(before, who, report.reason);
    case "delayed":
      return isOver(before, who) ? before : { ...before, reason: report.reason };
    case "claimed":
      // A claim is no reason to forget what is known.
      return before.state === "sent" && before.reason === undefined && !isOver(before, who)
        ? { ...before, reason: report.reason }
        : before;
    case "delivered":
      return who === null ? before : deliveredFor(before, who);
    case "opened":
      return before.state === "sent" && before.openedAt === undefined ? { ...before, openedAt: now } : before;
    case "complained":
      return { ...before, reason: report.reason };
    default:
      return assertNever(report.kind);
  }
}

/** Whether it is known what became of this copy; null is whichever. */
function isOver({ state, refused = [], deliveredTo = [] }: Delivery, who: string | null): boolean {
  return state === "failed" || (who !== null && (deliveredTo.includes(who) || refused.some(({ address }) => address === who)));
}

/** A report that names nobody, or somebody else (a mail that was forwarded on), is about the only recipient there is. */
function recipientIn({ to = [], refused = [] }: Delivery, named: string | null): string | null {
  const known = [...to, ...refused.map(({ address }) => address)];
  if (named !== null && known.includes(named)) return named;
  return known.length === 1 ? (known[0] ?? null) : null;
}

function refusedFor(before: Delivery, who: string | null, reason: string): Delivery {
  const { to = [], refused = [] } = before;
  // Somebody of several did not get it, and nobody knows who: said, but not that it failed.
  if (who === null && to.length > 1) return { ...before, reason };
  const reached = to.filter((address) => address !== who);
  const others = refused.filter(({ address }) => address !== who);
  const all = who === null ? refused : [...others, { address: who, reason }];
  if (reached.length === 0)
    return { state: "failed", reason, ...(to.length > 0 && { to }), ...(all.length > 1 && { refused: all }) };
  const deliveredTo = (before.deliveredTo ?? []).filter((address) => address !== who);
  return withDelivered({ ...before, to: reached, refused: all }, deliveredTo);
}

function deliveredFor(before: Delivery, who: string): Delivery {
  const { reason: _delay, refused = [], ...rest } = before;
  if (before.state === "failed" || before.state === "seen") return before;
  const others = refused.filter(({ address }) => address !== who);
  const to = [...new Set([...(before.to ?? []), who])];
  const deliveredTo = [...new Set([...(before.deliveredTo ?? []), who])];
  return withDelivered({ ...rest, state: "sent", to, ...(others.length > 0 && { refused: others }) }, deliveredTo);
}

function withDelivered({ deliveredTo: _before, ...delivery }: Delivery, deliveredTo: string[]): Delivery {
  return deliveredTo.length === 0 ? delivery : { ...delivery, deliveredTo };
}
