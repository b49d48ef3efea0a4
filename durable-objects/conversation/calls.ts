/** The shapes of the calls between the Worker and a conversation. Both are ours: trusted, not parsed. */
import type { SendRequest } from "./core.ts";
import type { OpenRequest } from "./intake.ts";
import type { SessionToken } from "./sessions.ts";
import type { Conversation, ConversationEvent, Draft, Message, RejectionReason } from "./protocol.ts";

export interface PersonMessage extends Omit<SendRequest, "attachments" | "own"> {
  attachmentIds: string[];
  /** Who must have uploaded the files: `agent:<id>` or `visitor:<conversation>`. */
  uploadedBy: string;
  /** Begins the conversation with this message. */
  open?: OpenRequest;
}

export type SendAnswer =
  | { kind: "stored" | "repeated"; message: Message; session: SessionToken | null }
  | { kind: "rejected"; reason: RejectionReason; detail?: string }
  | { kind: "unknown" };

/** Why a mail is not sent; null where it is under way. */
export type MailAnswer = RejectionReason | "unknown" | null;

export interface ViewAnswer {
  conversation: Conversation;
  messages: Message[];
  hasOlder: boolean;
  events: ConversationEvent[];
  drafts: Draft[];
}
