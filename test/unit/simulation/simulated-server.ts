/**
 * The conversation's own rules (`core.ts`, `append.ts`, `commands.ts`, `catch-up.ts`, `views.ts`) over a log in memory, in
 * the place of the object's shell: what a decision stores is stored as a whole, and then told. A crash between the two
 * is one of the things that can happen here.
 */
import { AGENT_VIEWER, beginnerViewer, type Viewer } from "../../../durable-objects/conversation/audience.ts";
import { catchUpFrames, type ReadableLog } from "../../../durable-objects/conversation/catch-up.ts";
import type { Connection } from "../../../durable-objects/conversation/connection.ts";
import { decideFrame } from "../../../durable-objects/conversation/core.ts";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import { parseFrame } from "../../../durable-objects/conversation/frames.ts";
import type { Message, Presence, ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { newConversationState, type ConversationState } from "../../../durable-objects/conversation/state.ts";
import {
  conversationForAgents,
  conversationForVisitor,
  frameFor,
  messageFor,
} from "../../../durable-objects/conversation/views.ts";

export interface ServerSocket {
  connection: Connection;
  /** Puts a frame on its way. */
  readonly send: (frame: ServerFrame) => void;
  readonly close: (code: number) => void;
}

const PRESENCE: Presence = { isVisitorOnline: true, agents: [] };
export const CONVERSATION_ID = "0190f000-0000-7000-8000-000000000000";
/** That the visitor's browser has. */
export const SESSION = { id: "0190f000-0000-7000-8000-0000000000ff", origin: null };

export class SimulatedServer {
  /** What is on disk: it alone outlives a crash. */
  state: ConversationState;
  readonly messages: Message[] = [];
  readonly #byKey = new Map<string, Message>();
  readonly sockets = new Set<ServerSocket>();
  readonly #clock: () => number;
  #ids = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.state = newConversationState({ id: CONVERSATION_ID, now: clock(), visitor: null, session: SESSION });
  }

  /**
   * Takes a frame.
   * @param crashesBeforeSending the process ends when all is stored and nothing is told
   */
  receive(socket: ServerSocket, text: string, crashesBeforeSending = false): void {
    const parsed = parseFrame(text);
    if (!parsed.isOk) throw new Error(`the client made a bad frame: ${parsed.detail}`);
    const effects = decideFrame(this.#turn(), { frame: parsed.frame, connection: socket.connection, attachments: [] });
    for (const effect of effects) this.#store(effect);
    if (crashesBeforeSending) return;
    for (const effect of effects) this.#tell(effect, socket);
  }

  #turn(): Turn {
    const byKey = this.#byKey;
    return {
      state: this.state,
      now: this.#clock(),
      newId: () => `id-${(this.#ids += 1)}`,
      isVisitorOnline: () => true,
      findByKey: (key) => byKey.get(key) ?? null,
      findBySeq: (seq) => this.messages[seq - 1] ?? null,
      keyOf: (seq) => [...byKey].find(([, message]) => message.seq === seq)?.[0] ?? null,
      queuedReplies: () => [],
    };
  }

  #store(effect: Effect): void {
    if (effect.kind === "insert") {
      if (this.#byKey.has(effect.key)) throw new Error(`stored twice: ${effect.key}`);
      if (effect.message.seq !== this.messages.length + 1) throw new Error(`a gap before ${effect.message.seq}`);
      this.messages.push(effect.message);
      this.#byKey.set(effect.key, effect.message);
    } else if (effect.kind === "state") this.state = effect.state;
  }

  #tell(effect: Effect, sender: ServerSocket): void {
    switch (effect.kind) {
      case "message":
        for (const socket of this.sockets)
          if (socket !== sender) this.#send(socket, { type: "message", message: effect.message });
        return this.#acknowledge(sender, effect);
      case "answer":
        return this.#send(sender, effect.frame, true);
      case "broadcast":
        for (const socket of this.sockets) if (effect.isForSender || socket !== sender) this.#send(socket, effect.frame);
        return;
      case "conversation":
        for (const socket of this.sockets) this.#send(socket, this.#conversationFrame(socket));
        return;
      case "connection":
        sender.connection = effect.connection;
        return;
      case "catch-up":
        return this.#catchUp(sender, effect.lastSeq);
      case "close":
        return sender.close(effect.code);
    }
  }

  #acknowledge(sender: ServerSocket, { message, clientId }: Extract<Effect, { kind: "message" }>): void {
    const viewer = this.#viewerOf(sender);
    const own = viewer === null ? null : messageFor(viewer, message);
    if (own === null) return;
    sender.send({ type: "message", message: own, ...(clientId === undefined ? {} : { clientId }) });
  }

  #conversationFrame({ connection }: ServerSocket): ServerFrame {
    const conversation =
      connection.kind === "agent"
        ? conversationForAgents(this.state, { isVisitorOnline: true, now: this.#clock() })
        : conversationForVisitor(this.state, this.#clock());
    return { type: "conversation", conversation };
  }

  #catchUp(socket: ServerSocket, lastSeq: number): void {
    const { state } = this;
    const log: ReadableLog = {
      after: (seq, limit) => this.messages.slice(seq, seq + limit),
      events: () => [],
      drafts: () => [],
    };
    const { connection } = socket;
    const agentId = connection.kind === "agent" ? connection.agentId : null;
    const viewer = this.#viewerOf(socket);
    if (viewer === null) return;
    const view = { state, presence: PRESENCE, viewer, agentId, lastSeq, now: this.#clock() };
    for (const frame of catchUpFrames(log, view)) socket.send(frame);
  }

  #send(socket: ServerSocket, frame: ServerFrame, isAnswer = false): void {
    if (!isAnswer && !socket.connection.isReady) return;
    const viewer = this.#viewerOf(socket);
    const shown = viewer === null ? null : frameFor(viewer, frame);
    if (shown !== null) socket.send(shown);
  }

  #viewerOf({ connection }: ServerSocket): Viewer | null {
    return connection.kind === "agent" ? AGENT_VIEWER : beginnerViewer(this.state, this.#clock());
  }
}
