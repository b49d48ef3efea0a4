/** The address book. */
import { Hono } from "hono";
import * as v from "valibot";
import { uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import {
  addAddress,
  findContact,
  findOrCreateContact,
  insertContact,
  listBlockedAmong,
  listContacts,
  updateContact,
} from "../db/contacts.ts";
import { listChatIdsOf, pagesOfConversationIds } from "../db/conversations.ts";
import { listChatsWith } from "../db/places.ts";
import { findUndeliverable, unmarkUndeliverable } from "../db/undeliverable.ts";
import {
  contactCreateSchema,
  contactPatchSchema,
  contactSchema,
  contactsQuerySchema,
  pageOf,
  undeliverableAddressSchema,
  undeliverableQuerySchema,
  type Contact,
} from "../domain/api-shapes.ts";
import { canonicalAddress } from "../domain/address.ts";
import { describeError } from "../domain/error-text.ts";
import { conversationStub } from "../objects.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { newId } from "./new-id.ts";
import { assertNotOurs } from "./own-address.ts";
import { AppError } from "./problems.ts";

export const contactsApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({ summary: "A page of contacts", query: contactsQuerySchema, response: pageOf(contactSchema) }),
    async (c) => {
      const { limit, cursor, q } = readQuery(c, contactsQuerySchema);
      if (cursor !== undefined && !v.is(uuidSchema, cursor)) throw new AppError("invalid", "cursor: is not one of ours");
      const prefix = q === undefined || q.trim() === "" ? null : q.trim();
      return c.json(await listContacts(c.get("db"), { limit, after: cursor ?? null, prefix }));
    },
  )
  .post(
    "/",
    describe({ summary: "Add a contact", body: contactCreateSchema, response: contactSchema, status: 201 }),
    async (c) => {
      const body = await readBody(c, contactCreateSchema);
      if (body.email === undefined && body.name === undefined)
        throw new AppError("invalid", "A contact needs an email address or a name.");
      await assertNotOurs(c, body.email);
      const db = c.get("db");
      const input = { id: newId(), name: body.name ?? null, isProven: true, attributes: body.attributes ?? {}, now: Date.now() };
      if (body.email === undefined) await insertContact(db, { ...input, email: null });
      else if (!(await findOrCreateContact(db, { ...input, email: body.email })).isNew)
        throw new AppError("taken", "Another contact has this address.");
      return c.json(await contactOf(c, input.id), 201);
    },
  )
  .get("/:id", describe({ summary: "A contact", response: contactSchema }), async (c) =>
    c.json(await contactOf(c, readId(c, "id"))),
  )
  .patch("/:id", describe({ summary: "Change a contact", body: contactPatchSchema, response: contactSchema }), async (c) => {
    const body = await readBody(c, contactPatchSchema);
    await assertNotOurs(c, body.email);
    const before = await contactOf(c, readId(c, "id"));
    const now = Date.now();
    if (
      body.email !== undefined &&
      !(await addAddress(c.get("db"), { contactId: before.id, email: body.email, isProven: true, now }))
    )
      throw new AppError("taken", "Another contact has this address.");
    await updateContact(c.get("db"), before.id, { ...body, now });
    const contact = await contactOf(c, before.id);
    if (body.isBlocked !== undefined) await setChatsBlocked(c, contact, body.isBlocked);
    c.executionCtx.waitUntil(tellConversations(c, contact, body.email === undefined ? null : before.email));
    return c.json(contact);
  });

async function contactOf(c: AppContext, id: string): Promise<Contact> {
  const contact = await findContact(c.get("db"), id);
  if (contact === null) throw new AppError("not_found", "There is no such contact.");
  return contact;
}

/**
 * A blocked person is sent away from their chats, and cannot come back into them until they are unblocked; chats in which
 * somebody typed an address of theirs, too. A chat that is another blocked person's as well stays closed, and so does one
 * whose browser an agent has shut out.
 *
 * @throws AppError unavailable where a conversation could not be told; doing it again tells all of them again
 */
async function setChatsBlocked(c: AppContext, contact: Contact, isBlocked: boolean): Promise<void> {
  const db = c.get("db");
  const emails = contact.addresses.map(({ email }) => email);
  const ids = [...new Set([...(await listChatIdsOf(db, contact.id)), ...(await listChatsWith(db, emails))])];
  const others = isBlocked ? [] : await listBlockedAmong(db, ids);
  const told = await Promise.allSettled(
    ids.filter((id) => !others.includes(id)).map((id) => conversationStub(c.env, id).setBlocked(isBlocked)),
  );
  if (told.some(({ status }) => status === "rejected"))
    throw new AppError(
      "unavailable",
      isBlocked
        ? "Mail of this contact is kept aside, but a chat could not be closed. Block again."
        : "Mail of this contact comes in again, but a chat is still closed. Unblock again.",
    );
}

/** Conversations carry a copy of the name and address, so that lists join nothing. Never throws. */
async function tellConversations(c: AppContext, contact: Contact, correctedFrom: string | null): Promise<void> {
  const { id, name, email } = contact;
  const fail = (error: unknown) =>
    console.error(JSON.stringify({ level: "error", event: "contact_not_told", contactId: id, ...describeError(error) }));
  try {
    for await (const ids of pagesOfConversationIds(c.get("db"), id))
      await Promise.all(
        ids.map((one) => conversationStub(c.env, one).setContact({ id, name, email }, correctedFrom).catch(fail)),
      );
  } catch (error) {
    fail(error);
  }
}

export const undeliverableApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({
      summary: "Those of some addresses that mail does not reach, or that have reported it as spam",
      query: undeliverableQuerySchema,
      response: pageOf(undeliverableAddressSchema),
    }),
    async (c) => {
      const { emails } = readQuery(c, undeliverableQuerySchema);
      return c.json({ items: await findUndeliverable(c.get("db"), emails), nextCursor: null });
    },
  )
  .delete("/:email", describe({ summary: "Let mail be sent to an address again", status: 204 }), async (c) => {
    await unmarkUndeliverable(c.get("db"), canonicalAddress(c.req.param("email")));
    return c.body(null, 204);
  });
