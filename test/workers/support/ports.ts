/**
 * The objects' ports in tests: the real ones, watched, and replaced where a test says so. Shared with the Worker under
 * test, which runs in the same isolate.
 */
import type { ConversationPorts, IndexRow, MailToDeliver } from "../../../durable-objects/conversation/ports.ts";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import type { InboxPorts } from "../../../durable-objects/inbox/inbox-object.ts";

/** What the objects asked of the outside since the last `reset`. */
interface Seen {
  saved: IndexRow[];
  published: Conversation[];
  presence: [conversationId: string, isOnline: boolean][];
  /** Addresses whose contact was found or made. */
  contacts: string[];
  /** Addresses of conversations, as they were noted. */
  addresses: string[];
  places: { conversationId: string; email: string }[];
  delivered: MailToDeliver[];
  /** How often any conversation was started or woken from hibernation. */
  wakes: number;
}

const nothing = (): Seen => ({
  saved: [],
  published: [],
  presence: [],
  contacts: [],
  addresses: [],
  places: [],
  delivered: [],
  wakes: 0,
});

class TestPorts {
  seen = nothing();
  /** What stands in for the real ports. */
  conversation: Partial<ConversationPorts> = {};
  /** Agents who need no row in D1. */
  roles: Partial<Pick<ConversationPorts, "loadRoles">> = {};
  inbox: Partial<InboxPorts> = {};

  reset(): void {
    this.seen = nothing();
    this.roles = {};
    this.heal();
  }

  /** The real ports again. */
  heal(): void {
    this.conversation = {};
    this.inbox = {};
  }
}

export const ports = new TestPorts();

/** A port that never answers. */
export function hang(): Promise<never> {
  return new Promise<never>(() => {});
}

export async function fail(): Promise<never> {
  throw new Error("made to fail by a test");
}

/** Holds a port until the test opens it. Polled, for a promise of the test cannot be awaited inside an object. */
export class Gate {
  isReached = false;
  isOpen = false;

  async pass(): Promise<void> {
    this.isReached = true;
    while (!this.isOpen) await scheduler.wait(5);
  }
}

/** A mail server that takes every mail. */
export async function takeMail({ message }: MailToDeliver) {
  return { kind: "sent" as const, to: message.delivery?.to ?? [], messageId: `sent-${message.seq}@hilo.test` };
}

export function watchConversation(real: ConversationPorts): ConversationPorts {
  const now = (): ConversationPorts => ({ ...real, ...ports.roles, ...ports.conversation });
  return {
    saveIndex: async (row) => {
      ports.seen.saved.push(row);
      return now().saveIndex(row);
    },
    publish: async (item) => {
      ports.seen.published.push(item);
      return now().publish(item);
    },
    publishPresence: async (conversationId, isOnline) => {
      ports.seen.presence.push([conversationId, isOnline]);
      return now().publishPresence(conversationId, isOnline);
    },
    resolveContact: async (address) => {
      ports.seen.contacts.push(address.email);
      return now().resolveContact(address);
    },
    noteAddress: async (input) => {
      ports.seen.addresses.push(input.email);
      return now().noteAddress(input);
    },
    notePlace: async (input) => {
      ports.seen.places.push(input);
      return now().notePlace(input);
    },
    findOwnAddresses: async (addresses) => now().findOwnAddresses(addresses),
    claimAttachments: async (input) => now().claimAttachments(input),
    loadRoles: async (ids) => now().loadRoles(ids),
    takeMessages: async (asked) => now().takeMessages(asked),
    deliver: async (mail) => {
      ports.seen.delivered.push(mail);
      return now().deliver(mail);
    },
  };
}

export function watchInbox(real: InboxPorts): InboxPorts {
  const now = (): InboxPorts => ({ ...real, ...ports.roles, ...ports.inbox });
  return {
    isVisitorOnline: async (id) => now().isVisitorOnline(id),
    loadRoles: async (ids) => now().loadRoles(ids),
  };
}
