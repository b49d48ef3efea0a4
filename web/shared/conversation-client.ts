/**
 * One conversation as its client sees it: a pure state machine, `(state, event, environment) → state and effects`.
 * It keeps the messages in order, resumes after a loss by `lastSeq`, and sends each message until it is acknowledged.
 * The shell that owns the real socket, clock and storage is `conversation-socket.ts`.
 *
 * Messages go out one at a time: the next one is sent when the one before it is acknowledged or refused. So their order
 * holds even where one of them must be sent again. A gap in `seq` means nothing here: visitors are never sent notes.
 */
import type { Channel, Delivery, Message, ServerFrame } from "../../durable-objects/conversation/protocol.ts";
import type { AnyConversation, ClientEffect, ClientEvent, ClientState, ClientTimer, DraftFrame } from "./client-state.ts";
import { type Turn, isReady, notify, stepLinkOf, transmit } from "./client-turn.ts";
import { type Environment, isConnected } from "./link.ts";
import { mergeMessages } from "./message-list.ts";
import { fail, handleRejected, handleRetry, handleSend, sendNext, settle } from "./outgoing.ts";
import { TYPING_SHOWN_MS } from "./protocol-constants.ts";

/** A page of a catch-up brought an own message that may be one whose acknowledgement got lost: do not show it twice. */
function hideLookalikes(turn: Turn, added: readonly Message[]): void {
  const own = added.filter(turn.isOwn);
  const hidden = turn.state.unsent.filter(
    ({ clientId, text }) => turn.state.maybeStored.includes(clientId) && own.some((message) => message.text === text),
  );
  turn.state.hiddenUnsent = [...turn.state.hiddenUnsent, ...hidden.map(({ clientId }) => clientId)];
}

function freshOf({ state }: Turn, added: readonly Message[]): readonly Message[] {
  const known = new Set(state.messages.map(({ seq }) => seq));
  return added.filter(({ seq }) => !known.has(seq));
}

function addMessages(turn: Turn, told: readonly Message[], isLive: boolean): void {
  const added = told.filter(({ seq }) => seq >= turn.state.firstSeq);
  const fresh = freshOf(turn, added);
  turn.state.messages = mergeMessages(turn.state.messages, added);
  if (fresh.length > 0) notify(turn, { kind: "received", messages: fresh, isLive });
}

function handlePage(turn: Turn, messages: readonly Message[], more: boolean): void {
  hideLookalikes(turn, freshOf(turn, messages));
  addMessages(turn, messages, false);
  // A live message may overtake the pages of a catch-up; only the pages themselves tell how far it has come.
  const pageEnd = messages.at(-1)?.seq ?? 0;
  const newest = turn.state.messages.at(-1)?.seq ?? 0;
  turn.state.lastSeq = Math.max(turn.state.lastSeq, more ? pageEnd : newest);
  turn.state.isCaughtUp = !more;
  if (!more) turn.state.mayBeStale = false;
}

function handleConversation(turn: Turn, conversation: AnyConversation): void {
  const known = turn.state.conversation;
  // An older revision never replaces a newer one; visitors' views carry none and come in order.
  if (known && "revision" in known && "revision" in conversation && conversation.revision < known.revision) return;
  turn.state.conversation = conversation;
}

/** What the server has taken from this audience is not shown any more, whether it was sent before or not. */
function withdraw(turn: Turn, seqs: readonly number[]): void {
  if (!turn.state.messages.some(({ seq }) => seqs.includes(seq))) return;
  turn.state.messages = turn.state.messages.filter(({ seq }) => !seqs.includes(seq));
}

/** How far the server knows this side to have read. */
const knownSeenSeq = (conversation: AnyConversation): number =>
  "revision" in conversation ? conversation.readSeq : conversation.visitorSeenSeq;

function handleWelcome(turn: Turn, frame: Extract<ServerFrame, { type: "welcome" }>): void {
  const isResumed = turn.state.link.hasBeenReady;
  stepLinkOf(turn, { kind: "welcomed" });
  handleConversation(turn, frame.conversation);
  turn.state.presence = frame.presence;
  turn.state.isLimited = false;
  withdraw(turn, frame.withdrawn ?? []);
  handlePage(turn, frame.messages, frame.more);
  if (isResumed) notify(turn, { kind: "resumed" });
  const { seenSeq, draftsToSend } = turn.state;
  if (seenSeq > knownSeenSeq(frame.conversation)) transmit(turn, { type: "seen", seq: seenSeq });
  for (const draft of draftsToSend) transmit(turn, draft);
  turn.state.draftsToSend = [];
  sendNext(turn);
}

function handleMessage(turn: Turn, { message, clientId }: Extract<ServerFrame, { type: "message" }>): void {
  const isMine = clientId !== undefined && turn.state.unsent.some((unsent) => unsent.clientId === clientId);
  if (isMine) {
    turn.state.isLimited = false;
    settle(turn, clientId);
    turn.state.messages = mergeMessages(turn.state.messages, [message]);
  } else {
    addMessages(turn, [message], true);
  }
  if (turn.state.isCaughtUp) turn.state.lastSeq = Math.max(turn.state.lastSeq, message.seq);
  if (isMine) notify(turn, { kind: "acknowledged", clientId, message });
  sendNext(turn);
}

