/** Mail by Cloudflare's `send_email` binding. It chooses the Message-ID itself. */
import { explainCloudflareError, readErrorCode } from "./cloudflare-mail-errors.ts";
import type { MailAddress } from "./mail.ts";
import { copiesOf, type OutgoingMail } from "./outgoing-mail.ts";
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

/**
 * The binding refuses a mail as a whole for one suppressed address, and has then sent it to nobody: those that it names
 * are left out, once. Where it names none, everyone gets a mail of their own, so that it stops only whom it is about.
 */
async function sendToAll(binding: EmailBinding, mail: OutgoingMail, timeoutMs: number): Promise<SendResult> {
  if (hasOnlyHidden(mail)) return sendOneByOne(binding, mail, timeoutMs);
  const first = await sendOnce(binding, mail, timeoutMs);
  if (first.kind === "done") return first.result;
  const everyone = copiesOf(mail);
  const result = explainCloudflareError(first.error, everyone.length);
  if (everyone.length === 1 || result.kind !== "refused" || readErrorCode(first.error) !== "E_RECIPIENT_SUPPRESSED")
    return result;

  const named = findNamed(first.error, everyone);
  if (named.size === 0) return sendOneByOne(binding, mail, timeoutMs);
  const { reason, code, isHard } = result;
  const refused = [...named].map((address): RefusedRecipient => ({ address, reason, code, isHard, isTemporary: false }));
  if (named.size === everyone.length) return { ...result, refused };
  const rest: OutgoingMail = { ...mail, withheld: [...mail.withheld, ...named] };
  if (hasOnlyHidden(rest)) return withRefused(await sendOneByOne(binding, rest, timeoutMs), refused);
  const second = await sendOnce(binding, rest, timeoutMs);
  if (second.kind === "failed") return explainCloudflareError(second.error, everyone.length - named.size);
  return withRefused(second.result, refused);
}

function withRefused(result: SendResult, refused: RefusedRecipient[]): SendResult {
  if (result.kind !== "sent" && result.kind !== "refused") return result;
  return { ...result, refused: [...refused, ...(result.refused ?? [])] };
}

/** The binding needs a To, and several hidden people in it would see each other. */
function hasOnlyHidden(mail: OutgoingMail): boolean {
  const visible = copiesOf({ ...mail, bcc: [] });
  return visible.length === 0 && copiesOf(mail).length > 1;
}

async function sendOneByOne(binding: EmailBinding, mail: OutgoingMail, timeoutMs: number): Promise<SendResult> {
  const results = await Promise.all(
    copiesOf(mail).map(async (person) => {
      const attempt = await sendOnce(binding, { ...mail, to: [person], cc: [], bcc: [] }, timeoutMs);
      return { person, result: attempt.kind === "done" ? attempt.result : explainCloudflareError(attempt.error, 1) };
    }),
  );
  const sent = results.find(({ result }) => result.kind === "sent")?.result;
  const refused = results.flatMap(({ person, result }): RefusedRecipient[] => {
    if (result.kind === "sent") return [];
    const { code, isHard } = result.kind === "refused" ? result : { code: result.kind, isHard: false };
    return [{ address: person.address, reason: result.reason, code, isHard, isTemporary: result.kind === "deferred" }];
  });
  if (sent?.kind === "sent") return { ...sent, refused };
  // The gravest: somebody may have it, then it must not go to everybody again by itself (A5).
  const [unknown, deferred] = (["unknown", "deferred"] as const).map((kind) =>
    results.find(({ result }) => result.kind === kind),
  );
  const decisive = (unknown ?? deferred ?? results[0])?.result;
  if (decisive === undefined) return { kind: "deferred", reason: "This mail has no recipient." };
  return decisive.kind === "refused" ? { ...decisive, isHard: false, refused } : decisive;
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
  // Whom the headers name is who gets it: there is no envelope of its own.
  const getsIt = ({ address }: MailAddress) => !mail.withheld.includes(address);
  const [to, cc, bcc] = [mail.to.filter(getsIt), mail.cc.filter(getsIt), mail.bcc.filter(getsIt)];
  // Without its first recipient a mail is one to those in copy.
  const first = [to, cc, bcc].find((list) => list.length > 0) ?? [];
  return {
    from: toBindingAddress(mail.from),
    to: first.map(toBindingAddress),
    ...(cc.length === 0 || cc === first ? {} : { cc: cc.map(toBindingAddress) }),
    ...(bcc.length === 0 || bcc === first ? {} : { bcc: bcc.map(toBindingAddress) }),
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
