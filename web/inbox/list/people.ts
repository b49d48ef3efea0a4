import type { Author, Conversation } from "../../../durable-objects/conversation/protocol.ts";

type Person = Pick<Conversation, "id" | "contact" | "address">;

/** The name to show for a conversation's person: name, else address, else the visitor's short code. */
export function personName(conversation: Person, visitorName: (code: string) => string): string {
  return conversation.contact?.name || addressOf(conversation) || visitorName(shortCode(conversation.id));
}

/** Where answers go; empty where no address is known. Of who filled in a form there is an address and no contact. */
export function addressOf({ contact, address }: Pick<Person, "contact" | "address">): string {
  return contact?.email ?? address?.email ?? "";
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
