/** A mail that shows whether a mailbox can send: handed over at once, its outcome answered, nothing stored. */
import type { Mailbox, TestMailResult } from "../domain/api-shapes.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { Settings } from "../domain/settings.ts";
import type { Env } from "../env.ts";
import { composeSystemMail } from "./compose-system.ts";
import { MAIL_TEXTS } from "./compose-texts.ts";
import { loopMarkerOf } from "./secrets.ts";
import type { MailTransport, SendResult } from "./send.ts";
import { createTransport } from "./transport.ts";

/** Ms that somebody in front of a screen is kept waiting. */
export const TEST_MAIL_TIMEOUT_MS = 25_000;

interface TestMailInput {
  mailbox: Mailbox;
  to: string;
  settings: Settings;
  /** Of the mail's Message-ID. */
  id: string;
}

/** It carries our marker and no reply address: coming back it is a loop (M3), and never begins a conversation. */
export async function sendTestMail(
  env: Env,
  { mailbox, to, settings, id }: TestMailInput,
  { transport = createTransport(env), timeoutMs = TEST_MAIL_TIMEOUT_MS }: { transport?: MailTransport; timeoutMs?: number } = {},
): Promise<TestMailResult> {
  const locale = mailbox.locale ?? settings.mail.locale;
  const texts = MAIL_TEXTS[locale];
  const mail = composeSystemMail({
    locale,
    from: { address: mailbox.address, name: settings.company },
    to: { address: to, name: null },
    subject: texts.testSubject(mailbox.address),
    paragraphs: [texts.testText(mailbox.address)],
    messageId: `${id}@${mailbox.address.slice(mailbox.address.lastIndexOf("@") + 1)}`,
    loopMarker: await loopMarkerOf(env),
  });
  return toTestResult(to, await withDeadline(transport.send(mail), timeoutMs));
}

async function withDeadline(work: Promise<SendResult>, timeoutMs: number): Promise<SendResult> {
  const late = Promise.withResolvers<SendResult>();
  const timer = setTimeout(() => {
    const reason = `The mail server has not answered within ${Math.round(timeoutMs / 1_000)} seconds; the mail may still arrive.`;
    late.resolve({ kind: "unknown", reason });
  }, timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function toTestResult(to: string, result: SendResult): TestMailResult {
  switch (result.kind) {
    case "sent":
      return { kind: "sent", to };
    case "refused":
    case "deferred":
    case "unknown":
      return { kind: result.kind, to, reason: result.reason };
    default:
      return assertNever(result);
  }
}
