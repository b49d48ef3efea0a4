/** What the object needs from outside; `worker/index.ts` gives it, so that nothing here imports D1, R2 or mail. */
import type { Role } from "../../worker/domain/roles.ts";
import type { DeliveryResult } from "./outbox.ts";
import type { Attachment, ContactSummary, Conversation, Message } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

/** One row of the index in D1, guarded by `item.revision`. */
export interface IndexRow {
  item: Conversation;
  channel: ConversationState["channel"];
}

export interface MailToDeliver {
  state: ConversationState;
  message: Message;
  /** Earlier replies that travel in the same mail, oldest first. */
  also: Message[];
  /** Earlier messages, oldest first, notes left out, for the transcript. */
  earlier: Message[];
}

export interface ConversationPorts {
  /** Writes the index row unless a newer revision is there. Safe to repeat. */
  saveIndex(row: IndexRow): Promise<void>;
  /** Tells the agents' lists. Safe to repeat. */
  publish(item: Conversation): Promise<void>;
  publishPresence(conversationId: string, isVisitorOnline: boolean): Promise<void>;
  /** Finds or makes the contact of a typed address. Safe to repeat. */
  resolveContact(capture: { email: string; name?: string | undefined }): Promise<ContactSummary>;
  /** The files with these ids, now of this conversation for ever; null where one is unknown, another's or not the sender's. */
  claimAttachments(input: { ids: string[]; conversationId: string; uploadedBy: string }): Promise<Attachment[] | null>;
  /** The present roles of these agents; an agent who is gone is missing. */
  loadRoles(agentIds: string[]): Promise<Map<string, Role>>;
  /** Hands a mail to the transport. Throws only where nothing was handed over. */
  deliver(mail: MailToDeliver): Promise<DeliveryResult>;
  /** Limits are off for load tests on one's own machine. */
  hasRateLimits: boolean;
}
