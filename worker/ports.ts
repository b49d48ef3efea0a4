/** What the objects reach outside through: D1, R2, mail and each other. */
import type { ConversationPorts } from "../durable-objects/conversation/ports.ts";
import type { InboxPorts } from "../durable-objects/inbox/inbox-object.ts";
import { newId } from "./api/new-id.ts";
import { loadRoles } from "./db/agents.ts";
import { claimAttachments } from "./db/attachments.ts";
import { findOrCreateContact, isBlockedAddress } from "./db/contacts.ts";
import { noteAddress, setPlace } from "./db/places.ts";
import { saveConversation } from "./db/conversations.ts";
import { openDatabase } from "./db/database.ts";
import { findOwnAddresses } from "./db/settings.ts";
import { deliverMail } from "./email/deliver.ts";
import type { Env } from "./env.ts";
import { takesOfMessages } from "./limits.ts";
import { conversationStub, inboxStubs } from "./objects.ts";
import { tellOfTotal } from "./tell-owner.ts";
import { takeTotals } from "./totals.ts";

export function conversationPorts(env: Env): ConversationPorts {
  const db = openDatabase(env.DB);
  return {
    saveIndex: (row) => saveConversation(db, row),
    publish: async (item) => {
      await Promise.all(inboxStubs(env).map((stub) => stub.publish(item)));
    },
    publishPresence: async (conversationId, isVisitorOnline) => {
      await Promise.all(inboxStubs(env).map((stub) => stub.publishPresence(conversationId, isVisitorOnline)));
    },
    resolveContact: async ({ email, name }) => {
      // Nobody has written from there yet.
      const contact = await findOrCreateContact(db, { id: newId(), email, name: name ?? null, isProven: false, now: Date.now() });
      return { id: contact.id, name: contact.name, email };
    },
    noteAddress: async ({ conversationId, email, isChat }) => ({
      email,
      hasOthers: await noteAddress(db, { conversationId, email, isChat, now: Date.now() }),
      // After it is noted: who blocks the contact meanwhile finds the conversation by it.
      isBlocked: await isBlockedAddress(db, email),
    }),
    notePlace: ({ conversationId, email }) => setPlace(db, { conversationId, email, now: Date.now() }),
    findOwnAddresses: (addresses) => findOwnAddresses(db, addresses),
    claimAttachments: (input) => claimAttachments(db, input),
    loadRoles: (credentials) => loadRoles(db, credentials, Date.now()),
    takeMessages: (asked) => takeMessages(env, asked),
    deliver: (mail) => deliverMail(env, mail),
  };
}

/** Chat goes on where nobody can be asked (A12). */
async function takeMessages(env: Env, asked: { client: string; units: number }): Promise<{ isAllowed: boolean }> {
  const answer = await takeTotals(env, takesOfMessages(asked), { onSilence: "allow" });
  if (!answer.isAllowed) tellOfTotal(env, answer.key);
  return { isAllowed: answer.isAllowed };
}

export function inboxPorts(env: Env): InboxPorts {
  const db = openDatabase(env.DB);
  return {
    isVisitorOnline: async (conversationId) => (await conversationStub(env, conversationId).item())?.isVisitorOnline ?? false,
    loadRoles: (credentials) => loadRoles(db, credentials, Date.now()),
  };
}
