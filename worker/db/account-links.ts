/** Links that work once. Only hashes of their tokens are stored. */
import { and, eq, gt, inArray, isNull, lt } from "drizzle-orm";
import type { AccountLinkPurpose } from "../domain/account-shapes.ts";
import type { Database } from "./database.ts";
import { accountLinks } from "./account-schema.ts";
import { agents } from "./schema.ts";

export interface NewLink {
  /** Hex SHA-256 of the token. */
  hash: string;
  purpose: AccountLinkPurpose;
  agentId: string;
  expiresAt: number;
  createdAt: number;
}

export interface FoundLink {
  purpose: AccountLinkPurpose;
  agentId: string;
  name: string;
  email: string;
  expiresAt: number;
}

/** The statements that make a link and end the earlier ones of its kind; for a batch. */
export function replaceLink(db: Database, link: NewLink) {
  return [deleteLinks(db, link.agentId, [link.purpose]), db.insert(accountLinks).values(link)] as const;
}

/** For a batch, or on its own. */
export function deleteLinks(db: Database, agentId: string, purposes: AccountLinkPurpose[]) {
  return db.delete(accountLinks).where(and(eq(accountLinks.agentId, agentId), inArray(accountLinks.purpose, purposes)));
}

const INSERT_SELDOM = `INSERT INTO account_links (hash, purpose, agent_id, expires_at, created_at) SELECT ?1, ?2, ?3, ?4, ?5
  WHERE NOT EXISTS (SELECT 1 FROM account_links WHERE agent_id = ?3 AND purpose = ?2 AND created_at > ?6) RETURNING hash`;

/** @returns false where the agent was given one of its kind within `pauseMs`: a mailbox is not to be filled from here (T10) */
export async function insertLinkSeldom(db: Database, link: NewLink, pauseMs: number): Promise<boolean> {
  const { hash, purpose, agentId, expiresAt, createdAt } = link;
  const statement = db.$client.prepare(INSERT_SELDOM).bind(hash, purpose, agentId, expiresAt, createdAt, createdAt - pauseMs);
  return (await statement.all()).results.length > 0;
}

/** A link that works now; null for every other alike. Uses nothing up. */
export async function findLink(db: Database, hash: string, now: number): Promise<FoundLink | null> {
  const { purpose, agentId, expiresAt } = accountLinks;
  const rows = await db
    .select({ purpose, agentId, expiresAt, name: agents.name, email: agents.email })
    .from(accountLinks)
    .innerJoin(agents, eq(agents.id, accountLinks.agentId))
    .where(and(eq(accountLinks.hash, hash), gt(accountLinks.expiresAt, now), isNull(agents.removedAt)));
  return rows[0] ?? null;
}

/** Uses a link up. @returns whose it was; null where it does not work, or somebody was quicker */
export async function takeLink(
  db: Database,
  { hash, purpose }: Pick<NewLink, "hash" | "purpose">,
  now: number,
): Promise<string | null> {
  const rows = await db
    .delete(accountLinks)
    .where(and(eq(accountLinks.hash, hash), eq(accountLinks.purpose, purpose), gt(accountLinks.expiresAt, now)))
    .returning({ agentId: accountLinks.agentId });
  return rows[0]?.agentId ?? null;
}

/** An invitation that has run out stays: the list says so. */
export async function deleteOldLinks(db: Database, now: number): Promise<void> {
  await db.delete(accountLinks).where(and(inArray(accountLinks.purpose, ["reset", "sign-in"]), lt(accountLinks.expiresAt, now)));
}
