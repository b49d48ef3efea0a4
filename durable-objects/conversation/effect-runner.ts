/**
 * Carries out effects: stores them in one transaction, then tells the sockets. It keeps the caches of the state and of
 * what presence was last shown; both can be lost at any instant (A6).
 */
import { describeError } from "../../worker/domain/error-text.ts";
import { uuidV7 } from "../../worker/domain/uuid.ts";
import type { AlarmClock } from "./alarms.ts";
import { isFor, type Viewer } from "./audience.ts";
import { catchUpFrames } from "./catch-up.ts";
import { claimOf, type Connection } from "./connection.ts";
import type { Effect, Turn } from "./effects.ts";
import { isStored, type MessageLog } from "./message-log.ts";
import type { ConversationPorts, IndexRow } from "./ports.ts";
import { LEAVE_GRACE_MS, computePresence, computePresenceEnd, isSamePresence, type SeenConnection } from "./presence.ts";
import { CLOSE_CODES, type Conversation, type Presence, type ServerFrame } from "./protocol.ts";
import { closeSocket, type Sockets } from "./sockets.ts";
import { confirmedAddressOf, isAdmitted } from "./sessions.ts";
import type { ConversationState } from "./state.ts";
import { decideVisitorLeft } from "./unseen.ts";
import { WATCH_INTERVAL_MS } from "./watch.ts";
import { conversationForAgents, conversationForVisitor, frameFor, messageFor } from "./views.ts";

export interface EffectRunnerParts {
  log: MessageLog;
  sockets: Sockets;
  clock: AlarmClock;
  ports: ConversationPorts;
  /** When a change of this instant will be in the lists at the latest; epoch ms. */
  projectAt: (now: number) => number;
  /** Called after something was stored; somebody who sent it by socket waits for the acknowledgement. */
  onStored: (change: { isFromSocket: boolean }) => void;
}

export class EffectRunner {
  readonly #parts: EffectRunnerParts;
  state: ConversationState | null;
  /** How far the lists are according to the disk. */
  #projectedOnDisk: number;
  /** Null after an eviction: nobody knows what was told, so it is told again. */
  #shown: Presence | null = null;
  /** Whose socket has just closed, and who may be back in a moment. */
  readonly #leaving = new Set<SeenConnection>();

  constructor(parts: EffectRunnerParts) {
    this.#parts = parts;
    this.state = parts.log.loadState();
    this.#projectedOnDisk = this.state?.projectedRevision ?? 0;
    parts.sockets.seenThrough((connection) => this.#viewerOf(connection));
  }

  /** Null for a browser whose token does not count any more. */
  #viewerOf(connection: Connection): Viewer | null {
    if (connection.kind === "agent") return { kind: "agent" };
    const beginner = this.state?.beginner ?? null;
    if (beginner === null || this.state === null || !isAdmitted(this.state, claimOf(connection))) return null;
    // Confirmed, but the token that says so has not been used: this one sees what it saw before.
    return { kind: "session", id: beginner.id, confirmedFor: confirmedAddressOf(beginner, Date.now()) };
  }

  /** Asks a rule and carries its effects out, in one turn without awaiting. */
  decide(rule: (turn: Turn) => Effect[], sender?: WebSocket): void {
    if (this.state !== null) this.apply(rule(this.turn(this.state)), sender);
  }

  turn(state: ConversationState): Turn {
    const { log } = this.#parts;
    return {
      state,
      now: Date.now(),
      newId: () => uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
      // Before it has begun there is nothing to look at, not even a table.
      findByKey: (key) => (this.state === null ? null : log.findByKey(key)),
      findBySeq: (seq) => (this.state === null ? null : log.findBySeq(seq)),
      keyOf: (seq) => (this.state === null ? null : log.keyOf(seq)),
      isVisitorOnline: () => this.presence().isVisitorOnline,
      queuedReplies: () =>
        (this.state === null ? [] : log.outbox()).filter((row) => row.isCancelledBySeen && row.state === "queued"),
    };
  }

  /** Stores first, in one transaction; only then does anyone hear of it (A1). */
  apply(effects: Effect[], sender?: WebSocket): void {
    const before = this.state;
    const stored = effects.filter(isStored);
    if (stored.length > 0) {
      this.#wakeFor(stored);
      const events = this.#parts.log.store(stored);
      for (const effect of stored) if (effect.kind === "state") this.#remember(effect.state);
      for (const event of events) this.#parts.sockets.broadcast({ type: "event", event });
    }
    for (const effect of effects) this.#tell(effect, { sender, before });
    if (stored.length > 0) this.#parts.onStored({ isFromSocket: sender !== undefined });
  }

