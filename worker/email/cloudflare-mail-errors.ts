/**
 * The codes of Cloudflare Email Service in plain words.
 * Source: developers.cloudflare.com/email-service/api/send-emails/workers-api/ (Error codes).
 */
import type { SendResult } from "./send.ts";

type Outcome = "address" | "refused" | "deferred" | "unknown";

const ERRORS: Record<string, { outcome: Outcome; reason: string }> = {
  E_RECIPIENT_SUPPRESSED: {
    outcome: "address",
    reason: "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.",
  },
  E_RECIPIENT_NOT_ALLOWED: {
    outcome: "refused",
    reason: "This deployment may not send to this address: only to those that its settings at Cloudflare list.",
  },
  E_SENDER_NOT_VERIFIED: { outcome: "refused", reason: "The domain of this mailbox is not verified for sending at Cloudflare." },
  E_SENDER_DOMAIN_NOT_AVAILABLE: {
    outcome: "refused",
    reason: "The domain of this mailbox is not set up for sending at Cloudflare.",
  },
  E_CONTENT_TOO_LARGE: { outcome: "refused", reason: "This mail is too large to be sent." },
  E_TOO_MANY_RECIPIENTS: { outcome: "refused", reason: "This mail has too many recipients." },
  E_TOO_MANY_ATTACHMENTS: { outcome: "refused", reason: "This mail has too many files." },
  E_VALIDATION_ERROR: { outcome: "refused", reason: "Cloudflare found this mail malformed." },
  E_FIELD_MISSING: { outcome: "refused", reason: "Cloudflare found this mail incomplete." },
  E_HEADER_NOT_ALLOWED: { outcome: "refused", reason: "Cloudflare does not allow a header of this mail." },
  E_HEADER_USE_API_FIELD: { outcome: "refused", reason: "Cloudflare does not allow a header of this mail." },
  E_HEADER_VALUE_INVALID: { outcome: "refused", reason: "Cloudflare found a header of this mail malformed." },
  E_HEADER_VALUE_TOO_LONG: { outcome: "refused", reason: "A header of this mail is too long." },
  E_HEADER_NAME_INVALID: { outcome: "refused", reason: "Cloudflare found a header of this mail malformed." },
  E_HEADERS_TOO_LARGE: { outcome: "refused", reason: "The headers of this mail are too long." },
  E_HEADERS_TOO_MANY: { outcome: "refused", reason: "This mail has too many headers." },
  E_RATE_LIMIT_EXCEEDED: { outcome: "deferred", reason: "Too many mails were sent in a short time." },
  E_DAILY_LIMIT_EXCEEDED: { outcome: "deferred", reason: "The number of mails that Cloudflare allows for today is used up." },
  E_DELIVERY_FAILED: { outcome: "refused", reason: "The recipient's mail server did not take this mail." },
  // The service failed somewhere: perhaps after it had taken the mail.
  E_INTERNAL_SERVER_ERROR: {
    outcome: "unknown",
    reason: "Cloudflare had an internal error; whether the mail was sent is not known.",
  },
};

/**
 * What a thrown error says about the mail.
 * @param recipients how many addresses it was for: with several, a failed delivery may have reached some.
 */
export function explainCloudflareError(error: unknown, recipients: number): Exclude<SendResult, { kind: "sent" }> {
  const code = readErrorCode(error);
  const known = code === null ? undefined : ERRORS[code];
  if (code === null || known === undefined) {
    return {
      kind: "unknown",
      reason: `Cloudflare's answer was not understood${code === null ? "" : ` (${code})`}; whether the mail was sent is not known.`,
    };
  }
  const outcome = code === "E_DELIVERY_FAILED" && recipients > 1 ? "unknown" : known.outcome;
  switch (outcome) {
    case "address":
      return { kind: "refused", reason: known.reason, code, isHard: true };
    case "refused":
      return { kind: "refused", reason: known.reason, code, isHard: false };
    case "deferred":
      return { kind: "deferred", reason: known.reason };
    case "unknown":
      return { kind: "unknown", reason: known.reason };
  }
}

/** A code such as `E_RATE_LIMIT_EXCEEDED`; nothing else of the error is shown, for it may hold anything. */
export function readErrorCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" && /^E_[A-Z_]{1,60}$/.test(error.code) ? error.code : null;
}
