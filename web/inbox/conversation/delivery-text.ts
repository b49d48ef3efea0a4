import type { Channel, Delivery } from "../../../durable-objects/conversation/protocol.ts";
import { UNDONE_REASON } from "../../shared/protocol-constants.ts";
import { sayMailReason } from "../i18n/mail-reasons.ts";
import type { Texts, TextKey } from "../i18n/use-text.ts";

type MailState = Exclude<Delivery["state"], "seen">;

const MAIL_KEYS = {
  queued: "delivery.queued",
  sending: "delivery.sending",
  sent: "delivery.sent",
  failed: "delivery.failed",
  unknown: "delivery.unknown",
} as const satisfies Record<MailState, TextKey>;
/** For the mail of a chat message, which its reader may have seen in the chat as well. */
const CHAT_MAIL_KEYS = {
  queued: "delivery.mailed.queued",
  sending: "delivery.mailed.sending",
  sent: "delivery.mailed.sent",
  failed: "delivery.mailed.failed",
  unknown: "delivery.mailed.unknown",
} as const satisfies Record<MailState, TextKey>;

/** An agent has taken the mail back in time: nothing went wrong. */
export function isTakenBack({ state, reason }: Delivery): boolean {
  return state === "failed" && reason === UNDONE_REASON;
}

/** What became of a message's mail, in words. */
export function describeDelivery(delivery: Delivery, channel: Channel, { t, locale }: Texts): string {
  const { state } = delivery;
  const reason = delivery.reason === undefined ? undefined : sayMailReason(delivery.reason, locale.value);
  if (state === "seen") return t("delivery.seen");
  if (isTakenBack(delivery)) return t("delivery.takenBack");
  if (state === "queued" && reason !== undefined) return t("delivery.queuedReason", { reason });
  if (state === "failed" && reason !== undefined)
    return t(channel === "chat" ? "delivery.mailed.failedReason" : "delivery.failedReason", { reason });
  if (state === "unknown" && reason !== undefined)
    return t(channel === "chat" ? "delivery.mailed.unknownReason" : "delivery.unknownReason", { reason });
  if (state === "sent" && channel === "email") {
    const { to = [], deliveredTo = [] } = delivery;
    if (reason !== undefined) return t("delivery.sentReason", { reason });
    if (delivery.openedAt !== undefined) return t("delivery.opened");
    if (to.length > 0 && to.every((address) => deliveredTo.includes(address))) return t("delivery.delivered");
  }
  return t((channel === "chat" ? CHAT_MAIL_KEYS : MAIL_KEYS)[state]);
}