  /** Remembers how far the lists are; written along with the next state, since repeating a projection is harmless. */
  setProjected(revision: number): void {
    if (this.state !== null) this.state = { ...this.state, projectedRevision: Math.max(this.state.projectedRevision, revision) };
  }

  /** Writes that down where it was not written along: else each wake would write the lists again. */
  saveProjected(): void {
    if (this.state === null || this.state.projectedRevision <= this.#projectedOnDisk) return;
    this.#parts.log.store([{ kind: "state", state: this.state }]);
    this.#remember(this.state);
  }

  #remember(state: ConversationState): void {
    this.state = state;
    this.#projectedOnDisk = state.projectedRevision;
  }

  item(): Conversation | null {
    if (this.state === null) return null;
    return conversationForAgents(this.state, { isVisitorOnline: this.presence().isVisitorOnline, now: Date.now() });
  }

  /** The row that the index should have. */
  projection(): IndexRow | null {
    const item = this.item();
    return this.state === null || item === null ? null : { item, channel: this.state.channel };
  }

  presence(): Presence {
    const open = this.#parts.sockets.list().filter(({ connection }) => connection.isReady);
    return computePresence([...open, ...this.#leaving], Date.now());
  }

  /** A socket has closed. Its owner is gone unless another one comes soon; at once where it was ended from here. */
  leave(socket: WebSocket, { wasPutOut }: { wasPutOut: boolean }): void {
    const connection = this.#parts.sockets.connectionOf(socket);
    if (connection?.isReady !== true) return;
    const seen = { connection, lastSeenAt: Date.now() };
    if (wasPutOut) return this.showPresence(seen);
    this.#leaving.add(seen);
    setTimeout(() => {
      this.#leaving.delete(seen);
      try {
        this.showPresence(seen);
      } catch (error) {
        // Told at the next look; nothing but the wait for unseen replies is stored by it, and that goes on by its own alarm.
        console.error(
          JSON.stringify({ level: "error", event: "presence_failed", conversationId: this.state?.id, ...describeError(error) }),
        );
      }
    }, LEAVE_GRACE_MS);
  }

  /**
   * Tells everyone when presence is not what was last told.
   *
   * @param cause who came or has gone; nobody where the clock asks
   */
  showPresence(cause?: SeenConnection): void {
    const before = this.#shown;
    const presence = this.presence();
    if (before !== null && isSamePresence(presence, before)) return;
    this.#shown = presence;
    this.#parts.sockets.broadcast({ type: "presence", ...presence });
    // Where it is not known what the lists were told, only a visitor's own coming and going is worth a call.
    const isVisitorChange =
      before === null ? cause?.connection.kind === "visitor" : presence.isVisitorOnline !== before.isVisitorOnline;
    if (isVisitorChange && !presence.isVisitorOnline) {
      const heardAt = this.#visitorHeardAt(cause);
      this.decide((turn) => decideVisitorLeft(turn, heardAt));
    }
    if (isVisitorChange && this.state !== null) {
      this.#parts.ports.publishPresence(this.state.id, presence.isVisitorOnline).catch(() => {
        // Lists ask again by themselves while an agent watches; presence is never the truth of anything.
      });
    }
  }

