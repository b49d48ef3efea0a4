/**
 * The open conversations of agents who were removed go to nobody, through the conversations themselves. What is left to do
 * is read from the index each time, so an interrupted run is simply followed by the next one (cron's); one that opens again
 * later is let go of in the same way.
 */
import type { Author } from "../durable-objects/conversation/protocol.ts";
import { findAgent } from "./db/agents.ts";
import { openDatabase, type Database } from "./db/database.ts";
import { listOrphans, type Orphan } from "./db/removed-agents.ts";
import { describeError } from "./domain/error-text.ts";
import type { Env } from "./env.ts";
import { conversationStub } from "./objects.ts";

/** Conversations asked at once, and pages of them in one run. */
const PAGE = 20;
const PAGES_MAX = 10;

/** Ms after which the index has what the conversations had when an agent was removed, such as one that they had just taken. */
const INDEX_LAG_MS = 3_000;

/** Of an agent who has just been removed: what the index has now, and after the answer what it learns in a moment. */
export async function releaseSoon(env: Env, agentId: string): Promise<void> {
  await releaseConversations(env, agentId);
  await new Promise((resolve) => setTimeout(resolve, INDEX_LAG_MS));
  await releaseConversations(env, agentId);
}

/** @param agentId null: of everybody who was removed. Never throws for a conversation: that one waits for the next run */
export async function releaseConversations(env: Env, agentId: string | null, pages = PAGES_MAX): Promise<void> {
  const db = openDatabase(env.DB);
  for (let page = 0; page < pages; page += 1) {
    const orphans = await listOrphans(db, { ...(agentId === null ? {} : { agentId }), limit: PAGE });
    const released = await Promise.all(orphans.map((orphan) => release(env, db, orphan)));
    // Where nothing moves any more the rest waits for the next run.
    if (orphans.length < PAGE || !released.includes(true)) return;
  }
}

async function release(env: Env, db: Database, { conversationId, removedBy }: Orphan): Promise<boolean> {
  try {
    return await conversationStub(env, conversationId).assign(null, await actorOf(db, removedBy));
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event: "release_failed", conversationId, ...describeError(error) }));
    return false;
  }
}

async function actorOf(db: Database, id: string | null): Promise<Author> {
  const agent = id === null ? null : await findAgent(db, id);
  return agent === null ? { kind: "system" } : { kind: "agent", id: agent.id, name: agent.name };
}
