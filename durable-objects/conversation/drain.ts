/**
 * Carries out what a conversation owes the outside: its index row and list delta (projections), a typed address for the
 * address book, and mails. Every step may run twice (A5); nothing here makes an append wait (A4).
 */
import { describeError } from "../../worker/domain/error-text.ts";
import type { AlarmClock } from "./alarms.ts";
import { askAddressBook, hasQuestions } from "./address-book.ts";
import { levelFor } from "./addresses.ts";
import { mayTravelTo } from "./audience.ts";
import { recipientsOf } from "./copies.ts";
import { delivered } from "./delivery.ts";
import type { EffectRunner } from "./effect-runner.ts";
import { addressOfRow, decideLeft, decideLeaving } from "./leaving.ts";
import {
  EFFECT_TIMEOUT_MS,
  INTERRUPTED,
  PROJECT_ALARM_MS,
  PROJECT_DELAY_MS,
  PROJECT_INTERVAL_MS,
  projectIntervalMs,
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
import type { ConversationPorts, MailToDeliver } from "./ports.ts";
import { ADDRESS_CHANGED_REASON, type Delivery, type Message } from "./protocol.ts";
import type { MessageLog } from "./message-log.ts";
import { decideUnseen } from "./unseen.ts";
import { isMovedAway, isTakenBack } from "./views.ts";
import { withTimeout } from "./with-timeout.ts";

const RETRY_LIMITS = { baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS };
/** Ms that an agent's command waits for the lists. */
const FLUSH_WAIT_MS = 300;
/** Messages handed to composition; it takes what fits into the transcript. */
const EARLIER_MESSAGES_MAX = 60;
/** Newest messages among which replies are looked for that nobody has seen. */
const UNSEEN_LOOKS_MAX = 100;

type MailContent = Pick<MailToDeliver, "also" | "earlier" | "theirWords">;

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
  /** Writes the lists again when the interval is over. */
  #projectTimer: ReturnType<typeof setTimeout> | null = null;
  #isMailing = false;
  /** Epoch ms before which the lists are not written again: the coalescing interval, or a failure's back-off. */
  #projectAgainAt = 0;
  /** Writes of the lists that followed each other without a pause. */
  #streak = 0;
  #failures = 0;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** Like `run`, but the lists a moment later, so that who waits at a socket is answered first. Never throws. */
  async soon(): Promise<void> {
    this.#projectLater();
    await this.#sendMails();
  }

  /** Starts whatever is due; asks for an alarm for the rest. Never throws. */
  async run(): Promise<void> {
    try {
      this.#lookForUnseen();
    } catch (error) {
      logFailure("unseen", this.#parts.runner.state?.id, error);
    }
    await Promise.all([this.#project(), this.#sendMails()]);
  }

  /** When the object must be awake again, or null. What is under way is looked at again when it must have ended. */
  nextAt(now: number): number | null {
    const lateAt = now + EFFECT_TIMEOUT_MS;
    const mailAt = this.#isMailing ? lateAt : this.#nextMailAt(now);
    const projectAt = this.#projecting === null ? this.#nextProjectAt(now) : lateAt;
    const unseenAt = this.#parts.runner.state?.unseen.dueAt ?? null;
    const times = [mailAt, projectAt, unseenAt].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** What is due is under way; where it still is not, something broke, and trying at once would only spin. */
  #nextMailAt(now: number): number | null {
    const dueAt = nextDueAt(this.#parts.log.outbox());
    return dueAt !== null && dueAt <= now ? now + RETRY_BASE_MS : dueAt;
  }

  /**
   * When a change of this instant will be in the lists at the latest, if nothing fails: the alarm of its commit. While the
   * object lives a timer is quicker; the alarm is for a crash, and rings once in a while however many messages come.
   */
  projectAt(now: number): number {
    return Math.max(now + PROJECT_ALARM_MS, this.#projectAgainAt);
  }

  #nextProjectAt(now: number): number | null {
    return this.#isDirty() ? this.projectAt(now) : null;
  }

  #isDirty(): boolean {
    const state = this.#parts.runner.state;
    return state !== null && (state.revision > state.projectedRevision || hasQuestions(state));
  }

  /**
   * Brings the lists up to date now, so that an agent's next look shows what they have just done. Gives up after a
   * moment: what is late catches up by itself.
   */
  async flush(): Promise<void> {
    const work = (this.#projecting ?? Promise.resolve()).then(() => this.#project({ isUrgent: true }));
    await Promise.race([work, scheduler.wait(FLUSH_WAIT_MS)]);
  }

  /** Few writes of the index: the first at once, then one a second, rarer while a burst goes on. */
  async #project({ isUrgent } = { isUrgent: false }): Promise<void> {
    if (this.#projecting !== null || !this.#isDirty()) return;
    if (Date.now() < this.#projectAgainAt && !isUrgent) return this.#projectLater();
    this.#projecting = this.#projectOnce();
    await this.#projecting;
  }

  #projectLater(): void {
    // After a failure it is the alarm's: nothing stays awake for that.
    if (this.#projectTimer !== null || this.#projecting !== null || this.#failures > 0 || !this.#isDirty()) return;
    this.#projectTimer = setTimeout(
      () => {
        this.#projectTimer = null;
        void this.#project();
      },
      Math.max(PROJECT_DELAY_MS, this.#projectAgainAt - Date.now()),
    );
  }

  async #projectOnce(): Promise<void> {
    const startedAt = Date.now();
    this.#streak = startedAt - this.#projectAgainAt < PROJECT_INTERVAL_MS ? this.#streak + 1 : 0;
    this.#projectAgainAt = startedAt + projectIntervalMs(this.#streak);
    // An address that the book does not take must not keep the lists from the rest.
    const isDone = [
      ...(await askAddressBook(this.#parts, (effect, work) => this.#attempt(effect, work))),
      await this.#attempt("projection", () => this.#saveLists()),
    ];
    this.#projecting = null;
    this.#failures = isDone.includes(false) ? this.#failures + 1 : 0;
    if (this.#failures > 0) this.#projectAgainAt = startedAt + backOffMs(this.#failures, RETRY_LIMITS, Math.random());
    if (this.#failures > 0 && this.#isDirty()) this.#parts.clock.wakeAt(this.#projectAgainAt);
    this.#projectLater();
  }

  async #attempt(effect: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      logFailure(effect, this.#parts.runner.state?.id, error);
      return false;
    }
  }

  async #saveLists(): Promise<void> {
    const { ports, runner } = this.#parts;
    const row = runner.projection();
    if (row === null) return;
    await withTimeout(Promise.all([ports.saveIndex(row), ports.publish(row.item)]));
    runner.setProjected(row.item.revision);
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
      const nextAt = this.#nextMailAt(Date.now());
      if (nextAt !== null) this.#parts.clock.wakeAt(nextAt);
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
    const to = addressOfRow(row, state, message);
    // It goes to whom its agent saw, or nowhere (T4).
    if (to === null) return this.#settle(row, { kind: "refused", reason: ADDRESS_CHANGED_REASON });
    this.#mailing.add(row.seq);
    // Should this very process end now, the alarm finds what it left.
    this.#parts.clock.wakeAt(Date.now() + EFFECT_TIMEOUT_MS);
    // Written before the transport is called, so that a crash can never lead to a second mail (A5).
    log.saveOutboxRow({ ...row, state: "sending" });
    // Nobody but its readers may know it: whoever names it has had the mail (O6).
    const mailId = log.mailId({ seq: row.seq, to }, crypto.randomUUID());
    // Who has it already sees no change while the others are tried.
    if (row.only === null) this.#show(row, { ...message.delivery, state: "sending" });
    this.#parts.runner.decide((turn) => decideLeaving(turn, { row, message, to }));
    const { only, isInsisted, isCancelledBySeen: isUnseen } = row;
    const level = levelFor(state, to, Date.now());
    let result: DeliveryResult;
    try {
      const content = this.#withIt(row, { state, to, message });
      const mail = { state, message, mailId, to, level, ...content, only, isInsisted, isUnseen };
      result = await withTimeout(ports.deliver(mail), UNANSWERED);
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
    const settled = settleMail({ row, result, before: message.delivery, now: Date.now(), random: Math.random() });
    if (settled.kind === "again") log.saveOutboxRow(settled.row);
    else log.deleteOutboxRow(row.seq);
    this.#show(row, settled.delivery);
    this.#parts.runner.decide((turn) => decideLeft(turn, settled, { row, message, result }));
  }

  /** The delivery of every message that travels in this mail. */
  #show(row: OutboxRow, delivery: Delivery): void {
    const { log, runner } = this.#parts;
    runner.apply(
      [...row.also, row.seq].flatMap((seq) => {
        const message = log.findBySeq(seq);
        return message === null ? [] : delivered(message, delivery);
      }),
    );
  }

  #withIt(row: OutboxRow, { state, to, message }: Pick<MailToDeliver, "state" | "to" | "message">): MailContent {
    const { log } = this.#parts;
    const recipients = recipientsOf(to, message);
    const also = row.also.flatMap((seq) => log.findBySeq(seq) ?? []);
    const lately = log.before(row.seq, EARLIER_MESSAGES_MAX);
    const earlier = lately.filter(
      (other) =>
        other.channel !== "note" &&
        !isTakenBack(other) &&
        !isMovedAway(other) &&
        !row.also.includes(other.seq) &&
        mayTravelTo(other, recipients, state),
    );
    return { also, earlier, theirWords: lately.filter(isTheirs).map(({ text }) => text) };
  }

  /** Chat replies whose time is up: mailed, unless they were seen. */
  #lookForUnseen(): void {
    const { log, runner } = this.#parts;
    const { state } = runner;
    if (state === null || state.unseen.dueAt === null || state.unseen.dueAt > Date.now()) return;
    const replies = log.before(Number.MAX_SAFE_INTEGER, UNSEEN_LOOKS_MAX).filter(({ seq }) => seq > state.visitorSeenSeq);
    runner.decide((turn) => decideUnseen(turn, replies));
  }
}

function isTheirs({ author }: Message): boolean {
  return author.kind === "visitor" || author.kind === "contact";
}

const UNANSWERED: DeliveryResult = {
  kind: "unknown",
  reason: "the mail server did not answer in time; it may or may not have been sent",
};

function logFailure(effect: string, conversationId: string | undefined, error: unknown): void {
  console.error(JSON.stringify({ level: "error", event: "effect_failed", effect, conversationId, ...describeError(error) }));
}
