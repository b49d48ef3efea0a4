/**
 * Fans list changes out to the agents' sockets. It owns nothing: a client that misses a delta sees a gap in the revision
 * and reads the list again. Visitors' presence is kept as a small table so that lists can show it.
 */
import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { FRAMES_PER_CLIENT, Meter } from "../conversation/traffic.ts";
import { switchProtocols } from "../conversation/upgrade.ts";
import { hasRole, type Role } from "../../worker/domain/roles.ts";
import { uuidV7 } from "../../worker/domain/uuid.ts";
import { AlarmClock } from "../conversation/alarms.ts";
import { CLOSE_CODES, type Conversation } from "../conversation/protocol.ts";
import { closeSocket } from "../conversation/sockets.ts";
import { withTimeout } from "../conversation/with-timeout.ts";
import { inboxClientFrameSchema, listRevisionSchema, type InboxServerFrame, type ListRevision } from "./protocol.ts";

export interface InboxPorts {
  /** Whether the visitor of this conversation has a live connection, asked of the conversation. */
  isVisitorOnline(conversationId: string): Promise<boolean>;
  /** What these credentials (`session:<id>`, `key:<id>`) may do now; one that is no longer valid is missing. */
  loadRoles(credentials: string[]): Promise<Map<string, Role>>;
}

const claimSchema = v.object({ agentId: v.string(), credential: v.string() });
const attachmentSchema = v.object({
  ...claimSchema.entries,
  /** What it was last told, once it has said `hello`. Sockets outlive the object's memory, and nothing else needs to know it. */
  revision: v.nullable(listRevisionSchema),
});
type Listener = v.InferOutput<typeof attachmentSchema>;
/** What the Worker has checked and tells the object about a new socket. */
export type ListenerClaim = v.InferOutput<typeof claimSchema>;

export const LISTENER_HEADER = "x-hilo-listener";

/** Ms between two looks at roles and at visitors who are said to be online, while any agent listens. */
const WATCH_INTERVAL_MS = 15_000;
/** Conversations asked in one look. */
const PRESENCE_CHECKS_MAX = 100;

export abstract class InboxObject extends DurableObject {
  readonly #ports: InboxPorts;
  readonly #clock: AlarmClock;
  readonly #traffic = new Meter(FRAMES_PER_CLIENT);
  /** A cache of the attachments, which every change asks for. */
  readonly #listeners = new WeakMap<WebSocket, Listener>();
  #revision: ListRevision;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env, ports: InboxPorts) {
    super(ctx, env);
    this.#ports = ports;
    this.#clock = new AlarmClock(ctx.storage);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS online (conversation_id TEXT PRIMARY KEY, checked_at INTEGER NOT NULL)");
    this.#revision = this.#lastTold() ?? { epoch: uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10))), n: 0 };
    void ctx.blockConcurrencyWhile(() => this.#clock.load());
  }

