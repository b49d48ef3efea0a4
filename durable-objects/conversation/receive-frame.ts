/** From a socket's bytes to a decision carried out: limits, parsing, and the files that a message names. */
import { describeError } from "../../worker/domain/error-text.ts";
import { hasRole } from "../../worker/domain/roles.ts";
import { claimOf, type Connection } from "./connection.ts";
import { addressesOf, type Copies, type OwnAddresses } from "./copies.ts";
import { badFrame, decideFrame, rejected, type ClaimedFiles } from "./core.ts";
import type { EffectRunner } from "./effect-runner.ts";
import type { Effect } from "./effects.ts";
import { parseFrame } from "./frames.ts";
import type { ConversationPorts } from "./ports.ts";
import { CLOSE_CODES, type ClientFrame } from "./protocol.ts";
import { closeSocket, type Sockets } from "./sockets.ts";
import { decideUse, isAdmitted } from "./sessions.ts";
import type { VisitorMessages } from "./visitor-messages.ts";
import { withTimeout } from "./with-timeout.ts";

export interface ReceiveParts {
  runner: EffectRunner;
  sockets: Sockets;
  ports: ConversationPorts;
  visitorMessages: VisitorMessages;
}

export async function receiveFrame(parts: ReceiveParts, socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
  const { runner, sockets, ports } = parts;
  const connection = admittedConnection(parts, socket);
  if (connection === null) return closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
  if (!sockets.count(socket, connection, Date.now()) && connection.hasRateLimits) return runner.apply(TOO_MUCH, socket);
  const parsed = parseFrame(data);
  if (!parsed.isOk) return runner.apply(badFrame(parsed), socket);
  const { frame } = parsed;
  const refusal = connection.hasRateLimits ? refuseForLimits(parts, frame, connection) : null;
  if (refusal !== null) return runner.apply(refusal, socket);
  const attachments = await filesOf(parts, frame, connection);
  const own = frame.type === "send" && connection.kind === "agent" ? await findOwn(ports, frame) : [];
  // Read again: the socket may have said hello, and its owner may have been sent away, while the files were looked up.
  const present = admittedConnection(parts, socket);
  if (present === null) return closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
  carryOut(parts, socket, { frame, connection: present, attachments, own });
}

const TOO_MUCH: Effect[] = [
  rejected("too_much_traffic"),
  { kind: "close", code: CLOSE_CODES.tooMuchTraffic, reason: "too_much_traffic" },
];

/** What one client may be sent, and what visitors may write: a message that is refused stays with its sender. */
function refuseForLimits(parts: ReceiveParts, frame: ClientFrame, connection: Connection): Effect[] | null {
  const { runner, sockets, visitorMessages } = parts;
  const now = Date.now();
  if (frame.type === "hello") return sockets.mayCatchUp(connection, now) ? null : TOO_MUCH;
  if (frame.type !== "send" || connection.kind !== "visitor") return null;
  const client = connection.client ?? connection.id;
  const message = { text: frame.text, lastSeq: runner.state?.lastSeq ?? 0, client, now };
  return visitorMessages.admit(message) ? null : [rejected("too_much_traffic", frame.clientId)];
}

/** Null for who has no business here, or was sent away: what was on its way then counts for nothing. */
function admittedConnection({ runner, sockets }: ReceiveParts, socket: WebSocket): Connection | null {
  const connection = sockets.connectionOf(socket);
  if (connection === null || runner.state === null) return null;
  const mayStay =
    connection.kind === "agent" ? hasRole(connection.role, "viewer") : isAdmitted(runner.state, claimOf(connection));
  return mayStay ? connection : null;
}

function carryOut({ runner }: ReceiveParts, socket: WebSocket, input: Parameters<typeof decideFrame>[1]): void {
  const { frame, connection } = input;
  try {
    // A token's first use may be what makes its level count; then this very frame is answered by it.
    if (frame.type === "hello" && connection.kind === "visitor") runner.decide((turn) => decideUse(turn, claimOf(connection)));
    runner.decide((turn) => decideFrame(turn, input), socket);
  } catch (error) {
    console.error(
      JSON.stringify({ level: "error", event: "frame_failed", conversationId: runner.state?.id, ...describeError(error) }),
    );
    runner.apply([rejected("try_again", "clientId" in input.frame ? input.frame.clientId : undefined)], socket);
  }
}

async function filesOf(parts: ReceiveParts, frame: ClientFrame, connection: Connection): Promise<ClaimedFiles> {
  const ids = frame.type === "send" ? (frame.attachmentIds ?? []) : [];
  const conversationId = parts.runner.state?.id ?? "";
  const uploadedBy = connection.kind === "agent" ? `agent:${connection.agentId}` : `visitor:${conversationId}`;
  return claimFiles(parts.ports, { ids, conversationId, uploadedBy });
}

/** With D1 away nobody knows our mailboxes: the sender tries again. A message without Cc and Bcc waits for nothing. */
export async function findOwn(ports: ConversationPorts, copies: Copies): Promise<OwnAddresses> {
  const addresses = addressesOf(copies);
  if (addresses.length === 0) return [];
  try {
    return await withTimeout(ports.findOwnAddresses(addresses));
  } catch {
    return "try_again";
  }
}

/** With D1 away nobody knows the files: the sender tries again. */
export async function claimFiles(
  ports: ConversationPorts,
  input: { ids: string[]; conversationId: string; uploadedBy: string },
): Promise<ClaimedFiles> {
  if (input.ids.length === 0) return [];
  try {
    return (await withTimeout(ports.claimAttachments(input))) ?? "unknown_attachment";
  } catch {
    return "try_again";
  }
}
