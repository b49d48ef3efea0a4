/** Conversations that the team begins by email. */
import type * as v from "valibot";
import type { Conversation, Message } from "../../durable-objects/conversation/protocol.ts";
import { deriveConversationId } from "../auth/visitor-token.ts";
import { findOrCreateContact } from "../db/contacts.ts";
import { claimPlace } from "../db/places.ts";
import { listMailboxes, loadCachedSettings } from "../db/settings.ts";
import type { conversationCreateSchema } from "../domain/api-shapes.ts";
import { uuidV7Time } from "../domain/uuid.ts";
import { configOf } from "../env.ts";
import { conversationStub, locationHintOf } from "../objects.ts";
import type { AppContext } from "./context.ts";
import { newId } from "./new-id.ts";
import { AppError } from "./problems.ts";
import { problemOf } from "./rejections.ts";

/** How long a mail can be taken back, and when an unseen chat reply is mailed. */
export async function mailTimes(c: AppContext): Promise<{ undoMs: number; unseenMs: number }> {
  // Without the settings nothing is lost but the delay.
  const settings = await loadCachedSettings(c.get("db"), Date.now()).catch(() => null);
  return { undoMs: (settings?.mail.undoSeconds ?? 0) * 1_000, unseenMs: (settings?.mail.unseenSeconds ?? 0) * 1_000 };
}

type Body = v.InferOutput<typeof conversationCreateSchema>;

/** The same `clientId` of the same agent gives the same conversation. */
export async function startConversationByEmail(
  c: AppContext,
  body: Body,
): Promise<{ conversation: Conversation; message: Message; isNew: boolean }> {
  const db = c.get("db");
  const agent = c.get("agent");
  const now = Date.now();
  const [mailbox] = await listMailboxes(db);
  if (mailbox === undefined) throw new AppError("conflict", "There is no mailbox to write from.");
  const contact = await findOrCreateContact(db, {
    id: newId(),
    email: body.to.email,
    name: body.to.name ?? null,
    isProven: true,
    now,
  });
  const id = await deriveConversationId(configOf(c.env).APP_SECRET, {
    purpose: `conversation-of-agent:${agent.id}`,
    clientId: body.clientId,
    at: uuidV7Time(body.clientId),
  });
  const stub = conversationStub(c.env, id, locationHintOf(c.env, null));
  const answer = await stub.send({
    clientId: body.clientId,
    author: { kind: "agent", id: agent.id, name: agent.name },
    channel: "email",
    text: body.text,
    subject: body.subject,
    cc: body.cc,
    bcc: body.bcc,
    attachmentIds: body.attachmentIds ?? [],
    uploadedBy: `agent:${agent.id}`,
    ...(await mailTimes(c)),
    open: {
      id,
      hasVisitor: false,
      visitor: null,
      contact: { id: contact.id, name: contact.name, email: body.to.email },
      capture: null,
      subject: body.subject,
      mail: { mailboxId: mailbox.id, mailbox: mailbox.address, references: [], lastInboundId: null },
    },
  });
  if (answer.kind === "rejected") throw new AppError(...problemOf(answer.reason, answer.detail));
  if (answer.kind === "unknown") throw new AppError("conflict");
  await claimPlace(db, { email: body.to.email, conversationId: id, replaces: null, now });
  const conversation = await stub.item();
  if (conversation === null) throw new AppError("internal");
  return { conversation, message: answer.message, isNew: answer.kind === "stored" };
}
