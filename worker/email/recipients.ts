/** Who gets a copy of an agent's mail, and what the transport's answer means for each of them. Pure. */
import { recipientsOf } from "../../durable-objects/conversation/copies.ts";
import type { DeliveryResult, RecipientRefusal } from "../../durable-objects/conversation/outbox.ts";
import type { MailToDeliver } from "../../durable-objects/conversation/ports.ts";
import type { UndeliverableAddress } from "../domain/api-shapes.ts";
import { toAsciiAddress } from "../domain/address.ts";
import type { SendResult } from "./send.ts";

export interface RecipientPlan {
  /** Everyone whom the mail names: To first. */
  everyone: string[];
  /** Those who get a copy now. */
  targets: string[];
  /** Those who should get one and must not without an agent's say. */
  held: RecipientRefusal[];
}

/** @param undeliverable what is known of any of its recipients */
export function planRecipients(job: MailToDeliver, undeliverable: readonly UndeliverableAddress[]): RecipientPlan {
  const everyone = recipientsOf(job.to, job.message);
  const asked = everyone.filter((address) => job.only === null || job.only.includes(address));
  const marks = job.isInsisted ? [] : undeliverable.filter(({ email }) => asked.includes(email));
  const held = marks.map(({ email, cause }) => ({ address: email, reason: HELD_REASONS[cause], isTemporary: false }));
  return { everyone, targets: asked.filter((address) => !held.some((refusal) => refusal.address === address)), held };
}

const HELD_REASONS = {
  bounce: "Earlier mail to this address came back. Send it again to try nevertheless.",
  complaint: "This person reported an earlier mail as spam. Send it again only if they asked for it.",
} as const satisfies Record<UndeliverableAddress["cause"], string>;

export interface DeliveryOutcome {
  result: DeliveryResult;
  /** Addresses that are bad by themselves. */
  bad: { email: string; reason: string }[];
}

/** Nobody was left to send it to. */
export function heldResult({ held }: RecipientPlan): DeliveryResult {
  return { kind: "refused", reason: held[0]?.reason ?? "There is no address to write to.", refused: held };
}

/** The transport's words about each address, in the form in which the conversation knows it. */
export function outcomeOf(plan: RecipientPlan, sent: SendResult): DeliveryOutcome {
  const refusals = "refused" in sent ? (sent.refused ?? []) : [];
  const known = new Map(plan.everyone.map((address) => [toAsciiAddress(address), address]));
  const refused = refusals.map(({ address, reason, isTemporary }) => ({
    address: known.get(address) ?? address,
    reason,
    isTemporary,
  }));
  const bad = refusals.flatMap(({ address, isHard, reason }) =>
    isHard ? [{ email: known.get(address) ?? address, reason }] : [],
  );
  switch (sent.kind) {
    case "sent": {
      const to = plan.targets.filter((address) => !refused.some((refusal) => refusal.address === address));
      return { result: { kind: "sent", to, messageId: sent.messageId, refused: [...plan.held, ...refused] }, bad };
    }
    case "refused": {
      const [only] = plan.targets;
      const isAlone = plan.targets.length === 1 && only !== undefined;
      const all = isAlone && refused.length === 0 ? [{ address: only, reason: sent.reason, isTemporary: false }] : refused;
      const { reason } = sent;
      return {
        result: { kind: "refused", reason, refused: [...plan.held, ...all] },
        bad: isAlone && sent.isHard ? [{ email: only, reason }] : bad,
      };
    }
    case "deferred":
    case "unknown":
      return { result: sent, bad: [] };
  }
}
