/** The mail transport that the configuration names. */
import { newId } from "../api/new-id.ts";
import { configOf, type Env } from "../env.ts";
import { createCloudflareTransport } from "./send-cloudflare.ts";
import { createSmtpTransport } from "./send-smtp.ts";
import { createUnavailableTransport, type MailTransport } from "./send.ts";
import { connectSmtp } from "./smtp-socket.ts";
import { parseSmtpUrl } from "./smtp-url.ts";

export function createTransport(env: Env): MailTransport {
  const { MAIL_TRANSPORT, SMTP_URL } = configOf(env);
  if (MAIL_TRANSPORT === "cloudflare") return createCloudflareTransport({ send: (mail) => env.EMAIL.send(mail) });
  const url = parseSmtpUrl(SMTP_URL);
  if (url.kind === "problem") return createUnavailableTransport(`Mail cannot be sent: ${url.reason}`);
  return createSmtpTransport({ config: url.config, connect: connectSmtp, now: () => Date.now(), newId });
}
