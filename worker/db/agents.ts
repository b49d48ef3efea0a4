/** Agents, their sign-in accounts and API keys. */
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import * as v from "valibot";
import type { Agent, ApiKey } from "../domain/api-shapes.ts";
import { lowerRole, roleSchema, type Role } from "../domain/roles.ts";
import type { Database } from "./database.ts";
import { accounts, agents, apiKeys, sessions } from "./schema.ts";

export interface NewAgent {
  id: string;
  name: string;
  email: string;
  role: Role;
  passwordHash: string;
  /** Id of the row that holds the password. */
  accountId: string;
  now: number;
}

/** The statements that make an agent who can sign in; for a batch. */
export function insertAgent(db: Database, agent: NewAgent) {
  const at = new Date(agent.now);
  const { id, name, email, role } = agent;
  return [
    db.insert(agents).values({ id, name, email, role, emailVerified: true, createdAt: at, updatedAt: at }),
    db.insert(accounts).values({
      id: agent.accountId,
      userId: id,
      accountId: id,
      providerId: "credential",
      password: agent.passwordHash,
      createdAt: at,
      updatedAt: at,
    }),
  ] as const;
}

export async function listAgents(db: Database): Promise<Agent[]> {
  const { id, name, email, role } = agents;
  return db.select({ id, name, email, role }).from(agents).orderBy(asc(agents.createdAt)).limit(1000);
}

export async function findAgent(db: Database, agentId: string): Promise<Agent | null> {
  const { id, name, email, role } = agents;
  const rows = await db.select({ id, name, email, role }).from(agents).where(eq(agents.id, agentId));
  return rows[0] ?? null;
}

export async function findAgentByEmail(db: Database, address: string): Promise<Agent | null> {
  const { id, name, email, role } = agents;
  const rows = await db.select({ id, name, email, role }).from(agents).where(eq(agents.email, address));
  return rows[0] ?? null;
}

/** @returns false where this would take the last owner away, decided by the database itself (T7) */
export async function updateAgent(
  db: Database,
  id: string,
  change: { name?: string | undefined; role?: Role | undefined },
  now: number,
): Promise<boolean> {
  const keepsOwner =
    change.role === undefined || change.role === "owner"
      ? sql`1`
      : sql`(${agents.role} <> 'owner' OR (SELECT COUNT(*) FROM agents WHERE role = 'owner') > 1)`;
  const rows = await db
    .update(agents)
    .set({
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.role === undefined ? {} : { role: change.role }),
      updatedAt: new Date(now),
    })
    .where(sql`${agents.id} = ${id} AND ${keepsOwner}`)
    .returning({ id: agents.id });
  return rows.length > 0;
}

export async function deleteSessions(db: Database, agentId: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.userId, agentId));
}

/** Bound parameters that D1 takes in one statement, less what else is in it. */
const CREDENTIALS_MAX = 90;

/**
 * What sessions and API keys may do now.
 * @param credentials `session:<id>` and `key:<id>`
 * @returns without those that have ended
 */
export async function loadRoles(db: Database, credentials: string[], now: number): Promise<Map<string, Role>> {
  const roles = new Map<string, Role>();
  for (let start = 0; start < credentials.length; start += CREDENTIALS_MAX) {
    const some = credentials.slice(start, start + CREDENTIALS_MAX);
    const [ofSessions, ofKeys] = await db.batch([
      db
        .select({ id: sessions.id, role: agents.role })
        .from(sessions)
        .innerJoin(agents, eq(agents.id, sessions.userId))
        .where(and(inArray(sessions.id, idsOf(some, "session:")), gt(sessions.expiresAt, new Date(now)))),
      db
        // Named, because a batch answers rows by the columns' own names, and two of them are the same.
        .select({ id: apiKeys.id, keyRole: sql<Role>`${apiKeys.role}`.as("key_role"), role: agents.role })
        .from(apiKeys)
        .innerJoin(agents, eq(agents.id, apiKeys.createdBy))
        .where(inArray(apiKeys.id, idsOf(some, "key:"))),
    ]);
    for (const { id, role } of ofSessions) roles.set(`session:${id}`, v.parse(roleSchema, role));
    for (const { id, keyRole, role } of ofKeys) roles.set(`key:${id}`, lowerRole(keyRole, v.parse(roleSchema, role)));
  }
  return roles;
}

function idsOf(credentials: string[], prefix: string): string[] {
  return credentials.flatMap((credential) => (credential.startsWith(prefix) ? [credential.slice(prefix.length)] : []));
}

// API keys

export async function listApiKeys(db: Database): Promise<ApiKey[]> {
  const { id, name, role, createdAt, lastUsedAt } = apiKeys;
  return db.select({ id, name, role, createdAt, lastUsedAt }).from(apiKeys).orderBy(asc(apiKeys.createdAt)).limit(1000);
}

export async function insertApiKey(db: Database, key: typeof apiKeys.$inferInsert): Promise<void> {
  await db.insert(apiKeys).values(key);
}

export async function deleteApiKey(db: Database, id: string): Promise<boolean> {
  const rows = await db.delete(apiKeys).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id });
  return rows.length > 0;
}

/** The key with this hash and the agent who made it. */
export async function findApiKey(db: Database, hash: string): Promise<{ key: typeof apiKeys.$inferSelect; agent: Agent } | null> {
  const { id, name, email, role } = agents;
  const rows = await db
    .select({ key: apiKeys, agent: { id, name, email, role } })
    .from(apiKeys)
    .innerJoin(agents, eq(agents.id, apiKeys.createdBy))
    .where(eq(apiKeys.hash, hash));
  return rows[0] ?? null;
}

export async function touchApiKey(db: Database, id: string, now: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id));
}
