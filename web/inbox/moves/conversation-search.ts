/** Which conversations a few typed words mean. */
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function textOf({ contact, address, visitor, subject, lastMessage }: Conversation): string {
  return plain(
    [contact?.name, contact?.email, address?.email, visitor?.name, subject, lastMessage?.preview].filter(Boolean).join("\n"),
  );
}

/** Those in which every word occurs, in name, address, subject or preview; accents and case make no difference. */
export function filterConversations(conversations: readonly Conversation[], typed: string): Conversation[] {
  const words = plain(typed).split(/\s+/u).filter(Boolean);
  return conversations.filter((conversation) => {
    const text = textOf(conversation);
    return words.every((word) => text.includes(word));
  });
}

/** In this order, each once. */
export function mergeConversations(lists: readonly (readonly Conversation[])[]): Conversation[] {
  return [...new Map(lists.flat().map((conversation) => [conversation.id, conversation])).values()];
}
