/** A socket of somebody whom the Worker has checked: accepted, and closed at once where it has no business here. */
import * as v from "valibot";
import { uuidV7 } from "../../worker/domain/uuid.ts";
import type { AlarmClock } from "./alarms.ts";
import { CONNECTION_HEADER, connectionClaimSchema } from "./connection.ts";
import { CLOSE_CODES, SUBPROTOCOL } from "./protocol.ts";
import { closeSocket, type Sockets } from "./sockets.ts";
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
  const { 0: client, 1: server } = new WebSocketPair();
  const now = Date.now();
  const id = uuidV7(now, crypto.getRandomValues(new Uint8Array(10)));
  sockets.accept(server, { ...claim, id, connectedAt: now, isReady: false, isHidden: false });
  if (state === null || (claim.kind === "visitor" && claim.tokenGeneration !== state.tokenGeneration)) {
    closeSocket(server, CLOSE_CODES.notAllowed, "not_allowed");
  } else if (claim.kind === "agent") clock.wakeAt(now + WATCH_INTERVAL_MS);
  const isOffered = request.headers.get("sec-websocket-protocol")?.includes(SUBPROTOCOL) === true;
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: isOffered ? { "sec-websocket-protocol": SUBPROTOCOL } : {},
  });
}
