/** Stands in for Cloudflare's own outbound mail service: what Hilo hands to it, and what it answers. */
import "./bindings.ts";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { BindingMail } from "../../../worker/email/send-cloudflare.ts";
import { WAIT } from "./socket.ts";

export interface Outbound {
  readonly mails: BindingMail[];
  /** The mail with this number, waited for. */
  nth: (number: number) => Promise<BindingMail>;
}

type Answer = (mail: BindingMail) => Promise<{ messageId: string }>;

function install(send: Answer): void {
  Object.defineProperty(env.EMAIL, "send", { configurable: true, value: send });
}

/** Takes every mail and names it, as the platform does. */
export function takeMail(answer?: Answer): Outbound {
  const mails: BindingMail[] = [];
  install(async (mail) => {
    mails.push(mail);
    return answer === undefined ? { messageId: `<sent-${mails.length}@cloudflare.test>` } : answer(mail);
  });
  return {
    mails,
    nth: async (number) =>
      vi.waitFor(() => {
        const mail = mails[number - 1];
        if (mail === undefined) throw new Error(`${mails.length} mails were sent`);
        return mail;
      }, WAIT),
  };
}

/** Takes nothing for now: mails stay queued. */
export function holdMail(): void {
  install(async () => Promise.reject(failure("E_RATE_LIMIT_EXCEEDED")));
}

/** An error as the platform throws it. */
export function failure(code: string): Error {
  return Object.assign(new Error(`mail service: ${code}`), { code });
}
