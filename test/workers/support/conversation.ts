/** A conversation's object, driven directly: as the Worker drives it, without the Worker's own checks in the way. */
import "./bindings.ts";
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { vi } from "vitest";
import type { PersonMessage, SendAnswer } from "../../../durable-objects/conversation/calls.ts";
import type { ConversationObject } from "../../../durable-objects/conversation/conversation-object.ts";
import { CONNECTION_HEADER, type ConnectionClaim } from "../../../durable-objects/conversation/connection.ts";
import type { OpenRequest } from "../../../durable-objects/conversation/intake.ts";
import {
  messageSchema,
  serverFrameSchema,
  type Message,
  type ServerFrame,
} from "../../../durable-objects/conversation/protocol.ts";
import type { InboxObject } from "../../../durable-objects/inbox/inbox-object.ts";
import { WATCH_INTERVAL_MS } from "../../../durable-objects/conversation/watch.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { emptyStorage, newId } from "./deployment.ts";
import { ports } from "./ports.ts";
import { TestSocket } from "./socket.ts";

export type ConversationStub = DurableObjectStub<ConversationObject>;
export type VisitorClaim = Extract<ConnectionClaim, { kind: "visitor" }>;

const agentClaim = { kind: "agent", role: "agent", undoMs: 0, unseenMs: 0, hasRateLimits: true } as const;
export const ANA = { ...agentClaim, agentId: "agent-ana", name: "Ana", credential: "session:ana" } as const;
export const BEN = { ...agentClaim, agentId: "agent-ben", name: "Ben", credential: "session:ben" } as const;
/** Whoever began the conversation. */
export const VISITOR: VisitorClaim = { kind: "visitor", sessionId: null, tokenGeneration: 1, hasRateLimits: true };
export const AUTHOR_ANA = { kind: "agent", id: ANA.agentId, name: ANA.name } as const;

/** Empty storage, real ports. For `beforeEach`. */
export async function freshStorage(): Promise<void> {
  ports.reset();
  ports.roles = { loadRoles: async (ids) => new Map(ids.map((id) => [id, "agent"])) };
  await emptyStorage();
}

export function openRequest(over: Partial<OpenRequest> = {}): OpenRequest {
  return { id: newId(), hasVisitor: true, visitor: null, contact: null, capture: null, subject: null, mail: null, ...over };
}

/** One in which mail can be answered. */
export function mailOpenRequest(over: Partial<OpenRequest> = {}): OpenRequest {
  return openRequest({
    hasVisitor: false,
    contact: { id: newId(), name: "Carla", email: "carla@customer.test" },
    subject: "Printer",
    mail: {
      mailboxId: newId(),
      mailbox: "hello@acme.test",
      references: ["first@customer.test"],
      lastInboundId: "first@customer.test",
    },
    ...over,
  });
}

/** A chat whose visitor has typed Carla's address. */
export function chatOpenRequest(over: Partial<OpenRequest> = {}): OpenRequest {
  return openRequest({ capture: { email: "carla@customer.test" }, ...over });
}

export function personMessage(over: Partial<PersonMessage> = {}): PersonMessage {
  return {
    clientId: newId(),
    author: { kind: "visitor" },
    channel: "chat",
    text: "Hello",
    attachmentIds: [],
    uploadedBy: "",
    undoMs: 0,
    ...over,
  };
}

export function agentMail(over: Partial<PersonMessage> = {}): PersonMessage {
  return personMessage({ author: AUTHOR_ANA, channel: "email", text: "Turn it off and on.", ...over });
}

/** A conversation with its first message. */
export async function begin(
  over: Partial<PersonMessage> & { open?: OpenRequest } = {},
): Promise<{ id: string; stub: ConversationStub; first: Message }> {
  const open = over.open ?? openRequest();
  const stub = conversationStub(env, open.id);
  const answer = await send(stub, { ...over, open });
  return { id: open.id, stub, first: answer };
}

/** @throws where it was not taken */
export async function send(stub: ConversationStub, over: Partial<PersonMessage> = {}): Promise<Message> {
  const answer = await sendAnswer(stub, over);
  if (answer.kind === "rejected" || answer.kind === "unknown") throw new Error(JSON.stringify(answer));
  return answer.message;
}

export async function sendAnswer(stub: ConversationStub, over: Partial<PersonMessage> = {}): Promise<SendAnswer> {
  return await stub.send(personMessage(over));
}

/** The process ends at once: memory, sockets and what was under way are gone. @returns the way to the new one */
export async function crash(id: string): Promise<ConversationStub> {
  await abortAllDurableObjects();
  return conversationStub(env, id);
}

/**
 * The browser that began the chat shows that the address is theirs, as with the code that was mailed to it. It counts
 * from the first use of what is returned.
 *
 * @returns what its new token says
 */
export async function confirmAddress(stub: ConversationStub, email: string, generation = 1): Promise<VisitorClaim> {
  const claim = { sessionId: null, generation };
  await stub.session(claim, { kind: "new-code", email, hash: "hash" });
  const answer = await stub.session(claim, { kind: "try-code", hash: "hash" });
  if (answer.kind !== "confirmed") throw new Error(answer.kind);
  return { ...VISITOR, sessionId: answer.sessionId, tokenGeneration: answer.generation };
}

export type Socket = TestSocket<ServerFrame>;

export async function connect(stub: ConversationStub, claim: ConnectionClaim): Promise<Socket> {
  const response = await stub.fetch("https://object/socket", {
    headers: { upgrade: "websocket", [CONNECTION_HEADER]: JSON.stringify(claim) },
  });
  return new TestSocket(response, (json) => v.parse(serverFrameSchema, json));
}

/** Connected and welcomed. */
export async function join(stub: ConversationStub, claim: ConnectionClaim, lastSeq = 0): Promise<Socket> {
  const socket = await connect(stub, claim);
  socket.send({ type: "hello", lastSeq });
  await socket.next("welcome");
  return socket;
}

/** Everything up to now has been answered: the marker is a frame that only its sender hears about. */
export async function settle(socket: Socket): Promise<void> {
  const from = socket.frames.length;
  socket.send({ type: "undo", seq: 999_999 });
  await socket.next("rejected", from);
}

/** The `seq` of all messages that a socket was given, in the order in which they came. */
export function seqsOf(socket: Socket): number[] {
  return socket.frames.flatMap((frame) => {
    if (frame.type === "welcome" || frame.type === "messages") return frame.messages.map((message) => message.seq);
    return frame.type === "message" ? [frame.message.seq] : [];
  });
}

/** What is on disk. */
export async function storedMessages(stub: ConversationStub): Promise<Message[]> {
  return runInDurableObject(stub, (_, state) =>
    state.storage.sql
      .exec("SELECT value FROM messages ORDER BY seq")
      .toArray()
      .map((row) => v.parse(messageSchema, JSON.parse(v.parse(v.string(), row["value"])))),
  );
}

export async function outboxRows(stub: ConversationStub): Promise<unknown[]> {
  return runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT seq, state, attempts FROM outbox").toArray());
}

/** The next look at who watches: the object's alarm when it is due. The test's clock stays ahead: `vi.useRealTimers()`. */
export async function lookAgain(stub: ConversationStub): Promise<boolean> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + WATCH_INTERVAL_MS });
  return runDurableObjectAlarm(stub);
}

export async function alarmOf(stub: ConversationStub | DurableObjectStub<InboxObject>): Promise<number | null> {
  return runInDurableObject(stub, (_, state) => state.storage.getAlarm());
}
