/** What the object needs from outside; `worker/index.ts` gives it, so that nothing here imports D1, R2 or mail. */
import type { Role } from "../../worker/domain/roles.ts";
import type { DeliveryResult } from "./outbox.ts";
import type { AddressFacts } from "./commands.ts";
import type { AddressLevel, Attachment, ContactSummary, Conversation, Message } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

/** One row of the index in D1, guarded by `item.revision`. */
export interface IndexRow {
  item: Conversation;
  channel: ConversationState["channel"];
}

export interface MailToDeliver {
  state: ConversationState;
  message: Message;
  /** The local part of its Message-ID: random, and the same at every try. */
  mailId: string;
  /** The address that it is written to. */
  to: string;
  /** What the browser that began the chat has shown of that address. */
  level: AddressLevel;
  /** Earlier replies that travel in the same mail, oldest first. */
  also: Message[];
  /** Earlier messages that all of its recipients may have, oldest first, for the transcript. */
  earlier: Message[];
  /** What the other side wrote lately, whether it travels or not: words of theirs that its agent may have quoted. */
  theirWords: string[];
  /** Only to these of its recipients, the others have it; null is everyone. */
  only: string[] | null;
  /** An agent asked for it by hand: also to addresses that are known to be undeliverable. */
  isInsisted: boolean;
  /** Chat replies that nobody has seen: nobody asked for this mail. */
  isUnseen: boolean;
}

export interface ConversationPorts {
  /** Writes the index row unless a newer revision is there. Safe to repeat. */
  saveIndex(row: IndexRow): Promise<void>;
  /** Tells the agents' lists. Safe to repeat. */
  publish(item: Conversation): Promise<void>;
  publishPresence(conversationId: string, isVisitorOnline: boolean): Promise<void>;
  /** Finds or makes the contact of an address that a mail has left for, or that an agent gave. Safe to repeat. */
  resolveContact(address: { email: string; name?: string | undefined }): Promise<ContactSummary>;
  /** Notes that this conversation has this address, and tells what is known of it. Safe to repeat. */
  noteAddress(input: { conversationId: string; email: string; isChat: boolean }): Promise<AddressFacts>;
  /** The browser that began the conversation has shown that the address is theirs: its owner's mails go here. Safe to repeat. */
  notePlace(input: { conversationId: string; email: string }): Promise<void>;
  /** The files with these ids, now of this conversation for ever; null where one is unknown, another's or not the sender's. */
  claimAttachments(input: { ids: string[]; conversationId: string; uploadedBy: string }): Promise<Attachment[] | null>;
  /** Those of these addresses that are our own mailboxes' (signed reply addresses too): mail to them would come back. */
  findOwnAddresses(addresses: string[]): Promise<string[]>;
  /** What these credentials (`session:<id>`, `key:<id>`) may do now; one that is no longer valid is missing. */
  loadRoles(credentials: string[]): Promise<Map<string, Role>>;
  /** Counts what visitors of a busy conversation write, for the client and the deployment; asked once for many messages. */
  takeMessages(asked: { client: string; units: number }): Promise<{ isAllowed: boolean }>;
  /** Hands a mail to the transport. Throws only where nothing was handed over. */
  deliver(mail: MailToDeliver): Promise<DeliveryResult>;
}
