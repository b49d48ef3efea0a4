/**
 * The pure rules of the product, played in memory: `memory-object.ts` carries out what they decide about a conversation,
 * `memory-receiving.ts` and `memory-sending.ts` what they decide about mails. Time passes only where a step says so.
 */
import { decideAddress } from "../../../../durable-objects/conversation/addresses.ts";
import { decideBlocked, decideShutOut, decideStatus, decideUndo } from "../../../../durable-objects/conversation/commands.ts";
import type { SendRequest } from "../../../../durable-objects/conversation/core.ts";
import { decideDeliveryReport } from "../../../../durable-objects/conversation/delivery.ts";
import type { OpenRequest } from "../../../../durable-objects/conversation/intake.ts";
import type { Author } from "../../../../durable-objects/conversation/protocol.ts";
import { decideSeenByVisitor, decideVisitorLeft } from "../../../../durable-objects/conversation/unseen.ts";
import { uuid } from "../../../support/conversation-builders.ts";
import type { Token } from "../audience.ts";
import { ADDRESSES, otherOf, type Address, type SessionName } from "../world.ts";
import type { ConversationId, IncomingMail, LeftMail, OutgoingMail, ProofDriver, SessionView } from "./driver.ts";
import { MemoryBook } from "./memory-book.ts";
import type { Clock, MemoryObject } from "./memory-object.ts";
import { moveMails, partMails } from "./memory-moving.ts";
import { receive } from "./memory-receiving.ts";
import { leave, type Handed } from "./memory-sending.ts";
import { RULES_OF_PRODUCT, type PlayedRules } from "./played-rules.ts";
import { RulesSession } from "./rules-session.ts";

const START_AT = 1_800_000_000_000;
const DAY_MS = 24 * 60 * 60_000;
/** Ms, twice, in which one session is not used and the others are: more than the 90 days for which a level lasts. */
const HALF_UNUSED_MS = 46 * DAY_MS;
const UNDO_MS = 5_000;
const UNSEEN_MS = 60_000;
/** Newest messages among which unseen replies are looked for, as in `drain.ts`. */
const UNSEEN_LOOKS_MAX = 100;
/** A contact form on some site. */
const FORM = "no-reply@site.test";
const AGENT: Author = { kind: "agent", id: "ana", name: "Ana" };

/** A mail of ours that has left, as its readers have it. */
interface Left extends Handed {
  conversationId: string;
  messageId: string;
}

export class RulesDriver implements ProofDriver {
  #ids = 0;
  readonly #clock: Clock = { now: START_AT, newId: () => uuid((this.#ids += 1)) };
  readonly #rules: PlayedRules;
  readonly #book: MemoryBook;
  readonly #sessions = new Map<SessionName, RulesSession>();
  readonly #left: Left[] = [];
  /** The last mail of a conversation that was taken back or failed, and where it was to go. */
  readonly #failed = new Map<ConversationId, { seq: number; to: string }>();

  /** @param rules the product's, or some of them replaced */
  constructor(rules: PlayedRules = RULES_OF_PRODUCT) {
    this.#rules = rules;
    this.#book = new MemoryBook(this.#clock, rules);
  }

