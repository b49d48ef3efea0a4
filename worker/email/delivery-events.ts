/**
 * What Cloudflare tells of mails that it was given, read and turned into what it changes. Pure.
 * Source: developers.cloudflare.com/queues/event-subscriptions/events-schemas/ (Email Sending), schema version 1.
 */
import * as v from "valibot";
import type { DeliveryReport } from "../../durable-objects/conversation/delivery.ts";
import { canonicalAddress } from "../domain/address.ts";
import type { UndeliverableAddress } from "../domain/api-shapes.ts";
import { assertNever } from "../domain/assert-never.ts";

/** UTF-16 code units of another server's words that are repeated. */
const REASON_LENGTH_MAX = 300;

const words = v.optional(v.string());
const addressSchema = v.pipe(v.string(), v.includes("@"), v.transform(canonicalAddress));
const common = {
  /** As the binding's `send` has answered it. */
  messageId: v.pipe(v.string(), v.minLength(1)),
  /** The mailbox that it was sent from. */
  sender: addressSchema,
  recipient: addressSchema,
};
const event = <const T extends string, const E extends v.ObjectEntries>(type: T, entries: E) =>
  v.object({
    type: v.literal(`cf.email.sending.message.${type}`),
    payload: v.object({ ...common, delivery: v.optional(v.object({ smtpResponse: words })), ...entries }),
  });
const bounce = v.optional(v.object({ type: words, reason: words }));

const eventSchema = v.variant("type", [
  event("delivered", {}),
  event("deferred", { bounce }),
  event("bounced", { bounce }),
  event("failed", {}),
  event("rejected", { rejection: v.optional(v.object({ reason: words, party: words })) }),
  event("complained", {}),
]);

type SendingEvent = v.InferOutput<typeof eventSchema>;

/** What an event changes. */
export interface DeliveryChange {
  /** Without brackets. */
  messageId: string;
  sender: string;
  /** Of the message that was mailed, where it is one of a conversation. */
  report: DeliveryReport & { recipient: string };
  address:
    | { kind: "none" }
    /** Mail has reached it: a bounce of earlier is over. */
    | { kind: "reached" }
    | { kind: "undeliverable"; cause: UndeliverableAddress["cause"] };
}

/** Null for what is no event of a sent mail, or one that this version does not know. */
export function parseDeliveryEvent(body: unknown): DeliveryChange | null {
  const parsed = v.safeParse(eventSchema, body);
  if (!parsed.success) return null;
  const { messageId, sender, recipient } = parsed.output.payload;
  const { address, kind, reason } = changeOf(parsed.output);
  return { messageId: messageId.replace(/^<|>$/g, ""), sender, report: { kind, recipient, reason: toLine(reason) }, address };
}

type Change = Pick<DeliveryReport, "kind" | "reason"> & Pick<DeliveryChange, "address">;

function changeOf({ type, payload }: SendingEvent): Change {
  const nothing = { kind: "none" } as const;
  const said = payload.delivery?.smtpResponse;
  switch (type) {
    case "cf.email.sending.message.delivered":
      return { kind: "delivered", reason: "", address: { kind: "reached" } };
    case "cf.email.sending.message.deferred":
      return { kind: "delayed", reason: withWords("The mail is delayed.", payload.bounce?.reason ?? said), address: nothing };
    case "cf.email.sending.message.bounced": {
      // What was tried in vain for days is not bad for ever: a full mailbox is emptied.
      const isHard = payload.bounce?.type === "hard";
      const reason = withWords("The mail came back.", payload.bounce?.reason ?? said);
      return { kind: "refused", reason, address: isHard ? { kind: "undeliverable", cause: "bounce" } : nothing };
    }
    case "cf.email.sending.message.failed":
      return { kind: "refused", reason: "Cloudflare could not deliver this mail.", address: nothing };
    case "cf.email.sending.message.rejected": {
      const isSuppressed = payload.rejection?.reason === "suppressed" && payload.rejection.party !== "sender";
      return isSuppressed
        ? { kind: "refused", reason: SUPPRESSED_REASON, address: { kind: "undeliverable", cause: "bounce" } }
        : { kind: "refused", reason: "Cloudflare did not send this mail by its own rules.", address: nothing };
    }
    case "cf.email.sending.message.complained":
      return { kind: "complained", reason: COMPLAINT_REASON, address: { kind: "undeliverable", cause: "complaint" } };
    default:
      return assertNever(type);
  }
}

export const COMPLAINT_REASON = "The recipient reported this mail as spam.";
const SUPPRESSED_REASON = "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.";

function withWords(sentence: string, said: string | undefined): string {
  return said === undefined || said.trim() === "" ? sentence : `${sentence} The other server said: ${said}`;
}

/** It is shown and stored: never with a line break. */
function toLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, REASON_LENGTH_MAX);
}
