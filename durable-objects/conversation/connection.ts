/** A socket and who is behind it: stored with the socket, so that it survives hibernation. Pure. */
import * as v from "valibot";
import { roleSchema } from "../../worker/domain/roles.ts";
import { FIRST_TOKEN_GENERATION, type SessionClaim } from "./sessions.ts";

const common = {
  /** Names this socket among the conversation's sockets. */
  id: v.string(),
  /** Epoch ms. */
  connectedAt: v.number(),
  /** True after `hello`: only then does it receive frames. */
  isReady: v.boolean(),
  isHidden: v.boolean(),
  /** False for load tests on one's own machine. */
  hasRateLimits: v.optional(v.boolean(), true),
};

export const connectionSchema = v.variant("kind", [
  v.object({
    kind: v.literal("visitor"),
    /** Null for a token from before sessions had ids: its conversation's beginner. */
    sessionId: v.optional(v.nullable(v.string()), null),
    /** Of the token that it came with: once another one counts its frames count for nothing. */
    tokenGeneration: v.optional(v.number(), FIRST_TOKEN_GENERATION),
    /** Names the client, for limits (a hash, no address). */
    client: v.optional(v.string()),
    ...common,
  }),
  v.object({
    kind: v.literal("agent"),
    agentId: v.string(),
    name: v.string(),
    role: roleSchema,
    /** `session:<id>` or `key:<id>`: the socket lives no longer than that. */
    credential: v.string(),
    /** Ms for which an email reply can be taken back. */
    undoMs: v.number(),
    /** Ms after which an unseen chat reply is mailed; 0 is never. */
    unseenMs: v.optional(v.number()),
    ...common,
  }),
]);

/** What the Worker has checked and tells the object about a new socket; never taken from a client (A10). */
export const connectionClaimSchema = v.variant("kind", [
  v.object({
    kind: v.literal("visitor"),
    sessionId: v.optional(v.nullable(v.string()), null),
    tokenGeneration: v.number(),
    client: v.optional(v.string()),
    hasRateLimits: v.boolean(),
  }),
  v.object({
    kind: v.literal("agent"),
    agentId: v.string(),
    name: v.string(),
    role: roleSchema,
    credential: v.string(),
    hasRateLimits: v.boolean(),
    undoMs: v.number(),
    unseenMs: v.optional(v.number()),
  }),
]);

/** Header of the internal upgrade request that carries the claim. */
export const CONNECTION_HEADER = "x-hilo-connection";

/** What the token of a visitor's socket says. */
export function claimOf({ sessionId, tokenGeneration }: Extract<Connection, { kind: "visitor" }>): SessionClaim {
  return { sessionId, generation: tokenGeneration };
}

export type Connection = v.InferOutput<typeof connectionSchema>;
export type ConnectionClaim = v.InferOutput<typeof connectionClaimSchema>;
