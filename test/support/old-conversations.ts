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
