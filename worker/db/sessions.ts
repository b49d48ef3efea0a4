/** The sessions of agents, and what a change of password does to them. Signing in itself: `worker/auth/sessions.ts`. */
import { and, desc, eq, gt, lt, ne } from "drizzle-orm";
import type { Database } from "./database.ts";
import { sessions } from "./schema.ts";

export interface StoredSession {
  id: string;
  createdAt: Date;
  lastUsedAt: number | null;
  userAgent: string | null;
  ipAddress: string | null;
}

/** Sessions shown on one's own page. */
const SESSIONS_MAX = 200;

/** The newest first. */
export async function listSessions(db: Database, agentId: string, now: number): Promise<StoredSession[]> {
  const { id, createdAt, lastUsedAt, userAgent, ipAddress } = sessions;
  return db
    .select({ id, createdAt, lastUsedAt, userAgent, ipAddress })
    .from(sessions)
    .where(and(eq(sessions.userId, agentId), gt(sessions.expiresAt, new Date(now))))
    .orderBy(desc(createdAt), desc(id))
    .limit(SESSIONS_MAX);
}

export async function deleteSession(db: Database, agentId: string, id: string): Promise<boolean> {
  const rows = await db
    .delete(sessions)
    .where(and(eq(sessions.userId, agentId), eq(sessions.id, id)))
    .returning({ id: sessions.id });
  return rows.length > 0;
}

/** For a batch, or on its own. */
export function deleteSessions(db: Database, agentId: string) {
  return db.delete(sessions).where(eq(sessions.userId, agentId));
}

/** For a batch, or on its own. */
export function deleteOtherSessions(db: Database, agentId: string, keptId: string) {
  return db.delete(sessions).where(and(eq(sessions.userId, agentId), ne(sessions.id, keptId)));
}

/** For a batch, or on its own: this session has given its password just now. */
export function stampPassword(db: Database, id: string, now: number) {
  return db.update(sessions).set({ passwordAt: now }).where(eq(sessions.id, id));
}

export async function touchSession(db: Database, id: string, now: number): Promise<void> {
  await db.update(sessions).set({ lastUsedAt: now }).where(eq(sessions.id, id));
}

export async function deleteOldSessions(db: Database, now: number): Promise<void> {
  await db.delete(sessions).where(lt(sessions.expiresAt, new Date(now)));
}
