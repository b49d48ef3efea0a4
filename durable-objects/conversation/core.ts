/**
 * The rules of a conversation's sockets: a frame, the connection that it came from and the state give effects.
 * Pure: the shell (`conversation-object.ts`) loads, stores and sends. Rules are numbered in SPEC.md.
 */
import { canonicalAddress } from "../../worker/domain/address.ts";
import { assertNever } from "../../worker/domain/assert-never.ts";
import { hasRole } from "../../worker/domain/roles.ts";
import { isAddressAsRead } from "./addresses.ts";
import { appendMessage } from "./append.ts";
import { audienceOfChat, audienceOfReply, AGENTS_ONLY, beginnerViewer, isFor } from "./audience.ts";
import { decideRead, decideUndo } from "./commands.ts";
import type { Connection } from "./connection.ts";
import { decideCopies, recipientsOf, type Copies, type OwnAddresses } from "./copies.ts";
import type { Effect, Turn } from "./effects.ts";
import type { ParsedFrame } from "./frames.ts";
import { CLOSE_CODES, type Attachment, type Author, type ClientFrame, type Message, type RejectionReason } from "./protocol.ts";
import { replyAddressOf, type ConversationState } from "./state.ts";
import { NOTHING_CANCELLED, cancelUnneeded, decideSeenByVisitor } from "./unseen.ts";

/** The files that a `send` names, already found and claimed by the shell, or why they were not. */
export type ClaimedFiles = Attachment[] | "unknown_attachment" | "try_again";

export interface FrameInput {
  frame: ClientFrame;
  connection: Connection;
  attachments: ClaimedFiles;
  /** Of a `send` with Cc or Bcc. */
  own?: OwnAddresses;
}

export function decideFrame(turn: Turn, input: FrameInput): Effect[] {
  const { frame, connection } = input;
  if (frame.type !== "hello" && !connection.isReady)
    return [rejected("hello_first", "clientId" in frame ? frame.clientId : undefined)];
  switch (frame.type) {
    case "hello":
      return handleHello(frame, connection);
    case "send":
      return handleSend(turn, { ...input, frame });
    case "typing":
      return handleTyping(frame, connection);
    case "seen":
      return handleSeen(turn, connection, frame.seq);
    case "visibility":
      return frame.isHidden === connection.isHidden
        ? []
        : [{ kind: "connection", connection: { ...connection, isHidden: frame.isHidden } }];
    case "draft":
      return handleDraft(turn, connection, frame);
    case "undo":
      return connection.kind === "agent" && hasRole(connection.role, "agent")
        ? decideUndo(turn, frame.seq).effects
        : [rejected("not_allowed")];
    default:
      return assertNever(frame);
  }
}

export function rejected(reason: RejectionReason, clientId?: string, detail?: string): Effect {
  const named = { ...(clientId === undefined ? {} : { clientId }), ...(detail === undefined ? {} : { detail }) };
  return { kind: "answer", frame: { type: "rejected", reason, ...named } };
}

/** A frame that cannot be read is answered and ends the socket; one whose text is only too long ends nothing (SPEC P8). */
export function badFrame({ detail, tooLong }: Extract<ParsedFrame, { isOk: false }>): Effect[] {
  if (tooLong !== undefined) return [rejected("too_long", tooLong.clientId)];
  return [
    { kind: "answer", frame: { type: "rejected", reason: "bad_frame", detail } },
    { kind: "close", code: CLOSE_CODES.badFrame, reason: "bad_frame" },
  ];
}

export function authorOf(connection: Connection): Author {
  return connection.kind === "agent" ? { kind: "agent", id: connection.agentId, name: connection.name } : { kind: "visitor" };
}

function handleHello(frame: Extract<ClientFrame, { type: "hello" }>, connection: Connection): Effect[] {
  return [
    { kind: "connection", connection: { ...connection, isReady: true, isHidden: frame.isHidden ?? connection.isHidden } },
    { kind: "catch-up", lastSeq: frame.lastSeq },
    { kind: "presence" },
  ];
}

