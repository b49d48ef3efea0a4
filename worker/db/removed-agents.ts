/** Agents who leave, and come back. Their row stays, so that their name stays on what they wrote; nothing else of them does. */
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import { ACCOUNT_LINK_PURPOSES } from "../domain/account-shapes.ts";
import type { Role } from "../domain/roles.ts";
import { deleteLinks } from "./account-links.ts";
import { deleteApiKeysOf, isNotLastOwner } from "./agents.ts";
import type { Database } from "./database.ts";
import { deleteForwardingKey } from "./forwarding-keys.ts";
import { accounts, agents, conversations, mailboxes } from "./schema.ts";
import { deleteSessions } from "./sessions.ts";

/**
 * From the first statement on nothing of theirs signs in; the second forgets it.
 * @returns false where this would take the last owner away, or where they are gone already
 */
export async function removeAgent(db: Database, { id, by, now }: { id: string; by: string; now: number }): Promise<boolean> {
  const removed = await db
    .update(agents)
    .set({ role: "none", removedAt: now, removedBy: by, updatedAt: new Date(now) })
    .where(and(eq(agents.id, id), isNull(agents.removedAt), isNotLastOwner))
    .returning({ id: agents.id });
  if (removed.length === 0) return false;
  await db.batch([
    ...forgetCredentials(db, id),
    db.update(mailboxes).set({ assigneeId: null }).where(eq(mailboxes.assigneeId, id)),
  ]);
  return true;
}

/** The statements after which nothing that they signed in, or forwarded, with works; for a batch. */
export function forgetCredentials(db: Database, id: string) {
  return [
    deleteSessions(db, id),
    deleteApiKeysOf(db, id),
    deleteLinks(db, id, [...ACCOUNT_LINK_PURPOSES]),
    db.delete(accounts).where(eq(accounts.userId, id)),
    deleteForwardingKey(db, id),
  ] as const;
}

/** The statements that bring somebody back under their own name, with nothing of what they had; for a batch. */
export function restoreAgent(db: Database, { id, role, now }: { id: string; role: Role; now: number }) {
  return [
    ...forgetCredentials(db, id),
    db
      .update(agents)
      .set({ role, removedAt: null, removedBy: null, updatedAt: new Date(now) })
      .where(and(eq(agents.id, id), isNotNull(agents.removedAt))),
  ] as const;
}

export interface Orphan {
  conversationId: string;
  removedBy: string | null;
}

/** Open conversations of agents who were removed: of one, or of all. That they are listed here is the wish to let go of them. */
export async function listOrphans(db: Database, { agentId, limit }: { agentId?: string; limit: number }): Promise<Orphan[]> {
  return db
    .select({ conversationId: conversations.id, removedBy: agents.removedBy })
    .from(agents)
    .innerJoin(conversations, and(eq(conversations.assigneeId, agents.id), eq(conversations.status, "open")))
    .where(and(isNotNull(agents.removedAt), agentId === undefined ? undefined : eq(agents.id, agentId)))
    .limit(limit);
}
