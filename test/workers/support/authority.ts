/** What shows that a mail is an agent's: the word of the server that the settings name, and addresses signed for them. */
import "./bindings.ts";
import { env } from "cloudflare:workers";
import type { ReplyKind } from "../../../worker/email/reply-address.ts";
import { createSignedAddress } from "../../../worker/email/signed-address.ts";
import { MAILBOX } from "./deployment.ts";

const SERVER = "mx.acme.test";

/** Mail settings that name the server. */
export const TRUSTED = { authservId: SERVER };

/** What that server writes above a mail that is really from this domain. */
export function passed(domain = "acme.test"): string {
  return `Authentication-Results: ${SERVER}; dmarc=pass (p=reject) header.from=${domain}`;
}

/** The signed address of a mail that was sent to this person. */
export async function signedFor(kind: ReplyKind, recipient: string, conversationId: string): Promise<string> {
  return createSignedAddress(env, { kind, conversationId, mailbox: MAILBOX, recipient });
}

/** The text of a mail that forwards another one, as mail programs write it. */
export function forwardOf(author: { from: string; text: string; note?: string }): { subject: string; text: string } {
  const { from, text, note = "Please help" } = author;
  const header = ["---------- Forwarded message ---------", `From: ${from}`, "Subject: Broken lamp", "To: <olivia@acme.test>"];
  return { subject: "Fwd: Broken lamp", text: [...(note === "" ? [] : [note, ""]), ...header, "", text].join("\r\n") };
}
