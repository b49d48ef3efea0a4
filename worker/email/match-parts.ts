/** What several rows of the decision table say in the same words. Pure. */
import type { MailAddress } from "./mail.ts";
import type { FoundConversation, KnownContact, MatchFacts } from "./match-facts.ts";
import type { Appending, ContactRef, Decision, Target } from "./verdict.ts";

/** Null where a row does not fit. */
export type Found = Decision | null;

export function begin({ sender, mail }: MatchFacts): Target {
  return { kind: "begin", contact: toContactRef(sender.contact, mail.from) };
}

export function toContactRef(contact: KnownContact | null, address: MailAddress | null): ContactRef {
  const contactId = contact?.contactId ?? null;
  return contactId === null ? { kind: "new", address } : { kind: "known", contactId };
}

export function join({ mail }: MatchFacts, { conversationId }: Pick<FoundConversation, "conversationId">): Target {
  return { kind: "join", conversationId, shouldReopen: mail.class !== "auto-reply" };
}

export function append({ mail }: MatchFacts, details: { learnIds: string[]; participants?: MailAddress[] }): Appending {
  return { shouldNotify: mail.class !== "auto-reply", learnIds: details.learnIds, participants: details.participants ?? [] };
}

/** A Message-ID that another mail has already leads elsewhere. */
export function learnOwn({ mail, duplicate }: MatchFacts): string[] {
  return duplicate === "none" ? [mail.messageId] : [];
}
