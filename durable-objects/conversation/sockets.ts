/** The conversation's sockets: who is behind each, and sending to those who may see. */
import * as v from "valibot";
import { connectionSchema, type Connection } from "./connection.ts";
import type { SeenConnection } from "./presence.ts";
import type { ServerFrame } from "./protocol.ts";
import { TrafficMeter } from "./traffic.ts";
import { AGENT_VIEWER, type Viewer } from "./audience.ts";
import { frameFor } from "./views.ts";

export interface OpenSocket extends SeenConnection {
  socket: WebSocket;
}

export class Sockets {
  readonly #ctx: DurableObjectState;
  /** A cache: after an eviction the ping's time stands in for it (A6). */
  readonly #lastFrameAt = new WeakMap<WebSocket, number>();
  readonly #traffic = new TrafficMeter();
  /** A cache of the attachments, which every frame asks for several times (A6). */
  readonly #connections = new WeakMap<WebSocket, Connection>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // Answered by the runtime without waking the object (A6).
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  accept(socket: WebSocket, connection: Connection): void {
    this.#ctx.acceptWebSocket(socket, connection.kind === "agent" ? ["agent", `agent:${connection.agentId}`] : ["visitor"]);
    this.update(socket, connection);
  }

  /** Null where the socket carries nothing of ours. */
  connectionOf(socket: WebSocket): Connection | null {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const parsed = v.safeParse(connectionSchema, socket.deserializeAttachment());
    if (!parsed.success) return null;
    this.#connections.set(socket, parsed.output);
    return parsed.output;
  }

  update(socket: WebSocket, connection: Connection): void {
    socket.serializeAttachment(connection);
    this.#connections.set(socket, connection);
  }

  list(tag?: string): OpenSocket[] {
    return this.#ctx.getWebSockets(tag).flatMap((socket) => {
      const seen = socket.readyState === WebSocket.OPEN ? this.seen(socket) : undefined;
      return seen === undefined ? [] : [{ socket, ...seen }];
    });
  }

  /** Who is behind a socket, and when they were last heard of. */
  seen(socket: WebSocket): SeenConnection | undefined {
    const connection = this.connectionOf(socket);
    return connection === null ? undefined : { connection, lastSeenAt: this.#lastSeenAt(socket, connection) };
  }

  /** Notes a frame. @returns false where its client sends more than a person can */
  count(socket: WebSocket, connection: Connection, now: number): boolean {
    this.#lastFrameAt.set(socket, now);
    return this.#traffic.count(connection, now);
  }

  mayCatchUp(connection: Connection, now: number): boolean {
    return this.#traffic.mayCatchUp(connection, now);
  }

  /** Everything that a client has missed; what it is sent counts. */
  catchUp(socket: WebSocket, connection: Connection, frames: Iterable<ServerFrame>): void {
    let length = 0;
    for (const frame of frames) length += this.send(socket, frame);
    this.#traffic.noteCatchUp(connection, length, Date.now());
  }

  /** Who looks through a socket: the object knows what its session is confirmed for; nobody where it may look at nothing. */
  #viewerOf: (connection: Connection) => Viewer | null = ({ kind }) => (kind === "agent" ? AGENT_VIEWER : null);

  seenThrough(viewerOf: (connection: Connection) => Viewer | null): void {
    this.#viewerOf = viewerOf;
  }

  viewer(connection: Connection): Viewer | null {
    return this.#viewerOf(connection);
  }

  /** Sends to every ready socket in the words of who looks through it; serialised once for each of them. */
  broadcast(frame: ServerFrame | ((viewer: Viewer) => ServerFrame | null), except?: WebSocket): void {
    const texts = new Map<string, string | null>();
    for (const socket of this.#ctx.getWebSockets()) {
      const connection = this.connectionOf(socket);
      if (connection?.isReady !== true || socket === except) continue;
      const viewer = this.#viewerOf(connection);
      if (viewer === null) continue;
      const key = viewer.kind === "agent" ? "agent" : `${viewer.id} ${viewer.confirmedFor ?? ""}`;
      let text = texts.get(key);
      if (text === undefined) {
        const shown = typeof frame === "function" ? frame(viewer) : frameFor(viewer, frame);
        text = shown === null ? null : JSON.stringify(shown);
        texts.set(key, text);
      }
      if (text !== null) sendText(socket, text);
    }
  }

  /** To every socket of one agent: their devices, and the tabs on each. */
  sendToAgent(agentId: string, frame: ServerFrame): void {
    for (const { socket, connection } of this.list(`agent:${agentId}`)) if (connection.isReady) this.send(socket, frame);
  }

  /** @returns UTF-16 code units that were sent */
  send(socket: WebSocket, frame: ServerFrame): number {
    const text = JSON.stringify(frame);
    sendText(socket, text);
    return text.length;
  }

  #lastSeenAt(socket: WebSocket, connection: Connection): number {
    const pingedAt = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    return Math.max(connection.connectedAt, pingedAt, this.#lastFrameAt.get(socket) ?? 0);
  }
}

function sendText(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Closed in the meantime: its client catches up when it is back (A3).
  }
}

export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Already closed.
  }
}
