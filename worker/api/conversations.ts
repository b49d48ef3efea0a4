/** Conversations: lists from the index in D1, everything else from the object itself. */
import type { MailAnswer } from "../../durable-objects/conversation/calls.ts";
import { Hono } from "hono";
import * as v from "valibot";
import { contactSummarySchema, messageSchema, uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import { listConversations } from "../db/conversations.ts";
import { findAgent } from "../db/agents.ts";
import {
  addressBodySchema,
  blockBodySchema,
  assignBodySchema,
  conversationContactBodySchema,
  conversationCreateSchema,
  conversationCreatedSchema,
  conversationPageSchema,
  conversationsQuerySchema,
  mailAgainBodySchema,
  messageCreateSchema,
  messagesQuerySchema,
  partBodySchema,
  pageOf,
  readBodySchema,
} from "../domain/api-shapes.ts";
import { conversationSchema } from "../../durable-objects/conversation/protocol.ts";
import { conversationStub, inboxStubFor } from "../objects.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { signFileUrl } from "./files.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery, readSeq } from "./input.ts";
import { assertNotOurs } from "./own-address.ts";
import { AppError } from "./problems.ts";
import { problemOf } from "./rejections.ts";
import { partMails } from "../email/part-mails.ts";
import { mailTimes, startConversationByEmail } from "./start-conversation.ts";

/** Messages of the page that `GET /conversations/:id` answers. */
const PAGE_MESSAGES = 50;

