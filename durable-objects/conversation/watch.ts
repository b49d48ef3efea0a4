/** While an agent watches: roles are checked again, so that a demoted agent's sockets close within a minute (T7). */
import { hasRole, lowerRole } from "../../worker/domain/roles.ts";
import type { ConversationPorts } from "./ports.ts";
import { CLOSE_CODES } from "./protocol.ts";
import { closeSocket, type Sockets } from "./sockets.ts";

/** Ms between two looks at presence and roles while an agent has the conversation open. */
export const WATCH_INTERVAL_MS = 15_000;

export async function verifyAgents(sockets: Sockets, ports: ConversationPorts): Promise<void> {
  const watching = sockets.list("agent");
  const ids = new Set(watching.flatMap(({ connection }) => (connection.kind === "agent" ? [connection.agentId] : [])));
  if (ids.size === 0) return;
  const roles = await ports.loadRoles([...ids]).catch(() => null);
  // With D1 away nobody can be judged: the open conversation goes on (A12).
  if (roles === null) return;
  for (const { socket, connection } of watching) {
    if (connection.kind !== "agent") continue;
    const role = roles.get(connection.agentId);
    if (role === undefined || !hasRole(role, "viewer")) closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
    // Never raised here: an API key may do less than the agent who made it.
    else sockets.update(socket, { ...connection, role: lowerRole(role, connection.role) });
  }
}