/** Who will not be sent what is written does not hear that it is being written. */
function handleTyping(frame: Extract<ClientFrame, { type: "typing" }>, connection: Connection): Effect[] {
  if (connection.kind === "agent" && !hasRole(connection.role, "agent")) return [];
  const isForAgents = connection.kind === "agent" && frame.channel !== undefined && frame.channel !== "chat";
  const notice = { type: "typing" as const, author: authorOf(connection) };
  return [{ kind: "broadcast", frame: notice, isForSender: false, ...(isForAgents && { isForAgents }) }];
}

type SendInput = FrameInput & { frame: Extract<ClientFrame, { type: "send" }> };

function handleSend(turn: Turn, { frame, connection, attachments, own }: SendInput): Effect[] {
  if (connection.kind === "agent" && !hasRole(connection.role, "agent")) return [rejected("not_allowed", frame.clientId)];
  const outcome = decideSend(turn, {
    clientId: frame.clientId,
    author: authorOf(connection),
    channel: connection.kind === "agent" ? (frame.channel ?? "chat") : "chat",
    text: frame.text,
    attachments,
    subject: frame.subject,
    // Visitors have no copies to give, whatever their frame says.
    ...(connection.kind === "agent" && { cc: frame.cc, bcc: frame.bcc, to: frame.to, own }),
    ifLastSeq: frame.ifLastSeq,
    undoMs: connection.kind === "agent" ? connection.undoMs : 0,
    unseenMs: connection.kind === "agent" ? (connection.unseenMs ?? 0) : 0,
  });
  switch (outcome.kind) {
    case "stored":
    case "repeated":
      return outcome.effects;
    case "rejected":
      return [rejected(outcome.reason, frame.clientId, outcome.detail)];
    default:
      return assertNever(outcome);
  }
}

export interface SendRequest extends Copies {
  clientId: string;
  author: Author;
  channel: Message["channel"];
  text: string;
  attachments: ClaimedFiles;
  subject?: string | undefined;
  ifLastSeq?: number | undefined;
  undoMs: number;
  unseenMs?: number;
  /** Those of `cc` and `bcc` that are mailboxes of ours; none where nothing is said. */
  own?: OwnAddresses | undefined;
  /** Of an email: the address that its agent saw. */
  to?: readonly string[] | undefined;
  /** Of an email that was written without the inbox: the message that its agent answers; null where nobody knows which. */
  answersSeq?: number | null;
}

interface SendRefusal {
  kind: "rejected";
  reason: RejectionReason;
  /** What exactly is wrong, for people. */
  detail?: string;
}

export type SendOutcome =
  | { kind: "stored"; message: Message; effects: Effect[] }
  | { kind: "repeated"; message: Message; effects: Effect[] }
  | SendRefusal;

/** A person's message, by socket or by HTTP: stored once (A2), or refused with nothing changed. */
export function decideSend(turn: Turn, request: SendRequest): SendOutcome {
  const key = sendKey(request.author, request.clientId);
  const known = turn.findByKey(key);
  // A repeat is told to its sender alone: the others have had it.
  if (known !== null)
    return {
      kind: "repeated",
      message: known,
      effects: [{ kind: "answer", frame: { type: "message", message: known, clientId: request.clientId } }],
    };
  const { attachments } = request;
  if (typeof attachments === "string") return { kind: "rejected", reason: attachments };
  const copies = decideCopies({ ...request, to: replyAddressOf(turn.state), own: request.own ?? [] });
  if (copies.kind === "refused") return { ...copies, kind: "rejected" };
  const reason = refusalOf(turn, { ...request, attachments });
  if (reason !== null) return { kind: "rejected", reason };
  // Who answers has seen what they answer.
  const unneeded = request.author.kind === "visitor" ? cancelUnneeded(turn, turn.state.lastSeq) : NOTHING_CANCELLED;
  const { message, effects } = appendMessage(
    { ...turn, state: unneeded.state ?? turn.state },
    {
      key,
      author: request.author,
      channel: request.channel,
      text: request.text,
      attachments,
      ...addressedBy(turn, request, copies),
      shouldReopen: true,
      unseenMs: request.unseenMs ?? 0,
    },
  );
  const after: Effect[] = [{ kind: "message", message, clientId: request.clientId }];
  if (changesConversation(turn, message)) after.push({ kind: "conversation" });
  return { kind: "stored", message, effects: [...effects, ...after, ...unneeded.effects] };
}

