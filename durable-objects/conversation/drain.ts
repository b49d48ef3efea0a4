/**
 * Carries out what a conversation owes the outside: its index row and list delta (projections), a typed address for the
 * address book, and mails. Every step may run twice (A5); nothing here makes an append wait (A4).
 */
import type { AlarmClock } from "./alarms.ts";
import { decideContact, delivered } from "./commands.ts";
import type { EffectRunner } from "./effect-runner.ts";
import type { Effect } from "./effects.ts";
import {
  EFFECT_TIMEOUT_MS,
  INTERRUPTED,
  PROJECT_INTERVAL_MS,
  RETRY_BASE_MS,
  RETRY_MAX_MS,
  backOffMs,
  dueRows,
  interruptedRows,
  nextDueAt,
  settleMail,
  type DeliveryResult,
  type OutboxRow,
} from "./outbox.ts";
import type { ConversationPorts } from "./ports.ts";
import type { MessageLog } from "./message-log.ts";
import { REFERENCES_MAX, type ConversationState } from "./state.ts";

/** Ms that an agent's command waits for the lists. */
const FLUSH_WAIT_MS = 300;
/** Messages handed to composition; it takes what fits into the transcript. */
const EARLIER_MESSAGES_MAX = 60;

export interface DrainParts {
  log: MessageLog;
  ports: ConversationPorts;
  clock: AlarmClock;
  runner: EffectRunner;
}

