/** Looks up the usual place of an address: the claimed one while it may be it, else another that may. */
import type { Database } from "../db/database.ts";
import { findPlaceOf } from "../db/places.ts";
import type { Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { mayBePlace } from "./usual-place.ts";

/** Conversations that are asked. */
const LOOKS_MAX = 4;

/** Null where the next mail of this address begins a conversation, or is the first in one that was claimed a moment ago. */
export async function findUsualPlace(
  env: Env,
  db: Database,
  email: string,
): Promise<{ conversationId: string; subject: string | null } | null> {
  const { conversationId, others } = await findPlaceOf(db, email);
  const candidates = [
    ...new Set([...(conversationId === null ? [] : [conversationId]), ...others.map((other) => other.conversationId)]),
  ];
  for (const candidate of candidates.slice(0, LOOKS_MAX)) {
    const facts = await conversationStub(env, candidate).mailFacts();
    if (facts === null && candidate === conversationId) return null;
    const hasOthers = others.some((other) => other.conversationId !== candidate);
    if (facts !== null && mayBePlace(facts, email, { hasOthers })) return { conversationId: candidate, subject: facts.subject };
  }
  return null;
}

/** Whether a conversation may be the place of an address; one that has not begun was claimed for it a moment ago. */
export async function isPlaceOf(
  env: Env,
  db: Database,
  { conversationId, email }: { conversationId: string; email: string },
): Promise<boolean> {
  const facts = await conversationStub(env, conversationId).mailFacts();
  if (facts === null) return true;
  const { others } = await findPlaceOf(db, email);
  return mayBePlace(facts, email, { hasOthers: others.some((other) => other.conversationId !== conversationId) });
}
