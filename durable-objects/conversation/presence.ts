/** Who is there: computed from the sockets' ages, never stored. Pure. */
import type { Connection } from "./connection.ts";
import { PRESENCE_HIDDEN_MS, PRESENCE_VISIBLE_MS, type Presence } from "./protocol.ts";

export interface SeenConnection {
  connection: Connection;
  /** Epoch ms of the last sign of life: a ping, a frame or the connecting itself. */
  lastSeenAt: number;
}

/** Ms for which who has closed a socket is still there: from one page to the next, and when a deployment cuts everybody. */
export const LEAVE_GRACE_MS = 1_500;

const limitOf = ({ connection }: SeenConnection): number => (connection.isHidden ? PRESENCE_HIDDEN_MS : PRESENCE_VISIBLE_MS);

/** False for a ghost: a socket that the runtime still lists though nothing has been heard from it. */
export function isAlive(seen: SeenConnection, now: number): boolean {
  return now - seen.lastSeenAt <= limitOf(seen);
}

/** When the first of those who are online becomes a ghost unless something is heard from it; null where nobody is. */
export function computePresenceEnd(sockets: SeenConnection[], now: number): number | null {
  const ends = sockets.filter((seen) => isAlive(seen, now)).map((seen) => seen.lastSeenAt + limitOf(seen) + 1);
  return ends.length === 0 ? null : Math.min(...ends);
}

export function computePresence(sockets: SeenConnection[], now: number): Presence {
  const agents = new Map<string, string>();
  let isVisitorOnline = false;
  for (const seen of sockets) {
    if (!isAlive(seen, now)) continue;
    if (seen.connection.kind === "agent") agents.set(seen.connection.agentId, seen.connection.name);
    else isVisitorOnline = true;
  }
  return { isVisitorOnline, agents: Array.from(agents, ([id, name]) => ({ id, name })) };
}

/** What a visitor may see of it: names, no ids. */
export function presenceForVisitor(presence: Presence): Presence {
  return {
    isVisitorOnline: presence.isVisitorOnline,
    agents: presence.agents.map(({ name }) => (name === undefined ? {} : { name })),
  };
}

export function isSamePresence(a: Presence, b: Presence): boolean {
  return (
    a.isVisitorOnline === b.isVisitorOnline &&
    a.agents.length === b.agents.length &&
    a.agents.every((agent, index) => agent.id === b.agents[index]?.id)
  );
}
