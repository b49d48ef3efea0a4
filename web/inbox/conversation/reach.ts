import type { Conversation, Message } from "../../../durable-objects/conversation/protocol.ts";

/** How far a chat reply has come: on the visitor's device, on their screen, or neither as far as anyone knows. */
export type Reach = "seen" | "delivered" | "waiting";

interface Known {
  conversation: Pick<Conversation, "visitorSeenSeq" | "visitorDeliveredSeq">;
  isVisitorOnline: boolean;
}

/** Null for what is no chat reply. */
export function computeReach(
  { seq, author, channel, delivery }: Message,
  { conversation, isVisitorOnline }: Known,
): Reach | null {
  if (author.kind !== "agent" || channel !== "chat") return null;
  if (delivery?.state === "seen" || seq <= conversation.visitorSeenSeq) return "seen";
  // Whoever is connected has everything: the protocol catches up before anything else.
  return isVisitorOnline || seq <= (conversation.visitorDeliveredSeq ?? 0) ? "delivered" : "waiting";
}
