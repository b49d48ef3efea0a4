/** What a mail says of itself, as it is shown with its message: nothing of it is a fact (T20). */
import type { Message } from "../../durable-objects/conversation/protocol.ts";
import { findAgent } from "../db/agents.ts";
import { findOtherReplyTo } from "./contact-form.ts";
import type { ApplyInput } from "./mail-content.ts";
import type { MailAddress } from "./mail.ts";
import { isOwnAddress } from "./other-people.ts";
import type { Verdict } from "./verdict.ts";

type MailInfo = NonNullable<Message["mail"]>;
type MessageVerdict = Extract<Verdict, { target: unknown }>;

export async function claimsOf(
  input: ApplyInput,
  verdict: MessageVerdict,
): Promise<Pick<MailInfo, "claimsAgent" | "claimsForward" | "forwardAcceptedBy" | "form" | "replyTo">> {
  const claimed = await findNamed(input, verdict.claimsAgent ?? null);
  const acceptedBy = verdict.code === "forwarded" ? await findNamed(input, verdict.acceptedBy) : null;
  return {
    ...(claimed === null ? {} : { claimsAgent: claimed }),
    ...(acceptedBy === null ? {} : { forwardAcceptedBy: acceptedBy }),
    ...(verdict.code === "forwarded:unverified" ? { claimsForward: personOf(verdict.original) } : {}),
    ...(verdict.code === "form" ? { form: { address: verdict.form } } : replyToOf(input)),
  };
}

async function findNamed({ db }: ApplyInput, agentId: string | null): Promise<{ id: string; name: string } | null> {
  const agent = agentId === null ? null : await findAgent(db, agentId);
  return agent === null ? null : { id: agent.id, name: agent.name };
}

/** Our own addresses are no news: every answer of ours asks for answers at one. */
function replyToOf({ mail, mailboxes }: ApplyInput): Pick<MailInfo, "replyTo"> {
  const own = mailboxes.map(({ address }) => address);
  const others = findOtherReplyTo(mail).filter(({ address }) => !isOwnAddress(address, own));
  return others.length === 0 ? {} : { replyTo: others.map(personOf) };
}

export function personOf({ address, name }: MailAddress): { address: string; name?: string } {
  return name === null ? { address } : { address, name };
}