/** Whom a person's message is for, and of a mail, whom it goes to: both are stored with it. */
function addressedBy(turn: Turn, request: SendRequest, { cc, bcc }: { cc: string[]; bcc: string[] }) {
  const to = replyAddressOf(turn.state);
  switch (request.channel) {
    case "note":
      return { for: AGENTS_ONLY, undoMs: 0 };
    case "chat":
      return { for: audienceOfChat(turn.state, turn.now), undoMs: 0 };
    case "email": {
      const recipients = to === null ? [] : recipientsOf(to, { cc, bcc });
      return { for: audienceOfReply(recipients), to: to ?? undefined, cc, bcc, subject: request.subject, undoMs: request.undoMs };
    }
    default:
      return assertNever(request.channel);
  }
}

/** The key is of the sender: nobody can claim another's message by guessing its clientId (A10). */
export function sendKey(author: Author, clientId: string): string {
  return author.kind === "agent" ? `agent:${author.id ?? ""}:${clientId}` : `visitor:${clientId}`;
}

function refusalOf(turn: Turn, request: SendRequest & { attachments: Attachment[] }): RejectionReason | null {
  if (request.text.trim() === "" && request.attachments.length === 0) return "empty";
  const address = replyAddressOf(turn.state);
  if (request.channel === "email" && address === null) return "no_address";
  // Whom the agent saw, or nobody.
  if (request.channel === "email" && request.to !== undefined && canonicalAddress(request.to[0] ?? "") !== address)
    return "address_changed";
  if (request.channel === "email" && request.answersSeq !== undefined && !isAddressAsRead(turn.state, request.answersSeq))
    return "address_changed";
  const { ifLastSeq, author } = request;
  const isNewer = (reply: ConversationState["lastReply"]) =>
    ifLastSeq !== undefined && reply !== null && reply.seq > ifLastSeq && reply.agentId !== author.id;
  if (isNewer(turn.state.lastReply) || isNewer(turn.state.otherReply)) return "newer_reply";
  return null;
}

/** Whether a message changes more than the order of the list, so that screens need the conversation itself. */
function changesConversation(turn: Turn, message: Message): boolean {
  const { state } = turn;
  if (message.author.kind === "agent")
    return message.channel !== "note" && (state.assignee === null || state.readSeq < state.lastInboundSeq);
  return state.status === "complete";
}

function handleSeen(turn: Turn, connection: Connection, seq: number): Effect[] {
  if (connection.kind === "agent") return decideRead(turn, seq);
  const seen = lastShownSeq(turn, Math.min(seq, turn.state.lastSeq));
  return seen === null ? [] : decideSeenByVisitor(turn, seen);
}

/** Messages looked through for the last one that is for the visitor. */
const SEEN_LOOKS_MAX = 200;

/** What is not for them is not seen either: what comes back would else tell that it is there. Null where nothing is new. */
function lastShownSeq({ state, now, findBySeq }: Turn, seq: number): number | null {
  const viewer = beginnerViewer(state, now);
  if (viewer === null) return null;
  for (let at = seq; at > Math.max(state.visitorSeenSeq, seq - SEEN_LOOKS_MAX); at -= 1) {
    const message = findBySeq(at);
    if (message !== null && isFor(message, viewer)) return at;
  }
  return null;
}

function handleDraft(turn: Turn, connection: Connection, frame: Extract<ClientFrame, { type: "draft" }>): Effect[] {
  if (connection.kind !== "agent" || !hasRole(connection.role, "agent")) return [rejected("not_allowed")];
  return [{ kind: "draft", agentId: connection.agentId, draft: { kind: frame.kind, text: frame.text, updatedAt: turn.now } }];
}
