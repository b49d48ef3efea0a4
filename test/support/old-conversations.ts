/** Conversations as the version before sessions had ids has stored them. */
import { ID, NOW } from "./conversation-builders.ts";

/** A chat that has just begun, as its row of `state` says it. */
export function anOldState(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: ID,
    createdAt: NOW,
    status: "open",
    assignee: null,
    lastSeq: 0,
    readSeq: 0,
    visitorSeenSeq: 0,
    visitorDeliveredSeq: 0,
    lastInboundSeq: 0,
    lastReply: null,
    otherReply: null,
    revision: 0,
    projectedRevision: 0,
    contact: null,
    capture: null,
    isAddressProven: false,
    hasVisitor: true,
    visitor: null,
    tokenGeneration: 1,
    unseen: { dueAt: null, afterMs: 0, mails: 0 },
    subject: null,
    mail: null,
    movedSeqs: [],
    returnedSeqs: [],
    takenBackSeqs: [],
    lastMessage: null,
    channel: "chat",
    ...over,
  };
}

/** Its tables, as two versions of the object had made them. */
export const OLD_TABLES = `
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL);
  CREATE TABLE messages (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
  CREATE TABLE events (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE drafts (agent_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (agent_id, kind));
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY, state TEXT NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL, also TEXT NOT NULL, is_cancelled_by_seen INTEGER NOT NULL, only_to TEXT, is_insisted INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE migrations (version INTEGER PRIMARY KEY);
  INSERT INTO migrations (version) VALUES (1), (2);`;