  /** The upgrade of an agent's socket that the Worker has checked. */
  override async fetch(request: Request): Promise<Response> {
    const claim = v.parse(claimSchema, JSON.parse(request.headers.get(LISTENER_HEADER) ?? "null"));
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [`agent:${claim.agentId}`]);
    this.#update(server, { ...claim, revision: null });
    this.#clock.wakeAt(Date.now() + WATCH_INTERVAL_MS);
    return switchProtocols(request, client);
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const listener = this.#listenerOf(socket);
    if (!this.#traffic.take(listener?.agentId ?? "", 1, Date.now()))
      return closeSocket(socket, CLOSE_CODES.tooMuchTraffic, "too_much_traffic");
    const frame = parseHello(data);
    if (listener === null || frame === null) {
      send(socket, { type: "rejected", reason: "bad_frame" });
      return socket.close(CLOSE_CODES.badFrame, "bad_frame");
    }
    this.#update(socket, { ...listener, revision: this.#revision });
    const before = this.#agents(socket);
    const agents = [...new Set([...before, listener.agentId])];
    send(socket, { type: "welcome", revision: this.#revision, agents });
    if (!before.includes(listener.agentId)) this.#broadcast({ type: "presence", agents }, socket);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const listener = this.#listenerOf(socket);
    try {
      socket.close(1000, "");
    } catch {
      // Already closed.
    }
    const agents = this.#agents(socket);
    if (listener !== null && !agents.includes(listener.agentId)) this.#broadcast({ type: "presence", agents }, socket);
  }

  override async webSocketError(): Promise<void> {
    this.#broadcast({ type: "presence", agents: this.#agents() });
  }

  /** A conversation has changed. Safe to repeat: clients keep the newest `revision` of each. */
  publish(conversation: Conversation): void {
    this.#revision = { epoch: this.#revision.epoch, n: this.#revision.n + 1 };
    for (const socket of this.ctx.getWebSockets()) {
      const listener = this.#listenerOf(socket);
      if (listener?.revision) this.#update(socket, { ...listener, revision: this.#revision });
    }
    this.#broadcast({ type: "changed", revision: this.#revision, conversation });
  }

  publishPresence(conversationId: string, isVisitorOnline: boolean): void {
    this.#saveOnline(conversationId, isVisitorOnline);
    this.#broadcast({ type: "presence", conversationId, isVisitorOnline });
    if (isVisitorOnline && this.ctx.getWebSockets().length > 0) this.#clock.wakeAt(Date.now() + WATCH_INTERVAL_MS);
  }

  publishLedger(): void {
    this.#broadcast({ type: "ledger" });
  }

  publishNotices(): void {
    this.#broadcast({ type: "notices" });
  }

  /** Those of these conversations whose visitor is online. */
  online(conversationIds: string[]): string[] {
    // The rows that are asked for, however many visitors are there.
    const asked = "SELECT conversation_id FROM online WHERE conversation_id IN (SELECT value FROM json_each(?))";
    const rows = this.ctx.storage.sql.exec(asked, JSON.stringify(conversationIds)).toArray();
    return rows.flatMap((row) => (typeof row["conversation_id"] === "string" ? [row["conversation_id"]] : []));
  }

  revision(): ListRevision {
    return this.#revision;
  }

  /** Ends an agent's sockets at once: signed out, demoted or removed (T7). All, those of one credential, or all but those. */
  disconnect(agentId: string, { only, except }: { only?: string; except?: string } = {}): void {
    for (const socket of this.ctx.getWebSockets(`agent:${agentId}`)) {
      const credential = this.#listenerOf(socket)?.credential;
      const isMeant = (only === undefined || credential === only) && (except === undefined || credential !== except);
      if (isMeant) socket.close(CLOSE_CODES.notAllowed, "not_allowed");
    }
  }

  override async alarm(): Promise<void> {
    this.#clock.rang();
    if (this.ctx.getWebSockets().length === 0) return;
    await Promise.all([this.#verifyPresence(), this.#verifyAgents()]);
    this.#clock.wakeAt(Date.now() + WATCH_INTERVAL_MS);
  }

  /** Asks the conversations themselves, so that a lost "has left" cannot leave a green dot for ever. */
  async #verifyPresence(): Promise<void> {
    const { sql } = this.ctx.storage;
    const rows = sql.exec("SELECT conversation_id FROM online ORDER BY checked_at LIMIT ?", PRESENCE_CHECKS_MAX).toArray();
    const ids = rows.flatMap((row) => (typeof row["conversation_id"] === "string" ? [row["conversation_id"]] : []));
    await Promise.all(
      ids.map(async (id) => {
        const isOnline = await withTimeout(this.#ports.isVisitorOnline(id)).catch(() => true);
        if (!isOnline) this.publishPresence(id, false);
        // Where all are asked each time nobody needs a turn.
        else if (ids.length === PRESENCE_CHECKS_MAX)
          sql.exec("UPDATE online SET checked_at = ? WHERE conversation_id = ?", Date.now(), id);
      }),
    );
  }

  async #verifyAgents(): Promise<void> {
    const listeners = this.ctx
      .getWebSockets()
      .flatMap((socket) => ({ socket, credential: this.#listenerOf(socket)?.credential ?? "" }));
    if (listeners.length === 0) return;
    const credentials = [...new Set(listeners.map(({ credential }) => credential))];
    const roles = await withTimeout(this.#ports.loadRoles(credentials)).catch(() => null);
    if (roles === null) return;
    for (const { socket, credential } of listeners)
      if (!hasRole(roles.get(credential) ?? "none", "viewer")) closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
  }

  #saveOnline(conversationId: string, isOnline: boolean): void {
    const { sql } = this.ctx.storage;
    if (isOnline)
      sql.exec("INSERT OR REPLACE INTO online (conversation_id, checked_at) VALUES (?, ?)", conversationId, Date.now());
    else sql.exec("DELETE FROM online WHERE conversation_id = ?", conversationId);
  }

  /** What the sockets of before an eviction were told; null where there are none: nobody has anything to compare with. */
  #lastTold(): ListRevision | null {
    const told = this.ctx.getWebSockets().flatMap((socket) => this.#listenerOf(socket)?.revision ?? []);
    return told.reduce<ListRevision | null>(
      (newest, revision) => (newest === null || revision.n > newest.n ? revision : newest),
      null,
    );
  }

  /** Null where the socket carries nothing of ours. */
  #listenerOf(socket: WebSocket): Listener | null {
    const known = this.#listeners.get(socket);
    if (known !== undefined) return known;
    const parsed = v.safeParse(attachmentSchema, socket.deserializeAttachment());
    if (!parsed.success) return null;
    this.#listeners.set(socket, parsed.output);
    return parsed.output;
  }

  #update(socket: WebSocket, listener: Listener): void {
    socket.serializeAttachment(listener);
    this.#listeners.set(socket, listener);
  }

  #agents(leaving?: WebSocket): string[] {
    const listeners = this.ctx.getWebSockets().flatMap((socket) => {
      const listener = socket === leaving || socket.readyState !== WebSocket.OPEN ? null : this.#listenerOf(socket);
      return listener?.revision ? [listener.agentId] : [];
    });
    return [...new Set(listeners)];
  }

  #broadcast(frame: InboxServerFrame, except?: WebSocket): void {
    const text = JSON.stringify(frame);
    for (const socket of this.ctx.getWebSockets()) {
      if (socket === except || socket.readyState !== WebSocket.OPEN || !this.#listenerOf(socket)?.revision) continue;
      try {
        socket.send(text);
      } catch {
        // Closed in the meantime: its client reads the list again.
      }
    }
  }
}

function parseHello(data: string | ArrayBuffer): v.InferOutput<typeof inboxClientFrameSchema> | null {
  if (typeof data !== "string") return null;
  try {
    const parsed = v.safeParse(inboxClientFrameSchema, JSON.parse(data));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

function send(socket: WebSocket, frame: InboxServerFrame): void {
  // What was on its way when it was closed is still taken in, and answered to nobody.
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}
