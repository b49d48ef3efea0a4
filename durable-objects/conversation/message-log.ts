/**
 * The conversation's SQLite: ordered messages, state, events, drafts and the outbox. Every write of one decision
 * happens in one transaction; nothing here decides anything.
 */
import * as v from "valibot";
import { canonicalAddress } from "../../worker/domain/address.ts";
import { assertNever } from "../../worker/domain/assert-never.ts";
import type { Effect } from "./effects.ts";
import { noteKeyOf, type MailPart } from "./moves.ts";
import type { OutboxRow } from "./outbox.ts";
import {
  conversationEventSchema,
  draftSchema,
  messageSchema,
  type ConversationEvent,
  type Draft,
  type Message,
} from "./protocol.ts";
import { SAY_WHOM_MESSAGES_ARE_FOR, WIDEN } from "./audience-sql.ts";
import { messageInOneSpelling } from "./spelling.ts";
import { conversationStateSchema, type ConversationState } from "./state.ts";

/** Only ever appended to: an object that slept through releases runs what it missed. */
const MIGRATIONS = [
  `CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL);
   CREATE TABLE messages (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
   CREATE TABLE events (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
   CREATE TABLE drafts (agent_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (agent_id, kind));
   CREATE TABLE outbox (seq INTEGER PRIMARY KEY, state TEXT NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL, also TEXT NOT NULL, is_cancelled_by_seen INTEGER NOT NULL);`,
  `ALTER TABLE outbox ADD COLUMN only_to TEXT;
   ALTER TABLE outbox ADD COLUMN is_insisted INTEGER NOT NULL DEFAULT 0;`,
  `ALTER TABLE outbox ADD COLUMN to_address TEXT;
   ${SAY_WHOM_MESSAGES_ARE_FOR}`,
  `CREATE TABLE mail_ids (seq INTEGER NOT NULL, to_address TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (seq, to_address));`,
];

const flagSchema = v.pipe(
  v.number(),
  v.transform((flag) => flag === 1),
);
const addressSchema = v.pipe(v.string(), v.transform(canonicalAddress));
const outboxRowSchema = v.object({
  seq: v.number(),
  state: v.picklist(["queued", "sending"]),
  due_at: v.number(),
  attempts: v.number(),
  also: v.pipe(v.string(), v.parseJson(), v.array(v.number())),
  is_cancelled_by_seen: flagSchema,
  only_to: v.nullable(v.pipe(v.string(), v.parseJson(), v.array(addressSchema))),
  is_insisted: flagSchema,
  to_address: v.nullable(addressSchema),
});
const valueSchema = v.object({ value: v.string() });

/** Events shown with a page: the newest ones. */
const EVENTS_MAX = 200;

export type StoredEffect = Extract<
  Effect,
  { kind: "insert" | "update" | "event" | "state" | "mail" | "cancel-mail" | "draft" | "widen" }
>;

const STORED = new Set<Effect["kind"]>(["insert", "update", "event", "state", "mail", "cancel-mail", "draft", "widen"]);

export function isStored(effect: Effect): effect is StoredEffect {
  return STORED.has(effect.kind);
}

