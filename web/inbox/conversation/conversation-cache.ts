import type { Conversation, ConversationEvent, Message } from "../../../durable-objects/conversation/protocol.ts";

/** Conversations kept in memory, so that one that was seen before paints in the next frame. */
const CONVERSATIONS_MAX = 50;

export interface ConversationRecord {
  conversation: Conversation;
  messages: readonly Message[];
  events: readonly ConversationEvent[];
  hasOlder: boolean;
}

const records = new Map<string, ConversationRecord>();

export function recall(id: string): ConversationRecord | null {
  return records.get(id) ?? null;
}

/** Keeps a record, and lets go of the one that was not used for longest. */
export function remember(record: ConversationRecord): void {
  const { id } = record.conversation;
  records.delete(id);
  records.set(id, record);
  const oldest = records.keys().next();
  if (records.size > CONVERSATIONS_MAX && oldest.done !== true) records.delete(oldest.value);
}
