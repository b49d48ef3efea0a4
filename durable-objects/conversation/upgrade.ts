/** A socket of somebody whom the Worker has checked: accepted, or closed at once where it has no business here. */
import * as v from "valibot";
import { uuidV7 } from "../../worker/domain/uuid.ts";
import type { AlarmClock } from "./alarms.ts";
import { CONNECTION_HEADER, connectionClaimSchema } from "./connection.ts";
import { CLOSE_CODES } from "./protocol.ts";
import { isAdmitted } from "./sessions.ts";
import { expectHello, makeRoom } from "./socket-room.ts";
import type { Sockets } from "./sockets.ts";
import type { ConversationState } from "./state.ts";
import { WATCH_INTERVAL_MS } from "./watch.ts";

export interface UpgradeParts {
  sockets: Sockets;
  clock: AlarmClock;
  state: ConversationState | null;
}

/** The claim comes from the Worker alone (A10). */
export function acceptUpgrade(request: Request, { sockets, clock, state }: UpgradeParts): Response {
  const claim = v.parse(connectionClaimSchema, JSON.parse(request.headers.get(CONNECTION_HEADER) ?? "null"));
  const isRefused = (found: ConversationState) =>
    claim.kind === "visitor" && !isAdmitted(found, { sessionId: claim.sessionId, generation: claim.tokenGeneration });
  if (state === null || isRefused(state)) return refuseSocket(request, CLOSE_CODES.notAllowed, "not_allowed");
  const now = Date.now();
  if (!makeRoom(sockets, claim, now)) return refuseSocket(request, CLOSE_CODES.tooMuchTraffic, "too_much_traffic");
  const { 0: client, 1: server } = new WebSocketPair();
  const id = uuidV7(now, crypto.getRandomValues(new Uint8Array(10)));
  sockets.accept(server, { ...claim, id, connectedAt: now, isReady: false, isHidden: false });
  expectHello({ sockets, clock });
  if (claim.kind === "agent") clock.wakeAt(now + WATCH_INTERVAL_MS);
  return switchProtocols(request, client);
}

/** The answer to an upgrade, with our subprotocol where it was offered. */
export function switchProtocols(request: Request, webSocket: WebSocket): Response {
  const [protocol] = offeredProtocols(request).filter((offered) => offered.startsWith("hilo."));
  return new Response(null, {
    status: 101,
    webSocket,
    headers: protocol === undefined ? {} : { "sec-websocket-protocol": protocol },
  });
}

/**
 * Accepts and closes at once, so that the client learns why: a browser does not tell a refused handshake from a lost
 * network, and would try for ever.
 */
export function refuseSocket(request: Request, code: number, reason: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(JSON.stringify({ type: "rejected", reason }));
  server.close(code, reason);
  return switchProtocols(request, client);
}

export function offeredProtocols(request: Request): string[] {
  return (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
}
