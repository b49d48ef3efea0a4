/** How many sockets a conversation has, and what becomes of those that never say `hello` (T21). Pure. */
import type { Connection } from "./connection.ts";
import { isAlive, type SeenConnection } from "./presence.ts";

/** Pages and devices that have one chat open; one that reloads leaves some behind for a moment. */
export const VISITOR_SOCKETS_MAX = 20;
export const AGENT_SOCKETS_MAX = 50;
/** Of one agent in one conversation. */
export const SOCKETS_PER_AGENT_MAX = 10;
/** Ms within which a socket says `hello`, or is closed. */
export const HELLO_DEADLINE_MS = 10_000;

/** Who would open one more. */
export type Newcomer = { kind: "visitor" } | { kind: "agent"; agentId: string };

/**
 * @param open the sockets that are open
 * @returns those that make room, which are ghosts; null where there is no room
 */
export function findRoom<S extends SeenConnection>(open: readonly S[], newcomer: Newcomer, now: number): S[] | null {
  const ofKind = open.filter(({ connection }) => connection.kind === newcomer.kind);
  const leaving = overflow(ofKind, newcomer.kind === "visitor" ? VISITOR_SOCKETS_MAX : AGENT_SOCKETS_MAX, now);
  if (leaving === null || newcomer.kind === "visitor") return leaving;
  const theirs = ofKind.filter(
    (one) => one.connection.kind === "agent" && one.connection.agentId === newcomer.agentId && !leaving.includes(one),
  );
  const ofAgent = overflow(theirs, SOCKETS_PER_AGENT_MAX, now);
  return ofAgent === null ? null : [...leaving, ...ofAgent];
}

/** Those that have to go so that one more fits: the ones that were heard of longest ago, where they are ghosts. */
function overflow<S extends SeenConnection>(open: readonly S[], max: number, now: number): S[] | null {
  const tooMany = open.length + 1 - max;
  if (tooMany <= 0) return [];
  const gone = open.filter((seen) => !isAlive(seen, now) || isSilent(seen.connection, now));
  if (gone.length < tooMany) return null;
  return gone.toSorted((a, b) => a.lastSeenAt - b.lastSeenAt).slice(0, tooMany);
}

/** True past the deadline. */
export function isSilent({ isReady, connectedAt }: Connection, now: number): boolean {
  return !isReady && connectedAt + HELLO_DEADLINE_MS <= now;
}

/** When the first of those that have not said `hello` is past the deadline, or null. */
export function helloEndsAt(open: readonly SeenConnection[]): number | null {
  const ends = open.flatMap(({ connection }) => (connection.isReady ? [] : [connection.connectedAt + HELLO_DEADLINE_MS]));
  return ends.length === 0 ? null : Math.min(...ends);
}
