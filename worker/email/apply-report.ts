/** Carries out what a bounce or a complaint says of a mail of ours. Safe to repeat. */
import type { DeliveryReport } from "../../durable-objects/conversation/delivery.ts";
import type { Database } from "../db/database.ts";
import { markUndeliverable } from "../db/undeliverable.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { COMPLAINT_REASON } from "./delivery-events.ts";
import { asClaim } from "./report-evidence.ts";
import type { OriginalMessage, Verdict } from "./verdict.ts";

interface ReportInput {
  env: Env;
  db: Database;
}

/** A complaint stops mail to its address; a receipt says that the mail was opened. */
export async function applyEvent({ env, db }: ReportInput, verdict: Extract<Verdict, { code: "event" }>): Promise<void> {
  const { event, isOpened, suppress, original } = verdict;
  if (suppress !== null)
    await markUndeliverable(db, { email: suppress, cause: "complaint", reason: COMPLAINT_REASON, at: Date.now() });
  if (original === null || (event === "receipt" && isOpened !== true)) return;
  const report = reportOf(event, original);
  if (report !== null) await conversationStub(env, original.conversationId).reportDelivery(original.seq, report);
}

/** Null where it is a receipt that anyone could have sent. */
function reportOf(event: "complaint" | "receipt", { recipient, isProven }: OriginalMessage): DeliveryReport | null {
  switch (event) {
    case "complaint":
      return isProven
        ? { kind: "complained", recipient, reason: COMPLAINT_REASON }
        : { kind: "claimed", recipient, reason: asClaim(COMPLAINT_REASON) };
    case "receipt":
      return isProven ? { kind: "opened", recipient, reason: "" } : null;
    default:
      return assertNever(event);
  }
}

/** One that anyone could have sent is noted. Without an address that is undeliverable it only says that the mail is delayed, or not whose copy is meant. */
export async function applyBounce({ env, db }: ReportInput, verdict: Extract<Verdict, { code: "bounce" }>): Promise<void> {
  const { original, undeliverable, deliveryReason: reason } = verdict;
  if (undeliverable !== null) await markUndeliverable(db, { email: undeliverable, cause: "bounce", reason, at: Date.now() });
  const kind = original.isProven ? (undeliverable === null ? "delayed" : "refused") : "claimed";
  await conversationStub(env, original.conversationId).reportDelivery(original.seq, {
    kind,
    recipient: original.recipient,
    reason,
  });
}
