import type { Author, Conversation } from "../../../durable-objects/conversation/protocol.ts";

export type Named = Pick<Conversation, "id" | "contact"> &
  Partial<Pick<Conversation, "hasVisitor" | "address" | "visitor" | "form" | "unconfirmedMail">>;

/** Whether who writes is known to be the contact: by mail, or shown in the chat, also by who is blocked. Else what they say of themselves is shown. */
export function isShownToBe({ hasVisitor, address, form }: Named): boolean {
  return address?.level === "confirmed" || address?.wasShown === true || (hasVisitor !== true && form === undefined);
}

/**
 * The name to show for a conversation's person: name, else address, else the visitor's short code. Somebody who only typed
 * an address is named by their own word, never by the record of whose address it is.
 */
export function personName(conversation: Named, visitorName: (code: string) => string): string {
  const { contact, address, visitor } = conversation;
  const own = isShownToBe(conversation) ? contact?.name || contact?.email : visitor?.name;
  return own || address?.email || visitorName(shortCode(conversation.id));
}

/**
 * Whom a mail without a name is from. Where the visitor has not shown that the address is theirs, what they call themselves
 * says nothing of who wrote it: the mail is its address's. Empty where the person of the conversation is meant.
 */
export function mailAuthor(conversation: Named): string {
  if (isShownToBe(conversation)) return "";
  return conversation.unconfirmedMail?.email || addressOf(conversation);
}

/** Where answers go; empty where no address is known. */
export function addressOf({ address }: Pick<Named, "address">): string {
  return address?.email ?? "";
}

/** Four characters of the random end of an id, enough to tell nameless visitors apart in a list. */
export function shortCode(id: string): string {
  return id.slice(-4).toUpperCase();
}

/** What a person's avatar colour hangs on. */
export function personSeed(conversation: Named): string {
  return isShownToBe(conversation) ? (conversation.contact?.id ?? conversation.id) : conversation.id;
}

export function isFromOutside(author: Author): boolean {
  return author.kind === "visitor" || author.kind === "contact";
}
