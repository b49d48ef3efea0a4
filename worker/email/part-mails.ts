/**
 * *This is somebody else*: the mails that came into a chat by an address that its visitor only typed get a conversation of
 * their own, which is the place of that address from then on. Each is moved as an agent moves a mail; a repeat goes on.
 */
import type { Database } from "../db/database.ts";
import { listMailsOf } from "../db/mail-moves.ts";
import { setPlace } from "../db/places.ts";
import type { Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { moveMail, ownConversationId } from "./move-mail.ts";

/** @returns the conversation that they are in now; null where there is nothing to part */
export async function partMails(
  env: Env,
  db: Database,
  { conversationId, agentId }: { conversationId: string; agentId: string },
): Promise<string | null> {
  const facts = await conversationStub(env, conversationId).mailFacts();
  if (facts === null || facts.beginner === null || facts.email === null || facts.beginner.confirmed === facts.email) return null;
  const rows = await listMailsOf(db, { conversationId, email: facts.email });
  const [first] = rows;
  if (first === undefined) return null;
  const to = await ownConversationId(env, first);
  for (const row of rows) {
    // The first makes the conversation that the others follow to.
    const answer = await moveMail(env, db, { row, to: row === first ? null : to, agentId });
    if (answer === "busy" || (row === first && answer !== "moved")) return null;
  }
  await conversationStub(env, conversationId).takeAddressAway(facts.email);
  await setPlace(db, { email: facts.email, conversationId: to, now: Date.now() });
  return to;
}
