/** Mail by Cloudflare's `send_email` binding. It chooses the Message-ID itself. */
import { explainCloudflareError, readErrorCode } from "./cloudflare-mail-errors.ts";
import type { MailAddress } from "./mail.ts";
import type { OutgoingMail } from "./outgoing-mail.ts";
import { createCheckedTransport, type MailTransport, type RefusedRecipient, type SendResult } from "./send.ts";

/** How long the binding may take; after that the outcome is unknown. */
export const BINDING_TIMEOUT_MS = 60_000;

type BindingAddress = string | { email: string; name: string };

/** The structured form that the binding takes. */
export interface BindingMail {
  from: BindingAddress;
  to: BindingAddress[];
  cc?: BindingAddress[];
  bcc?: BindingAddress[];
  replyTo?: string;
  subject: string;
  headers: Record<string, string>;
  text: string;
  html: string;
  attachments: { disposition: "attachment"; filename: string; type: string; content: Uint8Array }[];
}

/** The part of the platform's `SendEmail` that is used. */
export interface EmailBinding {
  send: (mail: BindingMail) => Promise<{ messageId: string }>;
}

export function createCloudflareTransport(binding: EmailBinding, timeoutMs = BINDING_TIMEOUT_MS): MailTransport {
  return createCheckedTransport({ send: async (mail) => sendToAll(binding, mail, timeoutMs) });
}

/** The binding refuses a mail as a whole for one suppressed address: those that it names are left out, once. */
async function sendToAll(binding: EmailBinding, mail: OutgoingMail, timeoutMs: number): Promise<SendResult> {
  const first = await sendOnce(binding, mail, timeoutMs);
  if (first.kind === "done") return first.result;
  const everyone = [...mail.to, ...mail.cc, ...mail.bcc];
  const result = explainCloudflareError(first.error, everyone.length);
  if (everyone.length === 1 || result.kind !== "refused" || readErrorCode(first.error) !== "E_RECIPIENT_SUPPRESSED")
    return result;

  const named = findNamed(first.error, everyone);
  if (named.size === 0 || named.size === everyone.length) {
    // Which address it was is not known, so none may be marked undeliverable.
    return {
      ...result,
      isHard: false,
      reason: "Cloudflare holds mail to one of these addresses back, so it sent to none of them.",
    };
  }
  const without = (list: MailAddress[]) => list.filter(({ address }) => !named.has(address));
  const rest: OutgoingMail = { ...mail, to: without(mail.to), cc: without(mail.cc), bcc: without(mail.bcc) };
  const refused = [...named].map((address): RefusedRecipient => ({
    address,
    reason: result.reason,
    code: result.code,
    isHard: result.isHard,
  }));
  const second = await sendOnce(binding, rest, timeoutMs);
  if (second.kind === "failed") return explainCloudflareError(second.error, everyone.length - named.size);
  return second.result.kind === "sent" ? { ...second.result, refused } : second.result;
}

type Attempt = { kind: "done"; result: SendResult } | { kind: "failed"; error: unknown };

async function sendOnce(binding: EmailBinding, mail: OutgoingMail, timeoutMs: number): Promise<Attempt> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const deadline = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), timeoutMs);
  });
  try {
    const sent = await Promise.race([binding.send(toBindingMail(mail)), deadline]);
    if (sent === "late") return { kind: "done", result: { kind: "unknown", reason: "Cloudflare did not answer in time." } };
    const messageId = sent.messageId.replace(/^<|>$/g, "") || null;
    return { kind: "done", result: { kind: "sent", messageId, refused: [] } };
  } catch (error) {
    return { kind: "failed", error };
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

function toBindingMail(mail: OutgoingMail): BindingMail {
  // Without its first recipient a mail is one to those in copy.
  const { to, cc } = mail.to.length > 0 ? mail : { to: mail.cc, cc: [] };
  return {
    from: toBindingAddress(mail.from),
    to: to.map(toBindingAddress),
    ...(cc.length === 0 ? {} : { cc: cc.map(toBindingAddress) }),
    ...(mail.bcc.length === 0 ? {} : { bcc: mail.bcc.map(toBindingAddress) }),
    ...(mail.replyTo === null ? {} : { replyTo: mail.replyTo }),
    subject: mail.subject,
    headers: mail.headers,
    text: mail.text,
    html: mail.html,
    attachments: mail.attachments.map(({ name, type, content }) => ({
      disposition: "attachment",
      filename: name,
      type,
      content,
    })),
  };
}

function toBindingAddress({ address, name }: MailAddress): BindingAddress {
  return name === null ? address : { email: address, name };
}

function findNamed(error: unknown, addresses: readonly MailAddress[]): Set<string> {
  const words = error instanceof Error ? error.message.toLowerCase().split(/[\s<>"'`,;()]+/) : [];
  const named = new Set(words.map((word) => word.replace(/[.:]+$/, "")));
  return new Set(addresses.map(({ address }) => address).filter((address) => named.has(address.toLowerCase())));
}
