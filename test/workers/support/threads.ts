/** What agents see of conversations, contacts and counts. */
import "./bindings.ts";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { expect, vi } from "vitest";
import {
  conversationSchema,
  messageSchema,
  type Conversation,
  type Message,
} from "../../../durable-objects/conversation/protocol.ts";
import { contactSchema, conversationPageSchema, pageOf, type Contact } from "../../../worker/domain/api-shapes.ts";
import { newId } from "./deployment.ts";
import { read } from "./http.ts";
import { WAIT } from "./socket.ts";

export async function openThread(key: string, id: string | null | undefined) {
  return read(conversationPageSchema, { key }, `GET /api/conversations/${id}`);
}

export async function textsOf(key: string, id: string | null | undefined): Promise<string[]> {
  return (await openThread(key, id)).messages.map(({ text }) => text);
}

/** All conversations that the list shows, once there are this many. */
export async function listThreads(key: string, count: number): Promise<Conversation[]> {
  return vi.waitFor(async () => {
    const { items } = await read(pageOf(conversationSchema), { key }, "GET /api/conversations?status=all&limit=100");
    expect(items).toHaveLength(count);
    return items;
  }, WAIT);
}

export async function listContacts(key: string): Promise<Contact[]> {
  return (await read(pageOf(contactSchema), { key }, "GET /api/contacts?limit=100")).items;
}

/** An agent's reply or note. */
export async function reply(
  key: string,
  id: string | null | undefined,
  message: {
    channel?: "chat" | "email" | "note";
    text?: string;
    subject?: string;
    attachmentIds?: string[];
    cc?: string[];
    bcc?: string[];
  } = {},
): Promise<Message> {
  return read(messageSchema, { key }, `POST /api/conversations/${id}/messages`, {
    body: { clientId: newId(), channel: "email", text: "Our answer.", ...message },
    status: 201,
  });
}

/** The message once its delivery has come to this state. */
export async function deliveredAs(
  key: string,
  id: string | null | undefined,
  expected: { seq: number; state: string },
): Promise<NonNullable<Message["delivery"]>> {
  return vi.waitFor(async () => {
    const delivery = (await openThread(key, id)).messages.find(({ seq }) => seq === expected.seq)?.delivery;
    expect(delivery?.state).toBe(expected.state);
    if (delivery === undefined) throw new Error("no delivery");
    return delivery;
  }, WAIT);
}

/** Waits until a conversation has its contact: one is made when an agent's mail has left, or an agent gives the address. */
export async function contactKnown(key: string, id: string): Promise<void> {
  await vi.waitFor(async () => expect((await openThread(key, id)).contact).not.toBeNull(), WAIT);
}

/** Waits until it is noted which conversation has the address that its visitor typed. */
export async function addressNoted(id: string, email: string): Promise<void> {
  const query = env.DB.prepare("SELECT 1 AS n FROM conversation_addresses WHERE email = ? AND conversation_id = ?");
  await vi.waitFor(async () => expect(await query.bind(email, id).first("n")).toBe(1), WAIT);
}

/** Where the next mail of an address goes. */
export async function placeOf(email: string): Promise<string | null> {
  const id = await env.DB.prepare("SELECT conversation_id AS id FROM places WHERE email = ?").bind(email).first("id");
  return typeof id === "string" ? id : null;
}

export async function count(table: string, where = "1"): Promise<number> {
  return v.parse(v.number(), await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`).first("n"));
}
