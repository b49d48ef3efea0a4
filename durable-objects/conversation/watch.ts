/** While an agent watches: roles are checked again, so that a demoted agent's sockets close within a minute (T7). */
import { hasRole, lowerRole } from "../../worker/domain/roles.ts";
import type { ConversationPorts } from "./ports.ts";
import { CLOSE_CODES } from "./protocol.ts";
import { closeSocket, type Sockets } from "./sockets.ts";
import { withTimeout } from "./with-timeout.ts";

/** Ms between two looks at presence and roles while an agent has the conversation open. */
export const WATCH_INTERVAL_MS = 15_000;

export async function verifyAgents(sockets: Sockets, ports: ConversationPorts): Promise<void> {
  const ids = new Set(agentsOf(sockets).map(({ connection }) => connection.agentId));
  if (ids.size === 0) return;
  const roles = await withTimeout(ports.loadRoles([...ids])).catch(() => null);
  // With D1 away nobody can be judged: the open conversation goes on (A12).
  if (roles === null) return;
  // Listed again: a socket may have said hello, or come, while D1 was asked.
  for (const { socket, connection } of agentsOf(sockets)) {
    if (!ids.has(connection.agentId)) continue;
    const role = roles.get(connection.agentId);
    if (role === undefined || !hasRole(role, "viewer")) closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
    // Never raised here: an API key may do less than the agent who made it.
    else sockets.update(socket, { ...connection, role: lowerRole(role, connection.role) });
  }
}

function agentsOf(sockets: Sockets) {
  return sockets.list("agent").flatMap(({ socket, connection }) => (connection.kind === "agent" ? [{ socket, connection }] : []));
}
