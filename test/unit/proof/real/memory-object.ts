/**
 * A conversation in memory, without sockets: the product's rules decide, and their effects are carried out as
 * `message-log.ts` and `effect-runner.ts` do. Nothing here decides anything.
 */
import { widened } from "../../../../durable-objects/conversation/audience.ts";
import { catchUpFrames, type ReadableLog } from "../../../../durable-objects/conversation/catch-up.ts";
import type { Effect, Turn } from "../../../../durable-objects/conversation/effects.ts";
import { mailFactsOf, openedState, type MailFacts, type OpenRequest } from "../../../../durable-objects/conversation/intake.ts";
import { noteKeyOf, type MailPart } from "../../../../durable-objects/conversation/moves.ts";
import type { OutboxRow } from "../../../../durable-objects/conversation/outbox.ts";
import type { Message, ServerFrame } from "../../../../durable-objects/conversation/protocol.ts";
import {
  confirmedAddressOf,
  decideUse,
  isAdmitted,
  type SessionClaim,
} from "../../../../durable-objects/conversation/sessions.ts";
import type { ConversationState } from "../../../../durable-objects/conversation/state.ts";

/** Time and ids of one history. */
export interface Clock {
  /** Epoch ms. */
  now: number;
  newId: () => string;
}

export class MemoryObject {
  readonly id: string;
  readonly #clock: Clock;
  /** Called after something was stored. */
  readonly #onStored: (object: MemoryObject) => void;
  /** In the order of `seq`. */
  readonly #messages = new Map<number, { key: string; message: Message }>();
  state: ConversationState | null = null;
  outbox: OutboxRow[] = [];

  constructor(id: string, clock: Clock, onStored: (object: MemoryObject) => void) {
    this.id = id;
    this.#clock = clock;
    this.#onStored = onStored;
  }

  open(request: OpenRequest): void {
    if (this.state === null) this.#apply([{ kind: "state", state: openedState(request, this.#clock.now) }]);
  }

  /** Asks a rule and carries out what it decides. @throws Error where the conversation has not begun */
  decide<T extends { effects: Effect[] }>(rule: (turn: Turn) => T): T {
    const outcome = rule(this.turn());
    this.#apply(outcome.effects);
    return outcome;
  }

  /** @returns whether anything was decided */
  command(rule: (turn: Turn) => Effect[]): boolean {
    return this.decide((turn) => ({ effects: rule(turn) })).effects.length > 0;
  }

  turn(): Turn {
    const { state } = this;
    if (state === null) throw new Error(`conversation ${this.id} has not begun`);
    return {
      state,
      now: this.#clock.now,
      newId: this.#clock.newId,
      findByKey: (key) => this.#entries().find((entry) => entry.key === key)?.message ?? null,
      findBySeq: (seq) => this.findBySeq(seq),
      keyOf: (seq) => this.#messages.get(seq)?.key ?? null,
      // Nobody keeps a page open in a history: what is shown is what a new one is sent.
      isVisitorOnline: () => false,
      queuedReplies: () => this.outbox.filter((row) => row.isCancelledBySeen && row.state === "queued"),
    };
  }

  findBySeq(seq: number): Message | null {
    return this.#messages.get(seq)?.message ?? null;
  }

  /** The `limit` messages just before `seq`, ascending. */
  before(seq: number, limit: number): Message[] {
    return this.#all()
      .filter((message) => message.seq < seq)
      .slice(-limit);
  }

  mailFacts(): MailFacts | null {
    return this.state === null ? null : mailFactsOf(this.state);
  }

  /** As `message-log.ts` finds them. */
  mailParts(seq: number): MailPart[] {
    const entry = this.#messages.get(seq);
    if (entry?.message.mail?.ledgerId === undefined) return [];
    const noteKey = noteKeyOf(entry.key);
    const note = noteKey === entry.key ? undefined : this.#entries().find(({ key }) => key === noteKey);
    return note === undefined ? [entry] : [entry, note];
  }

  saveOutboxRow(row: OutboxRow): void {
    this.outbox = [...this.outbox.filter(({ seq }) => seq !== row.seq), row].sort((one, other) => one.seq - other.seq);
  }

  deleteOutboxRow(seq: number): void {
    this.outbox = this.outbox.filter((row) => row.seq !== seq);
  }

  /** All frames that a page with this token is sent, catching up from the beginning; null where the token is refused. */
  framesFor(claim: SessionClaim): ServerFrame[] | null {
    const { state } = this;
    const beginner = state?.beginner ?? null;
    if (state === null || beginner === null || !isAdmitted(state, claim)) return null;
    const confirmedFor = confirmedAddressOf(beginner, this.#clock.now);
    const view = {
      state,
      presence: { agents: [], isVisitorOnline: false },
      viewer: { kind: "session" as const, id: beginner.id, confirmedFor },
      agentId: null,
      lastSeq: 0,
      now: this.#clock.now,
    };
    return [...catchUpFrames(this.#log(), view)];
  }

  /** A token is used, by a page that connects or a request. @returns false where it is refused */
  use(claim: SessionClaim): boolean {
    if (this.state === null || !isAdmitted(this.state, claim)) return false;
    this.command((turn) => decideUse(turn, claim));
    return true;
  }

  #log(): ReadableLog {
    return {
      after: (seq, limit) =>
        this.#all()
          .filter((message) => message.seq > seq)
          .slice(0, limit),
      events: () => [],
      drafts: () => [],
    };
  }

  #entries(): MailPart[] {
    return [...this.#messages.values()];
  }

  #all(): Message[] {
    return this.#entries().map(({ message }) => message);
  }

  #apply(effects: readonly Effect[]): void {
    for (const effect of effects) this.#store(effect);
    if (effects.length > 0) this.#onStored(this);
  }

  #store(effect: Effect): void {
    switch (effect.kind) {
      case "insert":
        this.#messages.set(effect.message.seq, { key: effect.key, message: effect.message });
        break;
      case "update":
        this.#change(effect.message);
        break;
      case "state":
        this.state = effect.state;
        break;
      case "mail":
        this.saveOutboxRow({
          seq: effect.job.seq,
          to: effect.job.to,
          state: "queued",
          dueAt: effect.job.dueAt,
          attempts: 0,
          also: effect.job.also ?? [],
          isCancelledBySeen: effect.job.isCancelledBySeen ?? false,
          only: effect.job.only ?? null,
          isInsisted: effect.job.isInsisted ?? false,
        });
        break;
      case "cancel-mail":
        this.deleteOutboxRow(effect.seq);
        break;
      case "widen":
        // The twin of `WIDEN` in SQL.
        for (const message of this.#all())
          this.#change({ ...message, for: widened(message.for, effect.sessionId, effect.email) });
        break;
      default:
      // Told, not stored: a page is compared by what it is sent when it catches up.
    }
  }

  #change(message: Message): void {
    const before = this.#messages.get(message.seq);
    if (before !== undefined) this.#messages.set(message.seq, { ...before, message });
  }
}
