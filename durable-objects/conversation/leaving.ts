/** What a mail that leaves means for its conversation. Pure. */
import { assertNever } from "../../worker/domain/assert-never.ts";
import { askAgain, unseenAddressOf, withCorrespondent } from "./addresses.ts";
import { recipientsOf, writtenTo } from "./copies.ts";
import type { Effect, Turn } from "./effects.ts";
import type { DeliveryResult, OutboxRow, Settled } from "./outbox.ts";
import { ADDRESS_CHANGED_REASON, type Message } from "./protocol.ts";
import { keepReferences, replyAddressOf, type ConversationState } from "./state.ts";

/**
 * Where a mail goes: where it was written to, if that is still where replies of its kind go; null where it is not. A chat
 * reply goes to the address that its reader gave.
 */
export function addressOfRow(row: OutboxRow, state: ConversationState, message: Message): string | null {
  const present = message.channel === "chat" ? (unseenAddressOf(state) ?? replyAddressOf(state)) : replyAddressOf(state);
  const to = row.to ?? writtenTo(message);
  return to === null || to === present ? present : null;
}

/** Those whom this try is for, the others have it. */
function triedFor({ only }: OutboxRow, message: Message, to: string): string[] {
  return only ?? recipientsOf(to, message);
}

interface Leaving {
  row: OutboxRow;
  message: Message;
  /** The address that it is written to. */
  to: string;
}

/** Noted before the transport is called: from now on only an agent replaces one of these addresses. */
export function decideLeaving({ state }: Turn, { row, message, to }: Leaving): Effect[] {
  const next = triedFor(row, message, to).reduce(
    (known, email) => withCorrespondent(known, email, ({ mails }) => ({ mails: mails + 1 })),
    state,
  );
  return [{ kind: "state", state: next }];
}

interface Left {
  row: OutboxRow;
  message: Message;
  result: DeliveryResult;
}

/** A reply by mail has left: the widget says where the conversation goes on, and the address book has its reader. */
export function decideLeft({ state }: Turn, settled: Settled, { row, message, result }: Left): Effect[] {
  const to = row.to ?? writtenTo(message) ?? replyAddressOf(state);
  const hasLeft = settled.delivery.state === "sent" || settled.delivery.state === "unknown";
  const isReply = hasLeft && message.author.kind === "agent";
  const isUnknown = isReply && to !== null && state.contact === null && to === replyAddressOf(state);
  const next = {
    ...(to === null ? state : withOutcome(state, triedFor(row, message, to), result)),
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

/** What became of it for each whom it was for: one that was put off has not left, one that was refused has come back. */
function withOutcome(state: ConversationState, tried: readonly string[], result: DeliveryResult): ConversationState {
  switch (result.kind) {
    case "unknown":
      return state;
    case "deferred":
      return tried.reduce(putOff, state);
    case "sent":
    case "refused": {
      // It was not even tried.
      if (result.kind === "refused" && result.reason === ADDRESS_CHANGED_REASON) return state;
      const isWhole = result.kind === "refused" && result.refused === undefined;
      return tried.reduce((known, email) => {
        const refusal = result.refused?.find(({ address }) => address === email);
        if (refusal?.isTemporary === true) return putOff(known, email);
        return isWhole || refusal !== undefined ? bounced(known, email) : known;
      }, state);
    }
    default:
      return assertNever(result);
  }
}

function putOff(state: ConversationState, email: string): ConversationState {
  return withCorrespondent(state, email, ({ mails }) => ({ mails: Math.max(0, mails - 1) }));
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
