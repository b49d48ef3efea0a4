import type { Author, Conversation } from "../../../durable-objects/conversation/protocol.ts";

/** The name to show for a conversation's person: name, else address, else the visitor's short code. */
export function personName(conversation: Pick<Conversation, "id" | "contact">, visitorName: (code: string) => string): string {
  return conversation.contact?.name || conversation.contact?.email || visitorName(shortCode(conversation.id));
}

/** Four characters of the random end of an id, enough to tell nameless visitors apart in a list. */
export function shortCode(id: string): string {
  return id.slice(-4).toUpperCase();
}

/** What a person's avatar colour hangs on. */
export function personSeed(conversation: Pick<Conversation, "id" | "contact">): string {
  return conversation.contact?.id ?? conversation.id;
}

export function isFromOutside(author: Author): boolean {
  return author.kind === "visitor" || author.kind === "contact";
}
