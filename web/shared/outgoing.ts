/**
 * The outgoing side of a conversation's client: every message is kept and sent until it is acknowledged or refused, one
 * at a time and in order, with the same clientId each time, so that the server stores it once (A2).
 */
import type { ClientFrame, RejectionReason, ServerFrame } from "../../durable-objects/conversation/protocol.ts";
import { type Turn, isReady, notify, transmit } from "./client-turn.ts";
import { refuseUnsent } from "./unsent-check.ts";
import type { UnsentMessage } from "./unsent-store.ts";

/** `pong` is answered by the platform without the object, so a socket may live while nobody behind it answers. */
export const ACKNOWLEDGEMENT_TIMEOUT_MS = 15_000;
/** The server asked to try again. */
const TRY_AGAIN_MS = 2_000;
/** The server says that it was a lot at once. */
const LIMITED_MS = 30_000;

function toSendFrame(message: UnsentMessage): ClientFrame {
  const { clientId, text, attachments, channel, subject, cc, bcc, to, ifLastSeq } = message;
  return {
    type: "send",
    clientId,
    text,
    ...(attachments.length > 0 && { attachmentIds: attachments.map(({ id }) => id) }),
    ...(channel !== undefined && { channel }),
    ...(subject !== undefined && { subject }),
    ...(cc !== undefined && { cc: [...cc] }),
    ...(bcc !== undefined && { bcc: [...bcc] }),
    ...(to !== undefined && { to: [...to] }),
    ...(ifLastSeq !== undefined && { ifLastSeq }),
  };
}

/** Sends the oldest message that waits, unless one is on its way. */
export function sendNext(turn: Turn): void {
  if (!isReady(turn.state) || turn.state.inFlight !== null) return;
  const next = turn.state.unsent.find(({ failure }) => failure === undefined);
  if (!next) return;
  turn.state.inFlight = next.clientId;
  transmit(turn, toSendFrame(next));
  turn.effects.push({ kind: "set-timer", name: "acknowledgement", delayMs: ACKNOWLEDGEMENT_TIMEOUT_MS });
}

/** The server has decided about this message: nothing is awaited for it any more. */
function release({ state, effects }: Turn, clientId: string): void {
  const isOther = (id: string): boolean => id !== clientId;
  state.maybeStored = state.maybeStored.filter(isOther);
  state.hiddenUnsent = state.hiddenUnsent.filter(isOther);
  if (state.inFlight !== clientId) return;
  state.inFlight = null;
  effects.push({ kind: "clear-timer", name: "acknowledgement" });
}

/** The message with this clientId needs no sending any more. */
export function settle(turn: Turn, clientId: string): void {
  turn.state.unsent = turn.state.unsent.filter((message) => message.clientId !== clientId);
  turn.effects.push({ kind: "unstore", clientId });
  release(turn, clientId);
}

export function fail(turn: Turn, clientId: string, failure: { reason: RejectionReason; detail?: string }): void {
  const refused = turn.state.unsent.find((message) => message.clientId === clientId);
  if (!refused) return;
  const failed: UnsentMessage = { ...refused, failure };
  turn.state.unsent = turn.state.unsent.map((message) => (message === refused ? failed : message));
  turn.effects.push({ kind: "store", message: failed });
  release(turn, clientId);
}

export function handleRejected(turn: Turn, { clientId, reason, detail }: Extract<ServerFrame, { type: "rejected" }>): void {
  const isTemporary = reason === "try_again" || reason === "too_much_traffic";
  const explained = { reason, ...(detail !== undefined && { detail }) };
  if (reason === "too_much_traffic") turn.state.isLimited = true;
  if (isTemporary) {
    // It stays in flight, so that nothing overtakes it, and goes out again when the timer fires.
    if (clientId === undefined || clientId === turn.state.inFlight) {
      turn.effects.push({ kind: "clear-timer", name: "acknowledgement" });
      turn.effects.push({ kind: "set-timer", name: "send-again", delayMs: turn.state.isLimited ? LIMITED_MS : TRY_AGAIN_MS });
    }
    return;
  }
  if (clientId !== undefined) fail(turn, clientId, explained);
  notify(turn, { kind: "refused", clientId: clientId ?? null, ...explained });
  sendNext(turn);
}

export function handleSend(turn: Turn, message: UnsentMessage): void {
  if (turn.state.unsent.some(({ clientId }) => clientId === message.clientId)) return;
  const reason = refuseUnsent(message, JSON.stringify(toSendFrame(message)).length);
  turn.state.unsent = [...turn.state.unsent, message];
  turn.effects.push({ kind: "store", message });
  if (reason) {
    fail(turn, message.clientId, { reason });
    notify(turn, { kind: "refused", clientId: message.clientId, reason });
  }
  sendNext(turn);
}

export function handleRetry(
  turn: Turn,
  { clientId, ifLastSeq, to }: { clientId: string; ifLastSeq?: number; to?: readonly string[] },
): void {
  const failed = turn.state.unsent.find((message) => message.clientId === clientId);
  if (!failed?.failure) return;
  const { failure: _failure, ifLastSeq: _guard, ...rest } = failed;
  const again: UnsentMessage = {
    ...rest,
    ...(ifLastSeq !== undefined && { ifLastSeq }),
    ...(rest.to !== undefined && to !== undefined && { to }),
  };
  // It goes to the end: what was written after it may have been stored already.
  turn.state.unsent = [...turn.state.unsent.filter((message) => message !== failed), again];
  turn.effects.push({ kind: "store", message: again });
  sendNext(turn);
}