  /** Their last sign of life, where they have left: the closing of their own socket, or what was heard of a silent one. */
  #visitorHeardAt(cause?: SeenConnection): number {
    const heardAts = this.#parts.sockets.list("visitor").map(({ lastSeenAt }) => lastSeenAt);
    return Math.max(cause?.connection.kind === "visitor" ? cause.lastSeenAt : 0, ...heardAts);
  }

  /** When somebody who is counted as online stops being so unless they are heard of, or null. */
  presenceEndsAt(): number | null {
    return computePresenceEnd(this.#parts.sockets.list(), Date.now());
  }

  /** While an agent watches: what they see of who is here, now and until the next look. */
  lookAtPresence(): void {
    if (this.#parts.sockets.list("agent").length === 0) return;
    this.saveProjected();
    this.showPresence();
    // A phone that lost its network is offline when its time is up, not at the next look after that.
    this.#parts.clock.wakeAt(Math.min(Date.now() + WATCH_INTERVAL_MS, this.presenceEndsAt() ?? Infinity));
  }

  /** The safety net of a crash right after this write: the alarm is in the same commit. */
  #wakeFor(stored: Effect[]): void {
    const now = Date.now();
    const dueAts = stored.flatMap((effect) => (effect.kind === "mail" ? [Math.max(now, effect.job.dueAt)] : []));
    for (const effect of stored)
      if (effect.kind === "state") dueAts.push(this.#parts.projectAt(now), effect.state.unseen.dueAt ?? Infinity);
    if (dueAts.length > 0) this.#parts.clock.wakeAt(Math.min(...dueAts));
  }

  #tell(effect: Effect, { sender, before }: { sender: WebSocket | undefined; before: ConversationState | null }): void {
    const { sockets } = this.#parts;
    switch (effect.kind) {
      case "message":
        this.#tellMessage(effect, sender);
        break;
      case "conversation":
        this.#tellConversation(before);
        break;
      case "broadcast": {
        const { frame, isForAgents = false } = effect;
        const shown = isForAgents ? (viewer: Viewer) => (viewer.kind === "agent" ? frame : null) : frame;
        sockets.broadcast(shown, effect.isForSender ? undefined : sender);
        break;
      }
      case "withdraw": {
        const { message } = effect;
        const frame = { type: "withdrawn" as const, seqs: [message.seq] };
        sockets.broadcast((viewer) => (viewer.kind === "session" && isFor(message, viewer) ? frame : null));
        break;
      }
      case "draft":
        sockets.sendToAgent(effect.agentId, { type: "draft", draft: effect.draft });
        break;
      case "close-sessions":
        for (const { socket, connection } of sockets.list("visitor"))
          if (connection.kind === "visitor" && connection.tokenGeneration !== effect.exceptGeneration)
            closeSocket(socket, CLOSE_CODES.notAllowed, "not_allowed");
        break;
      case "presence":
        this.showPresence(sender === undefined ? undefined : sockets.seen(sender));
        break;
      default:
        if (sender !== undefined) this.#tellSender(effect, sender);
    }
  }

  #tellSender(effect: Effect, sender: WebSocket): void {
    const { sockets, log } = this.#parts;
    const connection = sockets.connectionOf(sender);
    const viewer = connection === null ? null : sockets.viewer(connection);
    if (connection === null || viewer === null || this.state === null) return;
    if (effect.kind === "answer") {
      const frame = frameFor(viewer, effect.frame);
      if (frame !== null) sockets.send(sender, frame);
    } else if (effect.kind === "connection") sockets.update(sender, effect.connection);
    else if (effect.kind === "close") closeSocket(sender, effect.code, effect.reason);
    else if (effect.kind === "catch-up") {
      const agentId = connection.kind === "agent" ? connection.agentId : null;
      const view = { state: this.state, presence: this.presence(), viewer, agentId, lastSeq: effect.lastSeq, now: Date.now() };
      sockets.catchUp(sender, connection, catchUpFrames(log, view));
    }
  }

  /** The sender's copy carries its clientId: that is the acknowledgement. */
  #tellMessage({ message, clientId }: Extract<Effect, { kind: "message" }>, sender?: WebSocket): void {
    const { sockets } = this.#parts;
    sockets.broadcast({ type: "message", message }, sender);
    const connection = sender === undefined ? null : sockets.connectionOf(sender);
    const viewer = connection === null ? null : sockets.viewer(connection);
    if (sender === undefined || viewer === null) return;
    const own = messageFor(viewer, message);
    if (own !== null) sockets.send(sender, { type: "message", message: own, ...(clientId === undefined ? {} : { clientId }) });
  }

  /** Agents hear of every change; a browser of none that shows it nothing new: that something has come would be told by it. */
  #tellConversation(before: ConversationState | null): void {
    const { state } = this;
    if (state === null) return;
    const now = Date.now();
    const isVisitorOnline = this.presence().isVisitorOnline;
    const forVisitor = conversationForVisitor(state, now);
    const isNews = before === null || JSON.stringify(conversationForVisitor(before, now)) !== JSON.stringify(forVisitor);
    this.#parts.sockets.broadcast((viewer): ServerFrame | null => {
      if (viewer.kind === "agent")
        return { type: "conversation", conversation: conversationForAgents(state, { isVisitorOnline, now }) };
      return isNews ? { type: "conversation", conversation: forVisitor } : null;
    });
  }
}
