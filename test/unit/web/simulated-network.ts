/**
 * A client on one side, a model of the server on the other, and a network between them that is late, cuts, and swallows
 * frames without a word. Time is simulated: `advance` runs every timer and every delivery that falls due, in order.
 */
import type {
  ClientFrame,
  Delivery,
  Message,
  RejectionReason,
  ServerFrame,
} from "../../../durable-objects/conversation/protocol.ts";
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  type Notice,
  initialClient,
} from "../../../web/shared/client-state.ts";
import { stepClient } from "../../../web/shared/conversation-client.ts";
import { parseServerFrame } from "../../../web/shared/frame-guard.ts";
import type { UnsentMessage } from "../../../web/shared/unsent-store.ts";

const PAGE = 3;

interface Wire {
  readonly connection: number;
  /** `silent`: both sides believe that it lives, nothing arrives any more. */
  state: "open" | "silent" | "cut";
  hasSaidHello: boolean;
  /** Deliveries keep their order, as TCP does. */
  toServerAt: number;
  toClientAt: number;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class SimulatedNetwork {
  now = 1_700_000_000_000;
  readonly log: Message[] = [];
  readonly stored = new Map<string, Message>();
  readonly store = new Map<string, UnsentMessage>();
  readonly acknowledged: string[] = [];
  readonly notices: Notice[] = [];
  readonly sentFrames: ClientFrame[] = [];
  readonly pings: number[] = [];
  readonly connects: number[] = [];
  state: ClientState;
  isReachable = true;
  /** The server stores what it gets, but is killed before it answers. */
  isAnswering = true;
  /** How many of the next sends are answered with `try_again`. */
  tryAgain = 0;
  /** The next send is refused for good. */
  refusal: RejectionReason | null = null;
  latencyMs = 20;

  readonly #random: () => number;
  readonly #isOwn = (message: Message): boolean => message.author.kind === "visitor";
  #wire: Wire | null = null;
  #queue: Due[] = [];
  #order = 0;
  #timers = new Map<string, Due>();

  constructor(random: () => number, known: Partial<Parameters<typeof initialClient>[0]> = {}) {
    this.#random = random;
    this.state = initialClient({ isOnline: true, isHidden: false, ...known });
  }

  event(event: ClientEvent): void {
    const { state, effects } = stepClient(this.state, event, { now: this.now, random: this.#random() }, this.#isOwn);
    this.state = state;
    for (const effect of effects) this.#run(effect);
  }

  send(clientId: string, text = clientId): void {
    this.event({ kind: "send", message: { clientId, text, attachments: [], createdAt: this.now } });
  }

  /** Somebody else writes, or this visitor in another tab. */
  serverWrites(kind: "agent" | "visitor" = "agent"): void {
    const message = this.#append(kind, `from ${kind} ${this.log.length + 1}`);
    this.#answer({ type: "message", message });
  }

  /** The delivery of a message changes, and nobody is told. */
  serverChanges(seq: number, delivery: Delivery): void {
    this.log.splice(0, this.log.length, ...this.log.map((message) => (message.seq === seq ? { ...message, delivery } : message)));
  }

  cut(code = 1006): void {
    const wire = this.#wire;
    if (!wire || wire.state === "cut") return;
    wire.state = "cut";
    this.event({ kind: "closed", connection: wire.connection, code });
  }

  silence(): void {
    if (this.#wire?.state === "open") this.#wire.state = "silent";
  }

  /** The page is loaded anew: memory is gone, the store remains. */
  reload(): void {
    this.#wire = null;
    this.#timers.clear();
    const unsent = [...this.store.values()].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
    this.state = initialClient({ isOnline: true, isHidden: false, unsent });
    this.event({ kind: "start" });
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#next(end);
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = end;
  }

  #next(end: number): Due | null {
    const all = [...this.#queue, ...this.#timers.values()].filter(({ at }) => at <= end);
    all.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = all[0] ?? null;
    if (next) this.#queue = this.#queue.filter((due) => due !== next);
    return next;
  }

  #at(at: number, run: () => void): Due {
    this.#order += 1;
    return { at, order: this.#order, run };
  }

  #run(effect: ClientEffect): void {
    switch (effect.kind) {
      case "connect":
        this.#connect(effect.connection);
        break;
      case "disconnect":
        this.#wire = null;
        break;
      case "transmit":
        this.#transmit(effect.text);
        break;
      case "set-timer": {
        const { name } = effect;
        const due = this.#at(this.now + effect.delayMs, () => {
          this.#timers.delete(name);
          this.event({ kind: "timer", name });
        });
        this.#timers.set(name, due);
        break;
      }
      case "clear-timer":
        this.#timers.delete(effect.name);
        break;
      case "store":
        this.store.set(effect.message.clientId, effect.message);
        break;
      case "unstore":
        this.store.delete(effect.clientId);
        break;
      case "notice":
        this.notices.push(effect.notice);
        if (effect.notice.kind === "acknowledged") this.acknowledged.push(effect.notice.clientId);
        break;
    }
  }

  #latency(): number {
    return this.latencyMs * (0.5 + this.#random());
  }

  #connect(connection: number): void {
    this.connects.push(this.now);
    const wire: Wire = { connection, state: "open", hasSaidHello: false, toServerAt: 0, toClientAt: 0 };
    this.#wire = wire;
    this.#queue.push(
      this.#at(this.now + this.#latency(), () => {
        if (this.#wire !== wire) return;
        if (this.isReachable) this.event({ kind: "opened", connection });
        else this.cut();
      }),
    );
  }

  #transmit(text: string): void {
    const wire = this.#wire;
    if (!wire) return;
    wire.toServerAt = Math.max(wire.toServerAt, this.now + this.#latency());
    this.#queue.push(this.#at(wire.toServerAt, () => wire.state === "open" && this.#receive(wire, text)));
  }

  #answer(frame: ServerFrame | "pong", wire = this.#wire): void {
    if (!wire || wire.state !== "open" || (frame !== "pong" && !wire.hasSaidHello)) return;
    wire.toClientAt = Math.max(wire.toClientAt, this.now + this.#latency());
    const text = frame === "pong" ? "pong" : JSON.stringify(frame);
    this.#queue.push(
      this.#at(wire.toClientAt, () => {
        if (wire.state !== "open" || this.#wire !== wire) return;
        this.event({ kind: "frame", connection: wire.connection, frame: parseServerFrame(text) });
      }),
    );
  }

  #receive(wire: Wire, text: string): void {
    if (text === "ping") {
      this.pings.push(this.now);
      return this.#answer("pong", wire);
    }
    // What the client makes is typed; the model needs no second guard.
    const frame: ClientFrame = JSON.parse(text);
    this.sentFrames.push(frame);
    if (frame.type === "hello") {
      wire.hasSaidHello = true;
      return this.#page(wire, frame.lastSeq, true);
    }
    if (frame.type === "send") this.#store(wire, frame);
  }

  #page(wire: Wire, lastSeq: number, isFirst: boolean): void {
    const rest = this.log.filter(({ seq }) => seq > lastSeq);
    const messages = rest.slice(0, PAGE);
    const more = rest.length > PAGE;
    if (isFirst) {
      const conversation = { id: "c", status: "open", hasEmail: false, readSeq: 0, visitorSeenSeq: 0, assignee: null } as const;
      this.#answer({ type: "welcome", conversation, presence: { isVisitorOnline: true, agents: [] }, messages, more }, wire);
    } else {
      this.#answer({ type: "messages", messages, more }, wire);
    }
    const last = messages.at(-1)?.seq ?? lastSeq;
    // Later, so that live messages overtake the pages.
    if (more)
      this.#queue.push(this.#at(this.now + this.#latency(), () => wire.state === "open" && this.#page(wire, last, false)));
  }

  #store(wire: Wire, frame: Extract<ClientFrame, { type: "send" }>): void {
    if (this.tryAgain > 0) {
      this.tryAgain -= 1;
      return this.#answer({ type: "rejected", clientId: frame.clientId, reason: "try_again" }, wire);
    }
    if (this.refusal) {
      const reason = this.refusal;
      this.refusal = null;
      return this.#answer({ type: "rejected", clientId: frame.clientId, reason }, wire);
    }
    const message = this.stored.get(frame.clientId) ?? this.#append("visitor", frame.text);
    this.stored.set(frame.clientId, message);
    if (this.isAnswering) this.#answer({ type: "message", message, clientId: frame.clientId }, wire);
    else this.cut();
  }

  #append(kind: "agent" | "visitor", text: string): Message {
    // Some numbers are notes, which visitors are never sent.
    const seq = (this.log.at(-1)?.seq ?? 0) + (this.#random() < 0.2 ? 2 : 1);
    const message: Message = { seq, id: `m${seq}`, at: this.now, author: { kind }, channel: "chat", text, attachments: [] };
    this.log.push(message);
    return message;
  }
}
