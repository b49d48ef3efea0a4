/**
 * How much visitors write (T10, T21): in one conversation by its own log, which needs no counter and outlives an eviction;
 * for the client and the deployment by allowances that a busy conversation asks for, so that ordinary chats ask nobody.
 */
import { describeError } from "../../worker/domain/error-text.ts";
import type { ConversationPorts } from "./ports.ts";
import type { Message } from "./protocol.ts";
import { Meter } from "./traffic.ts";

const HOUR_MS = 60 * 60_000;

/** Messages of everybody in one conversation beyond which a visitor's are refused. */
export const MESSAGES_PER_HOUR = 600;
export const MESSAGES_PER_DAY = 3_000;
/** UTF-16 code units that visitors write in one conversation; in memory, for the numbers above bound it as well. */
export const TEXT_OF_VISITORS = { burst: 400_000, perSecond: 2_000 };
/** A conversation with so many within an hour is busy: from then on its visitors' messages count for all. */
export const BUSY_MESSAGES_PER_HOUR = 60;
/** Units that a busy conversation asks for at once. */
export const UNITS_PER_ASKING = 50;
/** A message is one unit, and one more for each of these (UTF-16 code units). */
const TEXT_PER_UNIT = 2_000;
/** Ms after which a refusal is asked again. */
const REFUSED_MS = 60_000;

interface ReadableLog {
  findBySeq(seq: number): Pick<Message, "at"> | null;
}

export function unitsOf(text: string): number {
  return 1 + Math.floor(text.length / TEXT_PER_UNIT);
}

/** Whether the newest `count` messages all came within `windowMs`; reads one. */
export function hasManyWithin(
  log: ReadableLog,
  lastSeq: number,
  window: { count: number; windowMs: number; now: number },
): boolean {
  const first = lastSeq - window.count + 1;
  if (first < 1) return false;
  const at = log.findBySeq(first)?.at;
  return at !== undefined && at > window.now - window.windowMs;
}

export interface VisitorText {
  text: string;
  /** Of the conversation so far. */
  lastSeq: number;
  /** Names the client; never its address. */
  client: string;
  now: number;
}

export class VisitorMessages {
  readonly #log: ReadableLog;
  readonly #take: ConversationPorts["takeMessages"];
  readonly #text = new Meter(TEXT_OF_VISITORS);
  /** Units that were asked for and are not used up. */
  #units = 0;
  #isAsking = false;
  /** Epoch ms. */
  #refusedUntil = 0;

  constructor(log: ReadableLog, ports: Pick<ConversationPorts, "takeMessages">) {
    this.#log = log;
    this.#take = (asked) => ports.takeMessages(asked);
  }

  /** @returns false where it is too much: the visitor is to try again later */
  admit(message: VisitorText): boolean {
    const { text, lastSeq, now } = message;
    const isMany = (count: number, windowMs: number) => hasManyWithin(this.#log, lastSeq, { count, windowMs, now });
    if (isMany(MESSAGES_PER_HOUR, HOUR_MS) || isMany(MESSAGES_PER_DAY, 24 * HOUR_MS)) return false;
    if (!this.#text.take("visitors", text.length, now)) return false;
    return !isMany(BUSY_MESSAGES_PER_HOUR, HOUR_MS) || this.#spend(message);
  }

  /** Nothing is waited for (A4): while it asks, messages pass. */
  #spend({ text, client, now }: VisitorText): boolean {
    if (now < this.#refusedUntil) return false;
    this.#units -= unitsOf(text);
    if (this.#units <= 0 && !this.#isAsking) void this.#ask(client, now);
    return true;
  }

  async #ask(client: string, now: number): Promise<void> {
    this.#isAsking = true;
    // What was written while it asked is paid along.
    const units = UNITS_PER_ASKING - this.#units;
    try {
      const { isAllowed } = await this.#take({ client, units });
      this.#units = isAllowed ? this.#units + units : 0;
      if (!isAllowed) this.#refusedUntil = now + REFUSED_MS;
    } catch (error) {
      console.error(JSON.stringify({ level: "error", event: "messages_not_counted", ...describeError(error) }));
    } finally {
      this.#isAsking = false;
    }
  }
}