export class MessageLog {
  readonly #storage: DurableObjectStorage;
  #isMigrated = false;
  /** A cache of the outbox, which every message asks for and few change (A6); null where it must be read. */
  #outbox: OutboxRow[] | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Null where this conversation has never begun: looking at it writes nothing. */
  loadState(): ConversationState | null {
    if (this.#one("SELECT name AS value FROM sqlite_master WHERE type = 'table' AND name = 'state'") === null) return null;
    this.#migrate();
    const row = this.#one("SELECT value FROM state WHERE id = 1");
    return row === null ? null : v.parse(conversationStateSchema, JSON.parse(row));
  }

  /** Carries out the stored effects of one decision, all or none. @returns stored events with their ids */
  store(effects: StoredEffect[]): ConversationEvent[] {
    // Outside of the transaction: its tables must not go away with a write that fails.
    this.#migrate();
    try {
      return this.#storage.transactionSync(() => effects.flatMap((effect) => this.#storeOne(effect) ?? []));
    } catch (error) {
      // What was read within has been taken back.
      this.#outbox = null;
      throw error;
    }
  }

  findByKey(key: string): Message | null {
    return this.#messages("SELECT value FROM messages WHERE key = ?", key)[0] ?? null;
  }

  findBySeq(seq: number): Message | null {
    return this.#messages("SELECT value FROM messages WHERE seq = ?", seq)[0] ?? null;
  }

  /** The message that a file came with, or null. */
  findByFile(id: string): Message | null {
    const found = this.#messages("SELECT value FROM messages WHERE instr(value, ?) > 0 ORDER BY seq DESC LIMIT 5", id);
    return found.find(({ attachments }) => attachments.some((attachment) => attachment.id === id)) ?? null;
  }

  keyOf(seq: number): string | null {
    return this.#one("SELECT key AS value FROM messages WHERE seq = ?", seq);
  }

  /** The message and the note that an inbound mail is, with their keys; empty where the message is no such mail. */
  mailParts(seq: number): MailPart[] {
    const message = this.findBySeq(seq);
    const key = message?.mail?.ledgerId === undefined ? null : this.keyOf(seq);
    if (message === null || key === null) return [];
    const noteKey = noteKeyOf(key);
    const note = noteKey === key ? null : this.findByKey(noteKey);
    return [{ key, message }, ...(note === null ? [] : [{ key: noteKey, message: note }])];
  }

  /**
   * Messages after `seq`, ascending.
   *
   * @param lengthMax UTF-16 code units of all of them as stored; the first is read whatever its length, what does not fit is not
   */
  after(seq: number, limit: number, lengthMax = Infinity): Message[] {
    const messages: Message[] = [];
    let length = 0;
    for (const row of this.#storage.sql.exec("SELECT value FROM messages WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)) {
      const { value } = v.parse(valueSchema, row);
      length += value.length;
      if (length > lengthMax && messages.length > 0) break;
      messages.push(parseMessage(value));
    }
    return messages;
  }

  /** The `limit` messages just before `seq`, ascending. */
  before(seq: number, limit: number): Message[] {
    return this.#messages("SELECT value FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ?", seq, limit).reverse();
  }

  events(): ConversationEvent[] {
    const rows = this.#all("SELECT value FROM events ORDER BY id DESC LIMIT ?", EVENTS_MAX);
    return rows.map((row) => v.parse(conversationEventSchema, JSON.parse(row))).reverse();
  }

  drafts(agentId: string): Draft[] {
    return this.#all("SELECT value FROM drafts WHERE agent_id = ?", agentId).map((row) => v.parse(draftSchema, JSON.parse(row)));
  }

  outbox(): OutboxRow[] {
    this.#outbox ??= this.#storage.sql
      .exec("SELECT * FROM outbox ORDER BY seq")
      .toArray()
      .map((row) => {
        const { due_at, is_cancelled_by_seen, only_to, is_insisted, to_address, ...rest } = v.parse(outboxRowSchema, row);
        const flags = { isCancelledBySeen: is_cancelled_by_seen, isInsisted: is_insisted };
        return { ...rest, ...flags, dueAt: due_at, only: only_to, to: to_address };
      });
    return this.#outbox;
  }

  saveOutboxRow(row: OutboxRow): void {
    this.#outbox = null;
    this.#storage.sql.exec(
      `INSERT OR REPLACE INTO outbox (seq, state, due_at, attempts, also, is_cancelled_by_seen, only_to, is_insisted, to_address)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.seq,
      row.state,
      row.dueAt,
      row.attempts,
      JSON.stringify(row.also),
      row.isCancelledBySeen ? 1 : 0,
      row.only === null ? null : JSON.stringify(row.only),
      row.isInsisted ? 1 : 0,
      row.to,
    );
  }

  /** What an agent's page of the thread begins with. */
  latest(
    agentId: string,
    limit: number,
  ): { messages: Message[]; hasOlder: boolean; events: ConversationEvent[]; drafts: Draft[] } {
    const messages = this.before(Number.MAX_SAFE_INTEGER, limit);
    return { messages, hasOlder: (messages[0]?.seq ?? 1) > 1, events: this.events(), drafts: this.drafts(agentId) };
  }

  deleteOutboxRow(seq: number): void {
    this.#outbox = null;
    this.#storage.sql.exec("DELETE FROM outbox WHERE seq = ?", seq);
  }

  /** What a message's mail to this address is called, at every try the same. @param made is kept where it has no name yet */
  mailId({ seq, to }: { seq: number; to: string }, made: string): string {
    this.#storage.sql.exec("INSERT OR IGNORE INTO mail_ids (seq, to_address, id) VALUES (?, ?, ?)", seq, to, made);
    return this.#one("SELECT id AS value FROM mail_ids WHERE seq = ? AND to_address = ?", seq, to) ?? made;
  }

  #storeOne(effect: StoredEffect): ConversationEvent | null {
    const { sql } = this.#storage;
    switch (effect.kind) {
      case "insert":
        this.#insert(effect.message, effect.key);
        return null;
      case "update":
        sql.exec("UPDATE messages SET value = ? WHERE seq = ?", JSON.stringify(effect.message), effect.message.seq);
        return null;
      case "state":
        sql.exec(
          "INSERT INTO state (id, value) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
          JSON.stringify(effect.state),
        );
        return null;
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
        return null;
      case "cancel-mail":
        this.deleteOutboxRow(effect.seq);
        return null;
      case "draft":
        this.#saveDraft(effect.agentId, effect.draft);
        return null;
      case "widen":
        sql.exec(WIDEN, effect.email, effect.sessionId, effect.email);
        return null;
      case "event": {
        const id = Number(this.#one("SELECT CAST(COALESCE(MAX(id), 0) + 1 AS TEXT) AS value FROM events"));
        const event = { id, ...effect.event };
        sql.exec("INSERT INTO events (id, value) VALUES (?, ?)", id, JSON.stringify(event));
        return event;
      }
      default:
        return assertNever(effect);
    }
  }

  #insert(message: Message, key: string): void {
    const { sql } = this.#storage;
    sql.exec("INSERT INTO messages (seq, key, value) VALUES (?, ?, ?)", message.seq, key, JSON.stringify(message));
  }

  #saveDraft(agentId: string, draft: Draft): void {
    const { sql } = this.#storage;
    if (draft.text === "") sql.exec("DELETE FROM drafts WHERE agent_id = ? AND kind = ?", agentId, draft.kind);
    else
      sql.exec(
        "INSERT OR REPLACE INTO drafts (agent_id, kind, value) VALUES (?, ?, ?)",
        agentId,
        draft.kind,
        JSON.stringify(draft),
      );
  }

  #migrate(): void {
    if (this.#isMigrated) return;
    const { sql } = this.#storage;
    sql.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)");
    const done = Number(this.#one("SELECT CAST(COALESCE(MAX(version), 0) AS TEXT) AS value FROM migrations"));
    MIGRATIONS.slice(done).forEach((migration, index) => {
      sql.exec(migration);
      sql.exec("INSERT INTO migrations (version) VALUES (?)", done + index + 1);
    });
    this.#isMigrated = true;
  }

  #one(query: string, ...bindings: (string | number)[]): string | null {
    return this.#all(query, ...bindings)[0] ?? null;
  }

  #messages(query: string, ...bindings: (string | number)[]): Message[] {
    return this.#all(query, ...bindings).map(parseMessage);
  }

  #all(query: string, ...bindings: (string | number)[]): string[] {
    return this.#storage.sql
      .exec(query, ...bindings)
      .toArray()
      .map((row) => v.parse(valueSchema, row).value);
  }
}

function parseMessage(value: string): Message {
  return messageInOneSpelling(v.parse(messageSchema, JSON.parse(value)));
}
