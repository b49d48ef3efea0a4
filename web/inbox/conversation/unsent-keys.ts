/** Where an agent's unsent messages lie: agents may share a browser, and must not send each other's. */
const PREFIX = "hilo.unsent";

export const unsentPrefix = (agentId: string, conversationId: string): string => `${PREFIX}.${agentId}.${conversationId}`;

/** Conversations of which this device has unsent messages of this agent. */
export function listUnsentConversations(storage: Storage | null, agentId: string): string[] {
  const prefix = `${PREFIX}.${agentId}.`;
  const ids = Object.keys(storage ?? {}).flatMap((key) =>
    key.startsWith(prefix) ? (key.slice(prefix.length).split(".")[0] ?? []) : [],
  );
  return [...new Set(ids)];
}