  begin(name: SessionName, word: string): ConversationId {
    const session = { id: this.#clock.newId(), origin: null };
    const object = this.#book.object(this.#clock.newId());
    const nothing = { visitor: null, contact: null, capture: null, subject: null, mail: null };
    const open: OpenRequest = { id: object.id, hasVisitor: true, session, ...nothing };
    object.open(open);
    this.#sessions.set(name, new RulesSession(object, session.id, this.#rules));
    this.chat(name, word);
    return object.id;
  }

  chat(name: SessionName, word: string): void {
    const session = this.#session(name);
    if (session.isAdmitted()) this.#send(session.object, { author: { kind: "visitor" }, channel: "chat", text: word });
  }

  type(name: SessionName, address: Address): void {
    const session = this.#session(name);
    if (session.isAdmitted()) session.object.command((turn) => this.#rules.decideTyped(turn, { email: emailOf(address) }));
  }

  seen(name: SessionName): boolean {
    const session = this.#session(name);
    const last = session.lastShown();
    if (!session.isAdmitted() || last <= session.object.turn().state.visitorSeenSeq) return false;
    return session.object.command((turn) => decideSeenByVisitor(turn, last));
  }

  askCode(name: SessionName, address: Address): void {
    this.#session(name).askCode(emailOf(address));
  }

  confirm({ of, address, by }: { of: SessionName; address: Address; by: SessionName | null }): void {
    // Without a token the request reaches no conversation.
    if (by !== null) this.#session(by).bring(this.#session(of).secretOf(emailOf(address)));
  }

  useToken(name: SessionName): void {
    this.#session(name).useNext();
  }

  endLevel(name: SessionName): void {
    this.#clock.now += HALF_UNUSED_MS;
    for (const [other, session] of this.#sessions) if (other !== name) session.isAdmitted();
    this.#clock.now += HALF_UNUSED_MS;
  }

  viewOf(name: SessionName, token: Token): SessionView | null {
    const frames = this.#session(name).framesFor(token);
    if (frames === null) return null;
    const welcome = frames.find((frame) => frame.type === "welcome");
    const status = welcome?.type === "welcome" ? welcome.conversation.status : "open";
    return { words: wordsIn(JSON.stringify(frames)), isComplete: status === "complete" };
  }

  receiveMail({ from, token, reference, shape, word }: IncomingMail): ConversationId | null {
    const email = emailOf(from);
    const had = this.#left.filter(({ to }) => to.includes(email));
    const answered = token === null ? null : this.#lastLeft(token, email);
    const referred = reference === null ? null : this.#lastLeft(reference, email);
    const recipient = answered?.to.includes(email) === true ? email : (answered?.to[0] ?? email);
    const at = receive(this.#book, {
      messageId: `${word}@customer.test`,
      from: email,
      cc: shape.hasCopy ? [emailOf(otherOf(from))] : [],
      replyTo: shape.hasForeignReplyTo ? emailOf(otherOf(from)) : null,
      isAutomatic: shape.automatic !== null,
      token: token === null ? null : { conversationId: token, recipient },
      inReplyTo: referred?.messageId ?? null,
      text: word,
      quoted: shape.isQuoting ? wordsIn(JSON.stringify(had)).join(" ") : "",
    });
    return at?.conversationId ?? null;
  }

  receiveForm(replyTo: Address, word: string): ConversationId | null {
    const at = receive(this.#book, {
      messageId: `${word}@site.test`,
      from: FORM,
      cc: [],
      replyTo: emailOf(replyTo),
      isAutomatic: false,
      token: null,
      inReplyTo: null,
      text: word,
      quoted: "",
    });
    return at?.conversationId ?? null;
  }

  bounce(where: ConversationId): void {
    const object = this.#book.object(where);
    const recipient = object.state?.address?.email ?? "";
    const report = { kind: "refused" as const, recipient, reason: "There is no such mailbox." };
    for (const { conversationId, to, seq } of this.#left)
      if (conversationId === where && to.includes(recipient)) object.command((turn) => decideDeliveryReport(turn, seq, report));
  }

  reply(name: SessionName, word: string): void {
    this.#send(this.#session(name).object, { author: AGENT, channel: "chat", text: word, unseenMs: UNSEEN_MS });
  }

  replyByMail({ where, seen, copy, word }: OutgoingMail): boolean {
    const copies = copy === null ? {} : { cc: [emailOf(copy)] };
    const mail = { author: AGENT, channel: "email" as const, text: word, to: [emailOf(seen)], undoMs: UNDO_MS, ...copies };
    return this.#send(this.#book.object(where), mail);
  }

  /** One mail waits at a time, as in the model; time that would change nothing does not pass. */
  mailUnseen(name: SessionName): boolean {
    const { object } = this.#session(name);
    if (object.outbox.length > 0) return false;
    object.command((turn) => decideVisitorLeft(turn, turn.now));
    this.#clock.now += DAY_MS;
    const replies = object
      .before(Number.MAX_SAFE_INTEGER, UNSEEN_LOOKS_MAX)
      .filter(({ seq }) => seq > object.turn().state.visitorSeenSeq);
    const effects = this.#rules.decideUnseen(object.turn(), replies);
    return effects.some(({ kind }) => kind === "mail") && object.command(() => effects);
  }

  leave(where: ConversationId): LeftMail | null {
    const object = this.#book.object(where);
    this.#clock.now += UNDO_MS;
    const [row] = object.outbox;
    const handed = leave(this.#book, object);
    if (handed === null) {
      if (row !== undefined) this.#failed.set(where, { seq: row.seq, to: row.to ?? "" });
      return null;
    }
    const messageId = object.findBySeq(handed.seq)?.id ?? "";
    this.#left.push({ ...handed, conversationId: where, messageId });
    return {
      to: ADDRESSES.filter((address) => handed.to.includes(emailOf(address))),
      words: wordsIn(JSON.stringify(handed.messages.map(({ text }) => text))),
    };
  }

  undo(where: ConversationId): boolean {
    const object = this.#book.object(where);
    const [row] = object.outbox;
    if (row === undefined || object.decide((turn) => decideUndo(turn, row.seq)).refusal !== null) return false;
    this.#failed.set(where, { seq: row.seq, to: row.to ?? "" });
    return true;
  }

  /** The agent sees the address that it was to go to. */
  retry(where: ConversationId): boolean {
    const failed = this.#failed.get(where);
    if (failed === undefined) return false;
    const { effects } = this.#book.object(where).decide((turn) => this.#rules.decideMailMessage(turn, failed.seq, failed.to));
    return effects.length > 0;
  }

  addressOf(where: ConversationId): Address | null {
    const email = this.#book.object(where).state?.address?.email;
    return ADDRESSES.find((address) => emailOf(address) === email) ?? null;
  }

  replaceAddress(where: ConversationId): void {
    const object = this.#book.object(where);
    const email = object.state?.beginner?.given.at(-1);
    if (email !== undefined) object.command((turn) => decideAddress(turn, { email }, AGENT));
  }

  part(where: ConversationId): ConversationId | null {
    const email = this.#book.object(where).state?.address?.email;
    return email === undefined ? null : partMails(this.#book, { from: where, email, actor: AGENT });
  }

  move({ from, to, author }: { from: ConversationId; to: ConversationId | null; author: Address }): ConversationId | null {
    return moveMails(this.#book, { from, to, email: emailOf(author), actor: AGENT });
  }

  merge(): boolean {
    throw new Error("the product merges nothing");
  }

  /** The browser alone; where the address is shown to be somebody's, the person, as in the address book. */
  block(where: ConversationId): void {
    const { state } = this.#book.object(where);
    const email = state?.address?.email ?? null;
    const isByMail = state !== null && state.beginner === null && state.form === null;
    const isTheirs = isByMail || this.#isConfirmed(where, email);
    const others = email !== null && isTheirs ? this.#book.blockContact(email) : [];
    this.#book.object(where).command((turn) => decideShutOut(turn, true));
    for (const id of others) this.#book.object(id).command((turn) => decideBlocked(turn, true));
  }

  complete(where: ConversationId): void {
    this.#book.object(where).command((turn) => decideStatus(turn, "complete", AGENT));
  }

  openLink(): void {
    throw new Error("the product has no live links");
  }

  #isConfirmed(where: ConversationId, email: string | null): boolean {
    return [...this.#sessions.values()].some(({ object, level }) => object.id === where && level() === email);
  }

  #send(object: MemoryObject, request: Omit<SendRequest, "clientId" | "attachments" | "undoMs"> & { undoMs?: number }): boolean {
    const clientId = this.#clock.newId();
    const whole = { undoMs: 0, ...request, clientId, attachments: [] };
    return (
      object.decide((turn) => {
        const outcome = this.#rules.decideSend(turn, whole);
        return outcome.kind === "rejected" ? { kind: outcome.kind, effects: [] } : outcome;
      }).kind === "stored"
    );
  }

  /** The newest mail of this conversation, that this address has if there is one. */
  #lastLeft(where: ConversationId, email: string): Left | null {
    const here = this.#left.filter(({ conversationId }) => conversationId === where);
    return here.findLast(({ to }) => to.includes(email)) ?? here.at(-1) ?? null;
  }

  /** @throws Error for a browser that has begun nothing */
  #session(name: SessionName): RulesSession {
    const session = this.#sessions.get(name);
    if (session === undefined) throw new Error(`${name} has begun no chat`);
    return session;
  }
}

function emailOf(address: Address): string {
  return `${address}customer.test`;
}

/** The words of a history that stand in a text. */
function wordsIn(text: string): string[] {
  return text.match(/\b(?:word-\d+|first-of-\w+)/g) ?? [];
}
