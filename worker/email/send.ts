/** What a mail transport is, whichever one is configured. */
import type { OutgoingMail } from "./outgoing-mail.ts";
import { validateOutgoing } from "./validate-outgoing.ts";

export interface RefusedRecipient {
  address: string;
  /** Plain words. */
  reason: string;
  code: string;
  isHard: boolean;
  /** The other server may take it later. */
  isTemporary: boolean;
}

export type SendResult =
  | {
      kind: "sent";
      /** Without brackets; what answers will refer to, as far as the transport tells. */
      messageId: string | null;
      /** One refused address does not stop the others. */
      refused: RefusedRecipient[];
    }
  /**
   * For good: the same mail would be refused again. `isHard` where it is the address itself that does not
   * exist or may not be written to, and is to be marked undeliverable. With several recipients `refused` says so for
   * each, where the transport tells.
   */
  | { kind: "refused"; reason: string; code: string; isHard: boolean; refused?: RefusedRecipient[] }
  /** Nothing was sent for certain: may be tried again. */
  | { kind: "deferred"; reason: string }
  /** It may have been sent: never repeated by itself (A5). */
  | { kind: "unknown"; reason: string };

export interface MailTransport {
  /** Never throws: every outcome is a result. `reason`s are for agents to read. */
  send: (mail: OutgoingMail) => Promise<SendResult>;
}

/** Puts the validation in front of a transport, so that no transport sees a header that breaks out of its line. */
export function createCheckedTransport(transport: MailTransport): MailTransport {
  return {
    send: async (mail) => {
      const check = validateOutgoing(mail);
      if (check.kind === "problem") return { kind: "refused", reason: check.reason, code: check.code, isHard: false };
      return transport.send(mail);
    },
  };
}

/** For a deployment whose transport is missing or misconfigured: mails wait visibly instead of being lost. */
export function createUnavailableTransport(reason: string): MailTransport {
  return { send: async () => ({ kind: "deferred", reason }) };
}
