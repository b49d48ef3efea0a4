import { describe, expect, test } from "vitest";
import type { SeenConnection } from "../../../durable-objects/conversation/presence.ts";
import { PRESENCE_VISIBLE_MS } from "../../../durable-objects/conversation/protocol.ts";
import {
  AGENT_SOCKETS_MAX,
  HELLO_DEADLINE_MS,
  SOCKETS_PER_AGENT_MAX,
  VISITOR_SOCKETS_MAX,
  findRoom,
} from "../../../durable-objects/conversation/socket-limits.ts";

const NOW = 1_800_000_000_000;
const VISITOR = { kind: "visitor" } as const;

const common = { connectedAt: NOW, isReady: true, isHidden: false, hasRateLimits: true };
const visitors = (count: number, over: Partial<SeenConnection> = {}): SeenConnection[] =>
  Array.from({ length: count }, (_, n) => ({
    connection: { kind: "visitor", sessionId: null, tokenGeneration: 1, id: `v${n}`, ...common },
    lastSeenAt: NOW,
    ...over,
  }));
const agents = (count: number, agentId: (n: number) => string): SeenConnection[] =>
  Array.from({ length: count }, (_, n) => ({
    connection: {
      kind: "agent",
      id: `a${n}`,
      agentId: agentId(n),
      name: "",
      role: "agent",
      credential: "",
      undoMs: 0,
      ...common,
    },
    lastSeenAt: NOW,
  }));

describe("[T21] sockets of one conversation", () => {
  test("so many of visitors, whatever the agents have open, and the other way round", () => {
    const many = agents(AGENT_SOCKETS_MAX, (n) => `agent ${n}`);
    const full = visitors(VISITOR_SOCKETS_MAX);
    expect(findRoom([...many, ...full.slice(1)], VISITOR, NOW)).toEqual([]);
    expect(findRoom([...many, ...full], VISITOR, NOW)).toBeNull();
    expect(findRoom([...many.slice(1), ...full], { kind: "agent", agentId: "new" }, NOW)).toEqual([]);
    expect(findRoom([...many, ...full], { kind: "agent", agentId: "new" }, NOW)).toBeNull();
  });

  test("one agent has not all of them", () => {
    const theirs = agents(SOCKETS_PER_AGENT_MAX, () => "ana");
    expect(findRoom(theirs, { kind: "agent", agentId: "ana" }, NOW)).toBeNull();
    expect(findRoom(theirs, { kind: "agent", agentId: "ben" }, NOW)).toEqual([]);
  });

  test("a ghost makes room, the one that was heard of longest ago", () => {
    const longAgo = NOW - PRESENCE_VISIBLE_MS;
    const ghosts = [...visitors(1, { lastSeenAt: longAgo - 1 }), ...visitors(1, { lastSeenAt: longAgo - 2 })];
    const open = [...visitors(VISITOR_SOCKETS_MAX - 2), ...ghosts];
    expect(findRoom(open, VISITOR, NOW)).toEqual([ghosts[1]]);
  });

  test("one that never said hello makes room when its time is up", () => {
    const silent = {
      kind: "visitor",
      sessionId: null,
      tokenGeneration: 1,
      id: "s",
      ...common,
      isReady: false,
      connectedAt: NOW - HELLO_DEADLINE_MS,
    } as const;
    const open = [...visitors(VISITOR_SOCKETS_MAX - 1), { connection: silent, lastSeenAt: NOW }];
    expect(findRoom(open, VISITOR, NOW - 1)).toBeNull();
    expect(findRoom(open, VISITOR, NOW)).toHaveLength(1);
  });
});
