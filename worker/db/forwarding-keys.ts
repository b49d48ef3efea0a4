/** The keys in agents' forwarding addresses. */
import { eq } from "drizzle-orm";
import type { Agent } from "../domain/api-shapes.ts";
import type { Database } from "./database.ts";
import { forwardingKeys } from "./mail-schema.ts";
import { agents } from "./schema.ts";

/**
 * The key of the agent, made if there is none: the first to ask decides.
 *
 * @param made 16 hex characters for a new one
 */
export async function findOrMakeForwardingKey(
  db: Database,
  agentId: string,
  made: { key: string; now: number },
): Promise<string> {
  await db.insert(forwardingKeys).values({ agentId, key: made.key, createdAt: made.now }).onConflictDoNothing();
  const rows = await db.select({ key: forwardingKeys.key }).from(forwardingKeys).where(eq(forwardingKeys.agentId, agentId));
  return rows[0]?.key ?? made.key;
}

/** From now on the address with the one before leads nowhere. */
export async function replaceForwardingKey(db: Database, agentId: string, made: { key: string; now: number }): Promise<void> {
  const { key, now: createdAt } = made;
  await db
    .insert(forwardingKeys)
    .values({ agentId, key, createdAt })
    .onConflictDoUpdate({ target: forwardingKeys.agentId, set: { key, createdAt } });
}

export async function findForwardingAgent(db: Database, key: string): Promise<Agent | null> {
  const { id, name, email, role } = agents;
  const rows = await db
    .select({ id, name, email, role })
    .from(forwardingKeys)
    .innerJoin(agents, eq(agents.id, forwardingKeys.agentId))
    .where(eq(forwardingKeys.key, key));
  return rows[0] ?? null;
}

/** The statement after which the agent's address leads nowhere; for a batch. */
export function deleteForwardingKey(db: Database, agentId: string) {
  return db.delete(forwardingKeys).where(eq(forwardingKeys.agentId, agentId));
}
