/**
 * What is decided about an inbound mail: data that is stored before it is carried out, so that a repeat after a crash
 * carries out the same. One type per row of the decision table (`match-conversation.ts`).
 */
import * as v from "valibot";

const addressSchema = v.object({ address: v.string(), name: v.nullable(v.string()) });

/** The message of ours that a bounce, complaint or receipt is about. */
const originalSchema = v.object({
  conversationId: v.string(),
  seq: v.number(),
  /** The address that it was sent to; null where it went to several and nobody knows whose copy is meant. */
  recipient: v.nullable(v.string()),
  /**
   * Whether it comes from where that copy went; else anyone could have sent it. Required, so that a report that an earlier
   * version decided without asking, and did not carry out, is decided anew.
   */
  isProven: v.boolean(),
});

/** Who the conversation of a mail belongs to. */
const contactRefSchema = v.variant("kind", [
  v.object({ kind: v.literal("known"), contactId: v.string() }),
  v.object({ kind: v.literal("new"), address: v.nullable(addressSchema) }),
  /** Somebody who filled in a form: an address to answer at, and nobody in the address book. */
  v.object({ kind: v.literal("typed"), address: addressSchema }),
]);

const targetSchema = v.variant("kind", [
  v.object({ kind: v.literal("join"), conversationId: v.string(), shouldReopen: v.boolean() }),
  v.object({
    kind: v.literal("begin"),
    contact: contactRefSchema,
    /** Their latest conversation, which would be joined but for its subject: the new one is their latest from now on. */
    replaces: v.optional(v.string()),
  }),
]);

/** What every message gets that is appended. */
const appendingSchema = v.object({
  shouldNotify: v.boolean(),
  /** Message-IDs that from now on lead to this conversation; in this order, the most useful first. */
  learnIds: v.array(v.string()),
  /** People who from now on count as participants. */
  participants: v.array(addressSchema),
});

const common = {
  /** The row of the decision table, `M1` to `M17`; some have a letter. */
  row: v.string(),
  /** A sentence for the ledger. */
  reason: v.string(),
  /** A label for what is appended. */
  campaign: v.nullable(v.string()),
  /** The mail carries the Message-ID of another mail. */
  isIdReused: v.boolean(),
};

const plain = <const C extends string>(code: C) => v.object({ code: v.literal(code), ...common });
const message = <const C extends string>(code: C) =>
  v.object({
    code: v.literal(code),
    target: targetSchema,
    ...appendingSchema.entries,
    /** The agent that it says it is from; nothing shows it. */
    claimsAgent: v.optional(v.string()),
    ...common,
  });

export const verdictSchema = v.variant("code", [
  plain("rejected"),
  plain("duplicate"),
  plain("filtered:loop"),
  v.object({ ...message("form").entries, /** The form's address. */ form: v.string(), person: addressSchema }),
  v.object({
    code: v.literal("event"),
    event: v.picklist(["complaint", "receipt"]),
    /** A receipt of a mail that was on a screen, not only deleted. */
    isOpened: v.optional(v.boolean()),
    original: v.nullable(originalSchema),
    /** No more mail to that address. */
    suppress: v.nullable(v.string()),
    ...common,
  }),
  v.object({
    code: v.literal("bounce"),
    original: originalSchema,
    deliveryReason: v.string(),
    /** The address that is to be marked so, for a hard bounce. */
    undeliverable: v.nullable(v.string()),
    ...common,
  }),
  plain("filtered:bounce"),
  plain("filtered:blocked"),
  v.object({
    ...message("forwarded").entries,
    author: addressSchema,
    forwardedBy: v.string(),
    /** The agent by whose click it is believed; null where it was shown. Earlier versions took a `From` line for enough. */
    acceptedBy: v.nullable(v.string()),
    note: v.nullable(v.string()),
  }),
  v.object({ ...message("forwarded:unverified").entries, original: addressSchema }),
  /** Strict, so that one that an earlier version decided by a `From` line alone, and did not carry out, is decided anew. */
  v.strictObject({
    code: v.literal("note"),
    conversationId: v.string(),
    agentId: v.string(),
    as: v.picklist(["note", "reply"]),
    learnIds: v.array(v.string()),
    ...common,
  }),
  v.object({ code: v.literal("outside"), conversationId: v.string(), learnIds: v.array(v.string()), ...common }),
  /** `isAnswer`: somebody wrote it, at the address that the token was sent to: that mailbox exists. */
  v.object({ ...message("token").entries, isAnswer: v.optional(v.boolean(), false) }),
  message("token:new-person"),
  message("reference"),
  v.object({ ...message("linked").entries, linkedTo: v.string() }),
  plain("filtered:auto-reply"),
  plain("filtered:brake"),
  v.object({ ...plain("quarantined").entries, cause: v.picklist(["authentication", "spam"]) }),
  message("contact"),
  message("new"),
]);

export type Verdict = v.InferOutput<typeof verdictSchema>;
export type Target = v.InferOutput<typeof targetSchema>;
export type ContactRef = v.InferOutput<typeof contactRefSchema>;
export type Appending = v.InferOutput<typeof appendingSchema>;
export type OriginalMessage = v.InferOutput<typeof originalSchema>;

type WithoutCommon<V> = V extends Verdict ? Omit<V, Exclude<keyof typeof common, "reason">> : never;
/** What a row of the table decides, with its reason; what is the same for all rows is added to it. */
export type Decision = WithoutCommon<Verdict>;

/** A stored verdict; null where there is none, or where another version wrote one that this one cannot read. */
export function parseVerdict(stored: unknown): Verdict | null {
  const parsed = v.safeParse(verdictSchema, stored);
  return parsed.success ? parsed.output : null;
}