function handleDelivery(turn: Turn, seq: number, delivery: Delivery): void {
  turn.state.messages = turn.state.messages.map((message) => (message.seq === seq ? { ...message, delivery } : message));
}

function handleFrame(turn: Turn, connection: number, frame: ServerFrame | null): void {
  if (connection !== turn.state.link.connection || !isConnected(turn.state.link)) return;
  stepLinkOf(turn, { kind: "heard", connection });
  if (!frame) return;
  switch (frame.type) {
    case "welcome":
      handleWelcome(turn, frame);
      break;
    case "messages":
      handlePage(turn, frame.messages, frame.more);
      break;
    case "message":
      handleMessage(turn, frame);
      break;
    case "rejected":
      handleRejected(turn, frame);
      break;
    case "conversation":
      handleConversation(turn, frame.conversation);
      break;
    case "presence":
      turn.state.presence = { isVisitorOnline: frame.isVisitorOnline, agents: frame.agents };
      break;
    case "delivery":
      handleDelivery(turn, frame.seq, frame.delivery);
      break;
    case "withdrawn":
      withdraw(turn, frame.seqs);
      break;
    case "typing":
    case "event":
    case "draft":
      break;
  }
  notify(turn, { kind: "frame", frame });
}

function handleTimer(turn: Turn, name: ClientTimer): void {
  switch (name) {
    case "acknowledgement":
      if (turn.state.inFlight !== null) stepLinkOf(turn, { kind: "broken" });
      break;
    case "send-again":
      turn.state.inFlight = null;
      sendNext(turn);
      break;
    default:
      stepLinkOf(turn, { kind: "timer", name });
  }
}

function handleDraft(turn: Turn, frame: DraftFrame): void {
  if (isReady(turn.state)) transmit(turn, frame);
  else turn.state.draftsToSend = [...turn.state.draftsToSend.filter(({ kind }) => kind !== frame.kind), frame];
}

function handleTyping(turn: Turn, channel?: Channel): void {
  const { now } = turn.environment;
  // Twice in the time for which it is shown is enough.
  if (!isReady(turn.state) || now - turn.state.typingSentAt < TYPING_SHOWN_MS / 2) return;
  turn.state.typingSentAt = now;
  transmit(turn, { type: "typing", ...(channel !== undefined && { channel }) });
}

function handleSeen(turn: Turn, seq: number): void {
  if (seq <= turn.state.seenSeq) return;
  turn.state.seenSeq = seq;
  if (isReady(turn.state)) transmit(turn, { type: "seen", seq });
}

function handleVisibility(turn: Turn, isHidden: boolean): void {
  const isChanged = isHidden !== turn.state.link.isHidden;
  stepLinkOf(turn, { kind: "visibility", isHidden });
  if (isChanged && isReady(turn.state)) transmit(turn, { type: "visibility", isHidden });
}

function handle(turn: Turn, event: ClientEvent): void {
  switch (event.kind) {
    case "frame":
      return handleFrame(turn, event.connection, event.frame);
    case "timer":
      return handleTimer(turn, event.name);
    case "send":
      return handleSend(turn, event.message);
    case "retry":
      return handleRetry(turn, event);
    case "discard":
      settle(turn, event.clientId);
      return sendNext(turn);
    case "typing":
      return handleTyping(turn, event.channel);
    case "seen":
      return handleSeen(turn, event.seq);
    case "draft":
      return handleDraft(turn, event.frame);
    case "undo":
      if (isReady(turn.state)) transmit(turn, { type: "undo", seq: event.seq });
      return;
    case "settled":
      return handleMessage(turn, { type: "message", ...event });
    case "refused":
      return fail(turn, event.clientId, { reason: event.reason });
    case "loaded":
      // What is known is kept up to date by the socket, and may be newer.
      turn.state.messages = mergeMessages(turn.state.messages, freshOf(turn, event.messages));
      turn.state.firstSeq = Math.min(turn.state.firstSeq, event.messages[0]?.seq ?? Infinity);
      return;
    case "visibility":
      return handleVisibility(turn, event.isHidden);
    default:
      return stepLinkOf(turn, event);
  }
}

/**
 * Decides what one event means.
 * @param isOwn whether this side wrote the message; used only to keep a message from being shown twice for a moment
 */
export function stepClient(
  state: ClientState,
  event: ClientEvent,
  environment: Environment,
  isOwn: (message: Message) => boolean,
): { readonly state: ClientState; readonly effects: readonly ClientEffect[] } {
  const turn: Turn = { state: { ...state }, effects: [], environment, isOwn };
  handle(turn, event);
  // The same object where nothing has changed: who draws on every change would draw on every `pong`, or for ever.
  const isSame = Object.entries(turn.state).every(([key, value]) => value === Reflect.get(state, key));
  return { state: isSame ? state : turn.state, effects: turn.effects };
}
