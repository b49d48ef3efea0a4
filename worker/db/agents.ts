/** Agents, what each of them may do, and API keys. Their passwords: `credentials.ts`. */
import { and, asc, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import * as v from "valibot";
import { preferencesSchema, type ListedAgent, type Preferences } from "../domain/account-shapes.ts";
import type { Agent, ApiKey } from "../domain/api-shapes.ts";
import { lowerRole, roleSchema, type Role } from "../domain/roles.ts";
import type { Database } from "./database.ts";
import { accounts, agents, apiKeys, sessions } from "./schema.ts";

export interface NewAgent {
  id: string;
  name: string;
  email: string;
  role: Role;
  now: number;
}

interface NewPassword {
  agentId: string;
  passwordHash: string;
  /** Id of the row that holds the password. */
  accountId: string;
  now: number;
}

/** The statements that make an agent who can sign in; for a batch. */
export function insertAgent(db: Database, agent: NewAgent & Omit<NewPassword, "agentId">) {
  return [insertInvitedAgent(db, agent), insertPassword(db, { ...agent, agentId: agent.id })] as const;
}

/** Who has no password yet; for a batch. */
export function insertInvitedAgent(db: Database, { id, name, email, role, now }: NewAgent) {
  const at = new Date(now);
  return db.insert(agents).values({ id, name, email, role, emailVerified: true, createdAt: at, updatedAt: at });
}

/** For a batch. */
export function insertPassword(db: Database, { agentId, passwordHash, accountId, now }: NewPassword) {
  const at = new Date(now);
  const fixed = { userId: agentId, accountId: agentId, providerId: "credential", createdAt: at, updatedAt: at };
  return db.insert(accounts).values({ id: accountId, password: passwordHash, ...fixed });
}

/** Who has chosen a password. Written out: drizzle leaves the table's name out of a statement on one, and both have an `id`. */
const hasJoined = sql<number>`EXISTS (SELECT 1 FROM accounts WHERE accounts.user_id = agents.id)`;
const invitationEnd = sql<number | null>`(SELECT MAX(expires_at) FROM account_links
  WHERE account_links.agent_id = agents.id AND account_links.purpose = 'invitation')`;

/** Without those who were removed. */
export async function listAgents(db: Database): Promise<ListedAgent[]> {
  const { id, name, email, role } = agents;
  const rows = await db
    .select({ id, name, email, role, hasJoined: hasJoined.as("has_joined"), expiresAt: invitationEnd.as("invitation_end") })
    .from(agents)
    .where(isNull(agents.removedAt))
    .orderBy(asc(agents.createdAt))
    .limit(1000);
  return rows.map(({ hasJoined, expiresAt, ...agent }) => (hasJoined ? agent : { ...agent, invitation: { expiresAt } }));
}

/** Also who was removed, as nobody's role: their name stays on what they did. */
export async function findAgent(db: Database, agentId: string): Promise<Agent | null> {
  const { id, name, email, role } = agents;
  const rows = await db.select({ id, name, email, role }).from(agents).where(eq(agents.id, agentId));
  return rows[0] ?? null;
}

export interface Membership extends Agent {
  hasJoined: boolean;
  isRemoved: boolean;
}

/** What an administrator acts on. */
export async function findMembership(db: Database, who: { id: string } | { email: string }): Promise<Membership | null> {
  const { id, name, email, role, removedAt } = agents;
  const rows = await db
    .select({ id, name, email, role, removedAt, hasJoined: hasJoined.as("has_joined") })
    .from(agents)
    .where("id" in who ? eq(id, who.id) : eq(email, who.email));
  const [row] = rows;
  if (row === undefined) return null;
  const { removedAt: at, hasJoined: joined, ...agent } = row;
  return { ...agent, hasJoined: joined === 1, isRemoved: at !== null };
}

/** Whose address this is now: who was removed is an agent no more. */
export async function findAgentByEmail(db: Database, address: string): Promise<Agent | null> {
  const { id, name, email, role } = agents;
  const rows = await db
    .select({ id, name, email, role })
    .from(agents)
    .where(and(eq(agents.email, address), isNull(agents.removedAt)));
  return rows[0] ?? null;
}

/** True for whoever is not the last owner who can sign in; part of the statement that takes the role away (T7). */
export const isNotLastOwner = sql`(agents.role <> 'owner' OR EXISTS (SELECT 1 FROM agents AS others
  JOIN accounts ON accounts.user_id = others.id WHERE others.role = 'owner' AND others.id <> agents.id))`;

/** @returns false where this would take the last owner away, decided by the database itself (T7) */
export async function updateRole(db: Database, id: string, role: Role, now: number): Promise<boolean> {
  const rows = await db
    .update(agents)
    .set({ role, updatedAt: new Date(now) })
    .where(and(eq(agents.id, id), isNull(agents.removedAt), role === "owner" ? undefined : isNotLastOwner))
    .returning({ id: agents.id });
  return rows.length > 0;
}

export async function updateName(db: Database, id: string, name: string, now: number): Promise<void> {
  await db
    .update(agents)
    .set({ name, updatedAt: new Date(now) })
    .where(eq(agents.id, id));
}

/** What cannot be read is as if nothing had been chosen. */
export async function loadPreferences(db: Database, id: string): Promise<Preferences> {
  const rows = await db.select({ preferences: agents.preferences }).from(agents).where(eq(agents.id, id));
  const parsed = v.safeParse(preferencesSchema, rows[0]?.preferences ?? {});
  return parsed.success ? parsed.output : v.parse(preferencesSchema, {});
}

/** What is named replaces what is there, in one statement: two changes at once lose nothing. Null takes a choice back. */
export async function updatePreferences(
  db: Database,
  id: string,
  change: { [Key in keyof Preferences]?: Preferences[Key] | undefined },
): Promise<void> {
  await db
    .update(agents)
    .set({ preferences: sql`json_patch(COALESCE(${agents.preferences}, '{}'), ${JSON.stringify(change)})` })
    .where(eq(agents.id, id));
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
        .where(
          and(inArray(sessions.id, idsOf(some, "session:")), gt(sessions.expiresAt, new Date(now)), isNull(agents.removedAt)),
        ),
      db
        // Named, because a batch answers rows by the columns' own names, and two of them are the same.
        .select({ id: apiKeys.id, keyRole: sql<Role>`${apiKeys.role}`.as("key_role"), role: agents.role })
        .from(apiKeys)
        .innerJoin(agents, eq(agents.id, apiKeys.createdBy))
        .where(and(inArray(apiKeys.id, idsOf(some, "key:")), isLive(now))),
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

/** A key that has run out, or whose maker was removed, does nothing. */
function isLive(now: number) {
  return and(or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)), isNull(agents.removedAt));
}

