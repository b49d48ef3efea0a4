/** The agents' sockets: checked here, then handed to the objects with a claim about who it is. */
import { Hono } from "hono";
import { CONNECTION_HEADER, type ConnectionClaim } from "../../durable-objects/conversation/connection.ts";
import { CLOSE_CODES, SUBPROTOCOL } from "../../durable-objects/conversation/protocol.ts";
import { LISTENER_HEADER, type ListenerClaim } from "../../durable-objects/inbox/inbox-object.ts";
import { hasRateLimits } from "../env.ts";
import { conversationStub, inboxStubFor } from "../objects.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readId } from "./input.ts";
import { AppError } from "./problems.ts";
import { mailTimes } from "./start-conversation.ts";

export const socketsApi = new Hono<AppEnv>()
  .get("/conversations/:id/socket", describe({ summary: "The socket of a conversation", status: 101 }), async (c) => {
    const refusal = refuseUpgrade(c.req.raw);
    if (refusal !== null) return refusal;
    const id = readId(c, "id");
    const agent = c.get("agent");
    const claim: ConnectionClaim = {
      kind: "agent",
      agentId: agent.id,
      name: agent.name,
      role: agent.role,
      credential: agent.credential,
      hasRateLimits: hasRateLimits(c.env, new URL(c.req.url)),
      ...(await mailTimes(c)),
    };
    return conversationStub(c.env, id).fetch(upgradeRequest(c, CONNECTION_HEADER, claim));
  })
  .get("/inbox/socket", describe({ summary: "The socket of the list", status: 101 }), async (c) => {
    const refusal = refuseUpgrade(c.req.raw);
    if (refusal !== null) return refusal;
    const agent = c.get("agent");
    const claim: ListenerClaim = { agentId: agent.id, credential: agent.credential };
    return inboxStubFor(c.env, agent.id).fetch(upgradeRequest(c, LISTENER_HEADER, claim));
  });

function upgradeRequest(c: AppContext, header: string, claim: unknown): Request {
  return internalUpgrade(c.req.raw, header, claim);
}

/** Only what the object needs goes on: no cookie, no token, and our word about who it is. */
export function internalUpgrade(request: Request, header: string, claim: unknown): Request {
  const headers = new Headers({ upgrade: "websocket", [header]: JSON.stringify(claim) });
  if (offeredProtocols(request).includes(SUBPROTOCOL)) headers.set("sec-websocket-protocol", SUBPROTOCOL);
  return new Request("https://object/socket", { headers });
}

export function offeredProtocols(request: Request): string[] {
  return (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
}

/**
 * Null where the upgrade may go on. A refused handshake shows browsers only 1006 and they retry for ever: a version that
 * we do not speak is accepted here and closed with its code; no object is touched.
 *
 * @throws AppError bad_request for a plain request
 */
export function refuseUpgrade(request: Request): Response | null {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
    throw new AppError("bad_request", "This address is a WebSocket.");
  const offered = offeredProtocols(request);
  const isOtherVersion = offered.some((protocol) => protocol.startsWith("hilo.")) && !offered.includes(SUBPROTOCOL);
  return isOtherVersion ? closedSocket(request, CLOSE_CODES.protocolTooOld, "protocol_too_old") : null;
}

/** Accepts in the Worker and closes at once, so that the client learns why. */
export function closedSocket(request: Request, code: number, reason: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(JSON.stringify({ type: "rejected", reason }));
  server.close(code, reason);
  const [protocol] = offeredProtocols(request).filter((offered) => offered.startsWith("hilo."));
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: protocol === undefined ? {} : { "sec-websocket-protocol": protocol },
  });
}
