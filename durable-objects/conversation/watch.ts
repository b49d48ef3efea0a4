/**
 * While an agent watches: sessions, API keys and roles are looked up again, so that who has signed out or lost their role
 * is out within a quarter of a minute (T7 asks for a minute).
 */
import { hasRole, lowerRole } from "../../worker/domain/roles.ts";
import type { ConversationPorts } from "./ports.ts";
import { CLOSE_CODES } from "./protocol.ts";
import { closeSocket, type Sockets } from "./sockets.ts";
import { withTimeout } from "./with-timeout.ts";

/** Ms between two looks at presence and roles while an agent has the conversation open. */
export const WATCH_INTERVAL_MS = 15_000;

export class AgentWatch {
  readonly #sockets: Sockets;
  readonly #ports: ConversationPorts;
  /** Epoch ms; after an eviction they are looked up once more than needed. */
  #verifiedAt = 0;

  constructor(sockets: Sockets, ports: ConversationPorts) {
    this.#sockets = sockets;
    this.#ports = ports;
  }

  /** Now and then: in a busy conversation the alarm rings more often. Never throws. */
  async look(): Promise<void> {
    const now = Date.now();
    // The Worker has just looked up who came.
    const cameAt = Math.min(...agentsOf(this.#sockets).map(({ connection }) => connection.connectedAt));
    if (now - Math.max(this.#verifiedAt, cameAt) < WATCH_INTERVAL_MS) return;
    this.#verifiedAt = now;
    await verifyAgents(this.#sockets, this.#ports);
  }
}

async function verifyAgents(sockets: Sockets, ports: ConversationPorts): Promise<void> {
  const credentials = new Set(agentsOf(sockets).map(({ connection }) => connection.credential));
  if (credentials.size === 0) return;
  const roles = await withTimeout(ports.loadRoles([...credentials])).catch(() => null);
  // With D1 away nobody can be judged: the open conversation goes on (A12).
  if (roles === null) return;
  // Listed again: a socket may have said hello, or come, while D1 was asked.
  for (const { socket, connection } of agentsOf(sockets)) {
    if (!credentials.has(connection.credential)) continue;
    // Never raised: a socket keeps what it was opened with, or less. Also where it is closed: its owner may go on sending.
    const role = lowerRole(roles.get(connection.credential) ?? "none", connection.role);
    sockets.update(socket, { ...connection, role });
    if (!hasRole(role, "viewer")) closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
  }
}

function agentsOf(sockets: Sockets) {
  return sockets.list("agent").flatMap(({ socket, connection }) => (connection.kind === "agent" ? [{ socket, connection }] : []));
}
