/** What a mail that leaves means for its conversation. Pure. */
import { askAgain, withCorrespondent } from "./addresses.ts";
import { writtenTo } from "./copies.ts";
import type { Effect, Turn } from "./effects.ts";
import type { DeliveryResult, OutboxRow, Settled } from "./outbox.ts";
import { ADDRESS_CHANGED_REASON, type Message } from "./protocol.ts";
import { keepReferences, replyAddressOf, type ConversationState } from "./state.ts";
import { unseenAddressOf } from "./unseen.ts";

/**
 * Where a mail goes: where it was written to, if that is still where replies of its kind go; null where it is not. A chat
 * reply goes to the address that its reader gave.
 */
export function addressOfRow(row: OutboxRow, state: ConversationState, message: Message): string | null {
  const present = message.channel === "chat" ? (unseenAddressOf(state) ?? replyAddressOf(state)) : replyAddressOf(state);
  const to = row.to ?? writtenTo(message);
  return to === null || to === present ? present : null;
}

/** Noted before the transport is called: from now on only an agent replaces the address. */
export function decideLeaving({ state }: Turn, to: string): Effect[] {
  return [{ kind: "state", state: withCorrespondent(state, to, ({ mails }) => ({ mails: mails + 1 })) }];
}

interface Left {
  row: OutboxRow;
  message: Message;
  result: DeliveryResult;
}

/** A reply by mail has left: the widget says where the conversation goes on, and the address book has its reader. */
export function decideLeft({ state }: Turn, settled: Settled, { row, message, result }: Left): Effect[] {
  const to = row.to ?? replyAddressOf(state);
  const hasLeft = settled.delivery.state === "sent" || settled.delivery.state === "unknown";
  const isReply = hasLeft && message.author.kind === "agent";
  const isUnknown = isReply && to !== null && state.contact === null && to === replyAddressOf(state);
  const next = {
    ...(isBounce(result) && to !== null ? bounced(state, to) : state),
    ...(settled.messageId !== null && withReference(state, settled.messageId)),
    ...(isReply && message.channel === "email" && { hasMailed: true }),
    ...(isUnknown && { unresolved: { email: to } }),
  };
  if (JSON.stringify(next) === JSON.stringify(state)) return [];
  const isShown = next.hasMailed !== state.hasMailed;
  return [
    { kind: "state", state: isShown ? { ...next, revision: state.revision + 1 } : next },
    ...(isShown ? [{ kind: "conversation" as const }] : []),
  ];
}

/** The next server has refused it for good. */
function isBounce(result: DeliveryResult): boolean {
  return result.kind === "refused" && result.reason !== ADDRESS_CHANGED_REASON;
}

/** A mail to an address came back for good. */
export function bounced(state: ConversationState, email: string): ConversationState {
  return askAgain(withCorrespondent(state, email, ({ bounces }) => ({ bounces: bounces + 1 })));
}

/** Our own mail's id joins the thread's references. */
function withReference({ mail }: ConversationState, messageId: string): Partial<ConversationState> {
  if (mail === null || mail.references.includes(messageId)) return {};
  return { mail: { ...mail, references: keepReferences([...mail.references, messageId]) } };
}
