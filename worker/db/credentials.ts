/** The passwords of agents, as hashes, and everything that changes with one: in one transaction each. */
import { and, eq, isNull } from "drizzle-orm";
import * as v from "valibot";
import type { Database } from "./database.ts";
import { deleteLinks } from "./account-links.ts";
import { accounts, agents } from "./schema.ts";
import { deleteOtherSessions, stampPassword } from "./sessions.ts";

export interface Credential {
  agentId: string;
  name: string;
  email: string;
  /** Null where they have not chosen a password yet. */
  passwordHash: string | null;
}

/** Of an agent who has not been removed. */
export async function findCredential(db: Database, who: { email: string } | { agentId: string }): Promise<Credential | null> {
  const rows = await db
    .select({ agentId: agents.id, name: agents.name, email: agents.email, passwordHash: accounts.password })
    .from(agents)
    .leftJoin(accounts, and(eq(accounts.userId, agents.id), eq(accounts.providerId, "credential")))
    .where(and("email" in who ? eq(agents.email, who.email) : eq(agents.id, who.agentId), isNull(agents.removedAt)));
  return rows[0] ?? null;
}

interface PasswordChange {
  agentId: string;
  /** The session that changes it; all others end. */
  sessionId: string;
  from: string;
  to: string;
  now: number;
}

/** @returns false where the password has been changed by somebody else in the meantime */
export async function changePassword(db: Database, { agentId, sessionId, from, to, now }: PasswordChange): Promise<boolean> {
  const [changed] = await db.batch([
    db
      .update(accounts)
      .set({ password: to, updatedAt: new Date(now) })
      .where(and(eq(accounts.userId, agentId), eq(accounts.providerId, "credential"), eq(accounts.password, from)))
      .returning({ id: accounts.id }),
    deleteOtherSessions(db, agentId, sessionId),
    stampPassword(db, sessionId, now),
    deleteLinks(db, agentId, ["reset", "sign-in"]),
  ]);
  return changed.length > 0;
}

interface FirstPassword {
  /** Hex SHA-256 of the link's token. */
  linkHash: string;
  purpose: "invitation" | "reset";
  passwordHash: string;
  /** Id of the row that holds the password, where there is none yet. */
  accountId: string;
  /** What they want to be called; null leaves it. */
  name: string | null;
  now: number;
}

/** The agent of a link that works; the first statement that needs it is followed by the one that uses it up, in one transaction. */
const HOLDER = "(SELECT agent_id FROM account_links WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3)";
const BY_LINK = [
  `DELETE FROM accounts WHERE provider_id = 'credential' AND user_id = ${HOLDER}`,
  `INSERT INTO accounts (id, user_id, account_id, provider_id, password, created_at, updated_at)
     SELECT ?4, id, id, 'credential', ?5, ?3, ?3 FROM agents WHERE id = ${HOLDER} AND removed_at IS NULL RETURNING user_id`,
  `UPDATE agents SET name = COALESCE(?4, name), updated_at = ?3 WHERE id = ${HOLDER}`,
  `DELETE FROM sessions WHERE user_id = ${HOLDER}`,
  `DELETE FROM account_links WHERE agent_id = ${HOLDER}`,
] as const;
const answerSchema = v.object({ user_id: v.string() });

/** Sets the password that the holder of a link chose, once, and ends all sessions. @returns whose it is, or null */
export async function setPasswordByLink(db: Database, input: FirstPassword): Promise<string | null> {
  const { linkHash, purpose, passwordHash, accountId, name, now } = input;
  const link = [linkHash, purpose, now];
  const values = [link, [...link, accountId, passwordHash], [...link, name], link, link];
  const statements = BY_LINK.map((statement, index) => db.$client.prepare(statement).bind(...(values[index] ?? [])));
  const answers = await db.$client.batch(statements);
  const parsed = v.safeParse(answerSchema, answers[1]?.results[0]);
  return parsed.success ? parsed.output.user_id : null;
}
