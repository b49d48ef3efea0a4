/** Bodies and answers about who sends mail to us: contact forms, and agents who forward. As `api-shapes.ts` has the others. */
import * as v from "valibot";
import { uuidSchema } from "../../durable-objects/conversation/protocol.ts";

/** `called` by an admin, or `offered`: it sends for other people and has never answered anything. */
export const contactFormSchema = v.object({ address: v.string(), state: v.picklist(["called", "offered"]) });
/** `address` is the one of the first mailbox; null without any. */
export const forwardingAddressSchema = v.object({
  address: v.nullable(v.string()),
  items: v.array(v.object({ mailboxId: uuidSchema, mailbox: v.string(), address: v.string() })),
});

export type ContactForm = v.InferOutput<typeof contactFormSchema>;
export type ForwardingAddress = v.InferOutput<typeof forwardingAddressSchema>;