export class Drain {
  readonly #parts: DrainParts;
  readonly #mailing = new Set<number>();
  #projecting: Promise<void> | null = null;
  #isMailing = false;
  #lastProjectAt = 0;
  #failures = 0;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** Starts whatever is due; asks for an alarm for the rest. Never throws. */
  async run(): Promise<void> {
    await Promise.all([this.#project(), this.#sendMails()]);
  }

  /** When the next step is due, or null. */
  nextAt(now: number): number | null {
    const mailAt = nextDueAt(this.#parts.log.outbox());
    const projectAt = this.#isDirty() ? Math.max(now, this.#projectDueAt()) : null;
    if (mailAt === null || projectAt === null) return mailAt ?? projectAt;
    return Math.min(mailAt, projectAt);
  }

  #isDirty(): boolean {
    const state = this.#parts.runner.state;
    return state !== null && (state.revision > state.projectedRevision || state.capture !== null);
  }

  #projectDueAt(): number {
    if (this.#failures === 0) return this.#lastProjectAt + PROJECT_INTERVAL_MS;
    const limits = { baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS };
    return this.#lastProjectAt + backOffMs(this.#failures, limits, Math.random());
  }

  /**
   * Brings the lists up to date now, so that an agent's next look shows what they have just done. Gives up after a
   * moment: what is late catches up by itself.
   */
  async flush(): Promise<void> {
    const work = (this.#projecting ?? Promise.resolve()).then(() => this.#project({ isUrgent: true }));
    await Promise.race([work, scheduler.wait(FLUSH_WAIT_MS)]);
  }

  /** At most one write of the index a second and conversation: the first at once, the last of a burst by alarm. */
  async #project({ isUrgent } = { isUrgent: false }): Promise<void> {
    const isEarly = Date.now() < this.#lastProjectAt + PROJECT_INTERVAL_MS;
    if (this.#projecting !== null || !this.#isDirty() || (isEarly && !isUrgent)) return;
    this.#projecting = this.#projectOnce();
    await this.#projecting;
  }

  async #projectOnce(): Promise<void> {
    this.#lastProjectAt = Date.now();
    try {
      await this.#resolveCapture();
      const item = this.#parts.runner.item();
      const state = this.#parts.runner.state;
      if (item === null || state === null) return;
      const { ports } = this.#parts;
      await withTimeout(Promise.all([ports.saveIndex({ item, channel: state.channel }), ports.publish(item)]));
      this.#parts.runner.setProjected(item.revision);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      logFailure("projection", this.#parts.runner.state?.id, error);
    } finally {
      this.#projecting = null;
      if (this.#isDirty()) this.#parts.clock.wakeAt(this.#projectDueAt());
    }
  }

  /** Takes a typed address into the address book. Throws where that cannot be had now. */
  async #resolveCapture(): Promise<void> {
    const capture = this.#parts.runner.state?.capture ?? null;
    if (capture === null) return;
    const contact = await withTimeout(this.#parts.ports.resolveContact(capture));
    // Typed again while D1 was asked: the newer one is resolved by the next run.
    if (this.#parts.runner.state?.capture?.email === capture.email)
      this.#parts.runner.decide((turn) => decideContact(turn, contact));
  }

  async #sendMails(): Promise<void> {
    if (this.#isMailing) return;
    this.#isMailing = true;
    try {
      for (const row of interruptedRows(this.#parts.log.outbox(), this.#mailing)) this.#settle(row, INTERRUPTED);
      for (let row = this.#nextRow(); row !== undefined; row = this.#nextRow()) await this.#sendOne(row);
    } catch (error) {
      logFailure("mail", this.#parts.runner.state?.id, error);
    } finally {
      this.#isMailing = false;
    }
  }

  #nextRow(): OutboxRow | undefined {
    return dueRows(this.#parts.log.outbox(), Date.now())[0];
  }

  async #sendOne(row: OutboxRow): Promise<void> {
    const { log, ports } = this.#parts;
    const state = this.#parts.runner.state;
    const message = log.findBySeq(row.seq);
    if (state === null || message === null) return log.deleteOutboxRow(row.seq);
    this.#mailing.add(row.seq);
    // Written before the transport is called, so that a crash can never lead to a second mail (A5).
    log.saveOutboxRow({ ...row, state: "sending" });
    this.#parts.runner.apply(delivered(message, { ...message.delivery, state: "sending" }));
    let result: DeliveryResult;
    try {
      const earlier = log.before(row.seq, EARLIER_MESSAGES_MAX).filter((entry) => entry.channel !== "note");
      result = await withTimeout(ports.deliver({ state, message, earlier }), UNANSWERED);
    } catch (error) {
      logFailure("mail", state.id, error);
      result = { kind: "deferred", reason: "Hilo could not prepare this mail and tries again" };
    } finally {
      this.#mailing.delete(row.seq);
    }
    this.#settle(row, result);
  }

  #settle(row: OutboxRow, result: DeliveryResult): void {
    const { log } = this.#parts;
    const message = log.findBySeq(row.seq);
    if (message === null) return log.deleteOutboxRow(row.seq);
    const settled = settleMail(row, result, { now: Date.now(), random: Math.random() });
    if (settled.kind === "again") log.saveOutboxRow(settled.row);
    else log.deleteOutboxRow(row.seq);
    const to = settled.delivery.to ?? message.delivery?.to;
    const delivery = to === undefined ? settled.delivery : { ...settled.delivery, to };
    this.#parts.runner.apply([...delivered(message, delivery), ...learn(this.#parts.runner.state, settled)]);
    if (settled.kind === "again") this.#parts.clock.wakeAt(settled.row.dueAt);
  }
}

/** Our own mail's id joins the thread's references. */
function learn(state: ConversationState | null, settled: ReturnType<typeof settleMail>): Effect[] {
  if (state === null || state.mail === null || settled.kind !== "done" || settled.messageId === null) return [];
  const references = [...state.mail.references, settled.messageId];
  const kept =
    references.length > REFERENCES_MAX ? [...references.slice(0, 1), ...references.slice(1 - REFERENCES_MAX)] : references;
  return [{ kind: "state", state: { ...state, mail: { ...state.mail, references: kept } } }];
}

const UNANSWERED: DeliveryResult = {
  kind: "unknown",
  reason: "the mail server did not answer in time; it may or may not have been sent",
};

/** @param late what to answer instead of throwing when the time is up */
async function withTimeout<T>(work: Promise<T>, late?: T): Promise<T> {
  let timer: number | null = null;
  const timeout = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => (late === undefined ? reject(new Error("timed out")) : resolve(late)), EFFECT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function logFailure(effect: string, conversationId: string | undefined, error: unknown): void {
  console.error(JSON.stringify({ level: "error", event: "effect_failed", effect, conversationId, error: String(error) }));
}
