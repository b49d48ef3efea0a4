/** The agents' sockets: checked here, then handed to the objects with a claim about who it is. */
import { Hono } from "hono";
import { CONNECTION_HEADER, type ConnectionClaim } from "../../durable-objects/conversation/connection.ts";
import { CLOSE_CODES, SUBPROTOCOL } from "../../durable-objects/conversation/protocol.ts";
import { offeredProtocols, refuseSocket } from "../../durable-objects/conversation/upgrade.ts";
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
  // A header is ASCII: the runtime warns of anything else, with all of the claim.
  const ascii = JSON.stringify(claim).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const headers = new Headers({ upgrade: "websocket", [header]: ascii });
  if (offeredProtocols(request).includes(SUBPROTOCOL)) headers.set("sec-websocket-protocol", SUBPROTOCOL);
  return new Request("https://object/socket", { headers });
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
  return isOtherVersion ? refuseSocket(request, CLOSE_CODES.protocolTooOld, "protocol_too_old") : null;
}