export async function listApiKeys(db: Database): Promise<ApiKey[]> {
  const { id, name, role, createdAt, lastUsedAt, expiresAt, createdBy } = apiKeys;
  // Named, because both tables have a `name`.
  const makerName = sql<string>`${agents.name}`.as("maker_name");
  const rows = await db
    .select({ id, name, role, createdAt, lastUsedAt, expiresAt, makerId: createdBy, makerName })
    .from(apiKeys)
    .innerJoin(agents, eq(agents.id, createdBy))
    .orderBy(asc(createdAt))
    .limit(1000);
  return rows.map(({ makerId, makerName, ...key }) => ({ ...key, createdBy: { id: makerId, name: makerName } }));
}

export async function insertApiKey(db: Database, key: typeof apiKeys.$inferInsert): Promise<void> {
  await db.insert(apiKeys).values(key);
}

/** Whose key it is; null where there is none. */
export async function findKeyMaker(db: Database, keyId: string): Promise<Agent | null> {
  const { id, name, email, role } = agents;
  const rows = await db
    .select({ id, name, email, role })
    .from(apiKeys)
    .innerJoin(agents, eq(agents.id, apiKeys.createdBy))
    .where(eq(apiKeys.id, keyId));
  return rows[0] ?? null;
}

export async function deleteApiKey(db: Database, id: string): Promise<boolean> {
  const rows = await db.delete(apiKeys).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id });
  return rows.length > 0;
}

/** For a batch, or on its own. */
export function deleteApiKeysOf(db: Database, agentId: string) {
  return db.delete(apiKeys).where(eq(apiKeys.createdBy, agentId));
}

/** The key with this hash and the agent who made it; null where it does nothing any more. */
export async function findApiKey(
  db: Database,
  hash: string,
  now: number,
): Promise<{ key: typeof apiKeys.$inferSelect; agent: Agent } | null> {
  const { id, name, email, role } = agents;
  const rows = await db
    .select({ key: apiKeys, agent: { id, name, email, role } })
    .from(apiKeys)
    .innerJoin(agents, eq(agents.id, apiKeys.createdBy))
    .where(and(eq(apiKeys.hash, hash), isLive(now)));
  return rows[0] ?? null;
}

export async function touchApiKey(db: Database, id: string, now: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, id));
}
