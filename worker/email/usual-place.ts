/**
 * A contact's usual place: the conversation that the next mail of an address joins (S14). It belongs to the address. Where
 * a browser began the conversation, it is one only for the address that it is confirmed for; or where that address has no
 * other conversation, and this is the one in which it was typed: the mail is then for agents alone. Pure.
 */
import type { MailFacts } from "../../durable-objects/conversation/intake.ts";

/** @param hasOthers another conversation has, or had, this address */
export function mayBePlace(facts: MailFacts, email: string, { hasOthers }: { hasOthers: boolean }): boolean {
  const { beginner, form } = facts;
  if (form !== null) return false;
  if (beginner === null) return facts.email === email;
  if (beginner.confirmed !== null) return beginner.confirmed === email;
  return !hasOthers && facts.email === email && beginner.given.includes(email);
}