export const conversationsApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({
      summary: "A page of the list, newest first",
      query: conversationsQuerySchema,
      response: pageOf(conversationSchema),
    }),
    async (c) => {
      const query = readQuery(c, conversationsQuerySchema);
      const filter = {
        status: query.status,
        assignee: query.assignee === "me" ? c.get("agent").id : (query.assignee ?? null),
        isUnread: query.unread === "true",
        channel: query.channel ?? null,
        contactId: query.contact ?? null,
      };
      const page = await listConversations(c.get("db"), filter, { limit: query.limit, after: decodeCursor(query.cursor) });
      const online = new Set(
        await onlineOf(
          c,
          page.items.map((item) => item.id),
        ),
      );
      const items = page.items.map((item) => ({ ...item, isVisitorOnline: online.has(item.id) }));
      return c.json({ items, nextCursor: encodeCursor(page.next) });
    },
  )
  .post(
    "/",
    describe({
      summary: "Begin a conversation by email",
      body: conversationCreateSchema,
      response: conversationCreatedSchema,
      status: 201,
    }),
    async (c) => {
      const body = await readBody(c, conversationCreateSchema);
      await assertNotOurs(c, body.to.email);
      const { conversation, message, isNew } = await startConversationByEmail(c, body);
      return c.json({ ...conversation, conversation, message }, isNew ? 201 : 200);
    },
  )
  .get("/:id", describe({ summary: "A conversation with its newest messages", response: conversationPageSchema }), async (c) => {
    const view = await stubOf(c).view(c.get("agent").id, PAGE_MESSAGES);
    if (view === null) throw notFound();
    return c.json({ ...view, contact: view.conversation.contact });
  })
  .delete("/:id", describe({ summary: "A conversation cannot be deleted (S19)" }), () => {
    throw new AppError("method_not_allowed", "A conversation is never deleted. It can be completed.");
  })
  .get(
    "/:id/messages",
    describe({ summary: "Messages before a seq", query: messagesQuerySchema, response: pageOf(messageSchema) }),
    async (c) => {
      const query = readQuery(c, messagesQuerySchema);
      const items = await stubOf(c).older(query.before ?? query.cursor ?? null, query.limit);
      if (items === null) throw notFound();
      const first = items[0]?.seq ?? 1;
      return c.json({ items, nextCursor: first > 1 ? String(first) : null });
    },
  )
  .post(
    "/:id/messages",
    describe({
      summary: "Reply by chat or email, or add a note",
      body: messageCreateSchema,
      response: messageSchema,
      status: 201,
    }),
    async (c) => {
      const body = await readBody(c, messageCreateSchema);
      const agent = c.get("agent");
      const answer = await stubOf(c).send({
        clientId: body.clientId,
        author: { kind: "agent", id: agent.id, name: agent.name },
        channel: body.channel,
        text: body.text,
        subject: body.subject,
        cc: body.cc,
        bcc: body.bcc,
        to: body.to,
        attachmentIds: body.attachmentIds ?? [],
        uploadedBy: `agent:${agent.id}`,
        ifLastSeq: body.ifLastSeq,
        ...(await mailTimes(c)),
      });
      if (answer.kind === "unknown") throw notFound();
      if (answer.kind === "rejected") throw new AppError(...problemOf(answer.reason, answer.detail));
      return c.json(answer.message, answer.kind === "stored" ? 201 : 200);
    },
  )
  .post("/:id/messages/:seq/undo", describe({ summary: "Take a queued mail back", status: 204 }), async (c) => {
    assertDone(await stubOf(c).undo(readSeq(c)));
    return c.body(null, 204);
  })
  .post(
    "/:id/messages/:seq/email",
    describe({
      summary: "Mail an agent's message with the transcript, or try a failed mail again",
      body: mailAgainBodySchema,
      status: 202,
    }),
    async (c) => {
      const { to } = await readBody(c, mailAgainBodySchema);
      assertDone(await stubOf(c).mailMessage(readSeq(c), to?.[0] ?? null));
      return c.body(null, 202);
    },
  )
  .post(
    "/:id/transcript",
    describe({ summary: "Mail the transcript after the last chat reply (S20)", status: 202 }),
    async (c) => {
      assertDone(await stubOf(c).mailMessage(null));
      return c.body(null, 202);
    },
  )
  .post(
    "/:id/read",
    describe({ summary: "Mark read for all agents, up to a seq or everything", body: readBodySchema, status: 204 }),
    async (c) => {
      const { seq } = await readBody(c, readBodySchema);
      return answer204(c, await stubOf(c).read(seq ?? null));
    },
  )
  .post("/:id/complete", describe({ summary: "Complete", status: 204 }), async (c) =>
    answer204(c, await stubOf(c).setStatus("complete", authorOf(c))),
  )
  .post("/:id/reopen", describe({ summary: "Reopen", status: 204 }), async (c) =>
    answer204(c, await stubOf(c).setStatus("open", authorOf(c))),
  )
  .post(
    "/:id/assign",
    describe({ summary: "Assign to an agent or to nobody", body: assignBodySchema, status: 204 }),
    async (c) => {
      const { agentId } = await readBody(c, assignBodySchema);
      const assignee = agentId === null ? null : await findAgent(c.get("db"), agentId);
      if (agentId !== null && (assignee === null || assignee.role === "none" || assignee.role === "viewer"))
        throw new AppError("invalid", "agentId: is no agent who can answer");
      return answer204(
        c,
        await stubOf(c).assign(assignee === null ? null : { id: assignee.id, name: assignee.name }, authorOf(c)),
      );
    },
  )
  .put(
    "/:id/contact",
    describe({
      summary: "Give the visitor of a conversation an address",
      body: conversationContactBodySchema,
      response: v.nullable(contactSummarySchema),
    }),
    async (c) => {
      const body = await readBody(c, conversationContactBodySchema);
      await assertNotOurs(c, body.email);
      const stub = stubOf(c);
      if (!(await stub.setAddress(body, authorOf(c)))) throw notFound();
      return c.json((await stub.item())?.contact ?? null);
    },
  )
  .post(
    "/:id/address",
    describe({ summary: "Let another address replace the one that replies go to", body: addressBodySchema, status: 204 }),
    async (c) => {
      const body = await readBody(c, addressBodySchema);
      await assertNotOurs(c, body.email);
      return answer204(c, await stubOf(c).setAddress(body, authorOf(c)));
    },
  )
  .post(
    "/:id/ask-confirmation",
    describe({ summary: "Ask the visitor to show that the address is theirs; no mail leaves for it", status: 204 }),
    async (c) => {
      assertDone(await stubOf(c).askToConfirm());
      return c.body(null, 204);
    },
  )
  .post(
    "/:id/block",
    describe({
      summary: "Close the chat to the browser that began it, or let it in again; no address and no contact is blocked",
      body: blockBodySchema,
      status: 204,
    }),
    async (c) => answer204(c, await stubOf(c).setBlocked((await readBody(c, blockBodySchema)).isBlocked, "hand")),
  )
  .post(
    "/:id/part",
    describe({
      summary:
        "The mails of `email`, else of the newest unconfirmed author, are somebody else's: they get a conversation of their own",
      body: partBodySchema,
      response: v.object({ conversationId: uuidSchema }),
    }),
    async (c) => {
      const { email } = await readBody(c, partBodySchema);
      const request = { conversationId: readId(c, "id"), agentId: c.get("agent").id, email };
      const answer = await partMails(c.env, c.get("db"), request);
      if (answer.kind === "nothing") throw new AppError("conflict", "No mail of somebody else is here.");
      if (answer.kind === "busy") throw new AppError("conflict", "A mail is being moved at this moment. Do it again.");
      return c.json({ conversationId: answer.conversationId });
    },
  )
  .post(
    "/:id/attachments/:attachmentId/url",
    describe({ summary: "A link to a file of the conversation that expires" }),
    async (c) => c.json(await signFileUrl(c, { conversationId: readId(c, "id"), attachmentId: readId(c, "attachmentId") })),
  );

function stubOf(c: AppContext) {
  return conversationStub(c.env, readId(c, "id"));
}

function authorOf(c: AppContext) {
  const { id, name } = c.get("agent");
  return { kind: "agent" as const, id, name };
}

async function onlineOf(c: AppContext, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  // The list is worth more than its dots.
  return inboxStubFor(c.env, c.get("agent").id)
    .online(ids)
    .catch(() => []);
}

function answer204(c: AppContext, isKnown: boolean): Response {
  if (!isKnown) throw notFound();
  return c.body(null, 204);
}

function notFound(): AppError {
  return new AppError("not_found", "There is no such conversation.");
}

function assertDone(refusal: MailAnswer): void {
  if (refusal === "unknown") throw notFound();
  if (refusal !== null) throw new AppError(...problemOf(refusal));
}
