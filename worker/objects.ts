/** Where the objects are found. */
import type { ConversationObject } from "../durable-objects/conversation/conversation-object.ts";
import type { InboxObject } from "../durable-objects/inbox/inbox-object.ts";
import { configOf, type Env } from "./env.ts";

const HINTS: Readonly<Record<string, DurableObjectLocationHint>> = {
  NA: "enam",
  SA: "sam",
  EU: "weur",
  AS: "apac",
  OC: "oc",
  AF: "afr",
  AN: "sam",
};

/** Objects never move: a new one is made near the visitor, or where the deployment says. */
export function locationHintOf(env: Env, continent: unknown): DurableObjectLocationHint | null {
  if (typeof continent === "string" && continent in HINTS) return HINTS[continent] ?? null;
  return configOf(env).LOCATION_HINT ?? null;
}

export function conversationStub(
  env: Env,
  id: string,
  hint: DurableObjectLocationHint | null = null,
): DurableObjectStub<ConversationObject> {
  return env.CONVERSATION.get(env.CONVERSATION.idFromName(id), hint === null ? {} : { locationHint: hint });
}

/** All shards: every one has the same deltas, each its own agents. */
export function inboxStubs(env: Env): DurableObjectStub<InboxObject>[] {
  return Array.from({ length: configOf(env).INBOX_SHARDS }, (_, shard) => inboxStub(env, shard));
}

export function inboxStubFor(env: Env, agentId: string): DurableObjectStub<InboxObject> {
  let hash = 0;
  for (const char of agentId) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return inboxStub(env, hash % configOf(env).INBOX_SHARDS);
}

function inboxStub(env: Env, shard: number): DurableObjectStub<InboxObject> {
  return env.INBOX.get(env.INBOX.idFromName(`inbox-${shard}`));
}
