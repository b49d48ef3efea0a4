/** Makes the index true again from the objects, and says what was not (the objects own the facts). */
import { Hono } from "hono";
import * as v from "valibot";
import { conversationSchema, type Conversation } from "../../durable-objects/conversation/protocol.ts";
import { listIndexedIds, loadIndexed, replaceConversation } from "../db/conversations.ts";
import { conversationStub } from "../objects.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readQuery } from "./input.ts";

/** Conversations compared in one call: each is a request to its object. */
const BATCH = 50;

const querySchema = v.object({ cursor: v.optional(v.pipe(v.string(), v.maxLength(36)), "") });
export const rebuildReportSchema = v.object({
  checked: v.number(),
  differences: v.array(v.object({ id: v.string(), fields: v.array(v.string()) })),
  nextCursor: v.nullable(v.string()),
});

export const projectionsApi = new Hono<AppEnv>().post(
  "/rebuild",
  describe({
    summary: "Compare a batch of the index with the conversations and mend it",
    query: querySchema,
    response: rebuildReportSchema,
  }),
  async (c) => {
    const { cursor } = readQuery(c, querySchema);
    const ids = await listIndexedIds(c.get("db"), cursor, BATCH);
    const found = await Promise.all(ids.map((id) => mend(c, id)));
    const differences = found.flatMap((fields, index) => {
      const id = ids[index];
      return id === undefined || fields.length === 0 ? [] : [{ id, fields }];
    });
    return c.json({ checked: ids.length, differences, nextCursor: ids.length < BATCH ? null : (ids.at(-1) ?? null) });
  },
);

/** @returns the names of what differed; empty where the index was true, or the conversation never began */
async function mend(c: AppContext, id: string): Promise<string[]> {
  const projected = await conversationStub(c.env, id).projection();
  if (projected === null) return [];
  const indexed = await loadIndexed(c.get("db"), id);
  const fields = differingFields(indexed, projected.item);
  if (fields.length > 0) await replaceConversation(c.get("db"), projected);
  return fields;
}

/** `isVisitorOnline` is no fact of the index: lists ask for it. */
function differingFields(indexed: Conversation | null, truth: Conversation): string[] {
  if (indexed === null) return ["row"];
  return Object.keys(conversationSchema.entries).filter((field) => field !== "isVisitorOnline" && !isSame(field, indexed, truth));
}

function isSame(field: string, a: Conversation, b: Conversation): boolean {
  const of = (conversation: Conversation) => JSON.stringify(Object.entries(conversation).find(([key]) => key === field)?.[1]);
  return of(a) === of(b);
}
