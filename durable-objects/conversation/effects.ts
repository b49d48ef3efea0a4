/** What the core decides: data that the shell carries out, the stored ones in one transaction. Pure. */
import type { Connection } from "./connection.ts";
import type { ConversationEvent, Draft, Message, RejectionReason, ServerFrame } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

export interface MailJob {
  /** The message that it mails. */
  seq: number;
  /** The address that it is written to: stored here, never looked up when it leaves. */
  to: string;
  /** Epoch ms before which it is not sent: until then it can be taken back. */
  dueAt: number;
  /** Earlier replies that travel in the same mail. */
  also?: number[];
  /** Not needed any more once the visitor has seen them all. */
  isCancelledBySeen?: boolean;
  /** Only to these of its recipients: the others have it. */
  only?: string[];
  /** An agent asked for it by hand: also to addresses that are known to be undeliverable. */
  isInsisted?: boolean;
}

export type Effect =
  // Stored, all in one transaction
  | { kind: "insert"; key: string; message: Message }
  | { kind: "update"; message: Message }
  | { kind: "event"; event: Omit<ConversationEvent, "id"> }
  | { kind: "state"; state: ConversationState }
  | { kind: "mail"; job: MailJob }
  | { kind: "cancel-mail"; seq: number }
  | { kind: "draft"; agentId: string; draft: Draft }
  /** What was for a session is for this address, too. */
  | { kind: "widen"; sessionId: string; email: string }
  // Sent after the transaction
  | { kind: "message"; message: Message; clientId?: string }
  | { kind: "answer"; frame: ServerFrame }
  | { kind: "catch-up"; lastSeq: number }
  | { kind: "conversation" }
  | { kind: "presence" }
  | { kind: "broadcast"; frame: ServerFrame; isForSender: boolean; isForAgents?: boolean }
  | { kind: "connection"; connection: Connection }
  /** To those who have had this message: it is not to be shown any more. */
  | { kind: "withdraw"; message: Message }
  /** Sockets of browsers; those with a token of this generation stay. */
  | { kind: "close-sessions"; exceptGeneration: number | null }
  | { kind: "close"; code: number; reason: RejectionReason };

/** What a decision may look at; nothing in it changes while it decides. */
export interface Turn {
  state: ConversationState;
  /** Epoch ms. */
  now: number;
  newId: () => string;
  isVisitorOnline: () => boolean;
  /** The stored message with this key, or null (A2). */
  findByKey: (key: string) => Message | null;
  findBySeq: (seq: number) => Message | null;
  /** The key of a stored message, or null. */
  keyOf: (seq: number) => string | null;
  /** Mails of chat replies that have not left and are not needed once the replies were seen. */
  queuedReplies: () => { seq: number; also: number[] }[];
}
