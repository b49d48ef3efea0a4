/** The wire format of the agents' list socket (`GET /api/inbox/socket`), as data. */
import * as v from "valibot";
import { conversationSchema } from "../conversation/protocol.ts";

/** Opaque to clients but for one rule: the next delta has the same `epoch` and `n + 1`, else read the list again. */
export const listRevisionSchema = v.object({ epoch: v.string(), n: v.number() });

export const inboxClientFrameSchema = v.variant("type", [
  v.object({ type: v.literal("hello"), revision: v.optional(v.nullable(listRevisionSchema)) }),
]);

export const inboxServerFrameSchema = v.variant("type", [
  v.object({ type: v.literal("welcome"), revision: listRevisionSchema, agents: v.array(v.string()) }),
  v.object({ type: v.literal("changed"), revision: listRevisionSchema, conversation: conversationSchema }),
  v.object({
    type: v.literal("presence"),
    /** A visitor who came or went. */
    conversationId: v.optional(v.string()),
    isVisitorOnline: v.optional(v.boolean()),
    /** Ids of all agents with the inbox open. */
    agents: v.optional(v.array(v.string())),
  }),
  /** More, or fewer, mails of the ledger wait for a person: whoever shows how many asks again. */
  v.object({ type: v.literal("ledger") }),
  /** What the owner is told of limits has changed: whoever shows it asks again. */
  v.object({ type: v.literal("notices") }),
  v.object({ type: v.literal("rejected"), reason: v.picklist(["bad_frame", "not_allowed", "protocol_too_old"]) }),
]);

export type ListRevision = v.InferOutput<typeof listRevisionSchema>;
export type InboxServerFrame = v.InferOutput<typeof inboxServerFrameSchema>;
