/**
 * The shell of a conversation: sockets (hibernating), the alarm and the calls of the Worker. It loads, asks the pure
 * rules and has their effects carried out; it decides nothing. Rules: SPEC.md.
 */
import { DurableObject } from "cloudflare:workers";
import { AlarmClock } from "./alarms.ts";
import { decideAddress, decideSomebodyElse, decideTyped } from "./addresses.ts";
import {
  decideAskToConfirm,
  decideAssign,
  decideAutomatic,
  decideBlocked,
  decideContact,
  decideMailMessage,
  decideRead,
  decideShutOut,
  decideStatus,
  decideStopCodes,
  decideUndo,
} from "./commands.ts";
import { decideDeliveryReport, type DeliveryReport } from "./delivery.ts";
import { Drain } from "./drain.ts";
import { EffectRunner } from "./effect-runner.ts";
import type { Effect, Turn } from "./effects.ts";
import { receiveFrame, type ReceiveParts } from "./receive-frame.ts";
import { receiveMessage } from "./receive-message.ts";
import { decideReceiveMail, mailFactsOf, openedState, type MailFacts, type OpenRequest, type ReceivedMail } from "./intake.ts";
import { mailedOf, type MailedMessage } from "./mailed.ts";
import { MessageLog } from "./message-log.ts";
import { decideMoveIn, decideMoveOut, type MailPart, type MoveIn, type MoveOut } from "./moves.ts";
import type { ConversationPorts, IndexRow } from "./ports.ts";
import { CLOSE_CODES, type Author, type ContactSummary, type Conversation, type Message, type Status } from "./protocol.ts";
import { decideSession, isAdmitted, type SessionAnswer, type SessionClaim, type SessionCommand } from "./sessions.ts";
import { closeSilent } from "./socket-room.ts";
import { Sockets, closeSocket } from "./sockets.ts";
import type { MailAnswer, PersonMessage, SendAnswer, ViewAnswer } from "./calls.ts";
import { acceptUpgrade } from "./upgrade.ts";
import { isForBeginner } from "./views.ts";
import { VisitorMessages } from "./visitor-messages.ts";
import { AgentWatch } from "./watch.ts";
import { withTimeout } from "./with-timeout.ts";

export abstract class ConversationObject extends DurableObject {
  readonly #log: MessageLog;
  readonly #sockets: Sockets;
  readonly #clock: AlarmClock;
  readonly #runner: EffectRunner;
  readonly #drain: Drain;
  readonly #watch: AgentWatch;
  readonly #receiving: ReceiveParts;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env, ports: ConversationPorts) {
    super(ctx, env);
    this.#log = new MessageLog(ctx.storage);
    this.#sockets = new Sockets(ctx);
    this.#watch = new AgentWatch(this.#sockets, ports);
    this.#clock = new AlarmClock(ctx.storage);
    const parts = { log: this.#log, sockets: this.#sockets, clock: this.#clock, ports };
    this.#runner = new EffectRunner({
      ...parts,
      projectAt: (now) => this.#drain.projectAt(now),
      onStored: ({ isFromSocket }) => ctx.waitUntil(isFromSocket ? this.#drain.soon() : this.#drain.run()),
    });
    this.#drain = new Drain({ ...parts, runner: this.#runner });
    this.#receiving = { ...parts, runner: this.#runner, visitorMessages: new VisitorMessages(this.#log, ports) };
    void ctx.blockConcurrencyWhile(() => this.#clock.load());
  }

  // Sockets

  override async fetch(request: Request): Promise<Response> {
    return acceptUpgrade(request, { sockets: this.#sockets, clock: this.#clock, state: this.#runner.state });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await receiveFrame(this.#receiving, socket, data);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    closeSocket(socket, 1000, "");
    this.#runner.leave(socket, { wasPutOut: code === CLOSE_CODES.notAllowed });
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#runner.leave(socket, { wasPutOut: false });
  }

  /** Alarms are lost after six throws: everything below catches, and the next one is set again. */
  override async alarm(): Promise<void> {
    this.#clock.rang();
    const work = this.#drain.run();
    // Not after that: a mail server that hangs keeps nobody in who has lost their role (T7).
    await this.#watch.look();
    await withTimeout(work, null);
    this.#runner.lookAtPresence();
    closeSilent({ sockets: this.#sockets, clock: this.#clock });
    const nextAt = this.#drain.nextAt(Date.now());
    if (nextAt !== null) this.#clock.wakeAt(nextAt);
  }

  // Calls of the Worker

  /** Begins the conversation, or does nothing where it has begun. */
  open(request: OpenRequest): void {
    if (this.#runner.state === null) this.#runner.apply([{ kind: "state", state: openedState(request, Date.now()) }]);
  }

  /** A person's message by HTTP. The same rules as by socket; one that is refused begins nothing. */
  async send(request: PersonMessage): Promise<SendAnswer> {
    return receiveMessage(this.#receiving, request);
  }

  /** A mail that the decision table has sent here; idempotent by its Message-ID. @returns the message it is */
  receiveMail(mail: ReceivedMail): Message {
    return this.#decideBegun(mail.open, (turn) => decideReceiveMail(turn, mail)).message;
  }

  /** What an inbound mail is here: its message and, of a forwarded one, the note above it. Empty where it is no mail. */
  mailParts(seq: number): MailPart[] {
    return this.#runner.state === null ? [] : this.#log.mailParts(seq);
  }

  /** @returns the message that the mail is here */
  async moveMailIn(input: MoveIn): Promise<Message> {
    const { message } = this.#decideBegun(input.open, (turn) => decideMoveIn(turn, input));
    await this.#drain.flush();
    return message;
  }

  async moveMailOut(input: MoveOut): Promise<boolean> {
    return this.#command((turn) => decideMoveOut(turn, input));
  }

  view(agentId: string, limit: number): ViewAnswer | null {
    const conversation = this.#runner.item();
    return conversation === null ? null : { conversation, ...this.#log.latest(agentId, limit) };
  }

  /** Null where there is no such conversation. */
  older(before: number | null, limit: number): Message[] | null {
    return this.#runner.state === null ? null : this.#log.before(before ?? Number.MAX_SAFE_INTEGER, limit);
  }

  findMessage(seq: number): Message | null {
    return this.#runner.state === null ? null : this.#log.findBySeq(seq);
  }

  /** @param seq the last message that was seen; without it, everything */
  async read(seq: number | null): Promise<boolean> {
    return this.#command((turn) => decideRead(turn, seq ?? turn.state.lastSeq));
  }

  async setStatus(status: Status, actor: Author): Promise<boolean> {
    return this.#command((turn) => decideStatus(turn, status, actor));
  }

  async assign(assignee: { id: string; name: string } | null, actor: Author): Promise<boolean> {
    return this.#command((turn) => decideAssign(turn, assignee, actor));
  }

  /** A visitor says their address. @returns false for a token that opens nothing here */
  async typeAddress(claim: SessionClaim, typed: { email: string; name?: string | undefined }): Promise<boolean> {
    const { state } = this.#runner;
    return state !== null && isAdmitted(state, claim) && this.#command((turn) => decideTyped(turn, typed));
  }

  /** An agent writes an address down, or lets it replace another. */
  async setAddress(given: { email: string; name?: string | undefined }, actor: Author): Promise<boolean> {
    return this.#command((turn) => decideAddress(turn, given, actor));
  }

  async takeAddressAway(email: string): Promise<boolean> {
    return this.#command((turn) => decideSomebodyElse(turn, email));
  }

  /** What a browser asks with its token; `refused` where that opens nothing here. */
  session(claim: SessionClaim, command: SessionCommand): SessionAnswer {
    const { state } = this.#runner;
    return state === null ? { kind: "refused" } : this.#carryOut(decideSession(this.#runner.turn(state), claim, command)).answer;
  }

  /** Whether a file came with a message that is for this browser. */
  mayOpenFile(claim: SessionClaim, attachmentId: string): boolean {
    const { state } = this.#runner;
    return state !== null && isAdmitted(state, claim) && isForBeginner(state, this.#log.findByFile(attachmentId), Date.now());
  }

  /** No code goes to this address from here any more. */
  async stopCodes(email: string): Promise<boolean> {
    return this.#command((turn) => decideStopCodes(turn, email));
  }

  askToConfirm(): MailAnswer {
    return this.#mailCommand(decideAskToConfirm);
  }

  /** @param correctedFrom the address in whose place an agent has put the contact's present one */
  async setContact(contact: ContactSummary, correctedFrom: string | null = null): Promise<boolean> {
    return this.#command((turn) => decideContact(turn, contact, correctedFrom));
  }

  /** With its contact, or by an agent's hand alone. */
  async setBlocked(isBlocked: boolean, by: "contact" | "hand" = "contact"): Promise<boolean> {
    return this.#command((turn) => (by === "hand" ? decideShutOut : decideBlocked)(turn, isBlocked));
  }

  /** Mails a chat message with its transcript (S20), or tries a failed mail again, to the address that its agent saw. */
  mailMessage(seq: number | null, seen: string | null = null): MailAnswer {
    return this.#mailCommand((turn) => decideMailMessage(turn, seq ?? turn.state.lastReply?.seq ?? 0, seen));
  }

  undo(seq: number): MailAnswer {
    return this.#mailCommand((turn) => decideUndo(turn, seq));
  }

  /** A bounce, a complaint, or what the platform says became of a mail. */
  async reportDelivery(seq: number, report: DeliveryReport): Promise<boolean> {
    return this.#command((turn) => decideDeliveryReport(turn, seq, report));
  }

  sendAutomatic(mail: { key: string; subject: string; text: string }): void {
    this.#runner.decide((turn) => decideAutomatic(turn, mail));
  }

  mailFacts(): MailFacts | null {
    return this.#runner.state === null ? null : mailFactsOf(this.#runner.state);
  }

  /** Mails of ours that a report may be about: that of this message, or the newest first. */
  mailed(seq: number | null): MailedMessage[] {
    return this.#runner.state === null ? [] : mailedOf(this.#runner.state, this.#log, seq);
  }

  /** The row that the index should have. */
  projection(): IndexRow | null {
    return this.#runner.projection();
  }

  item(): Conversation | null {
    return this.#runner.item();
  }

  async #command(rule: (turn: Turn) => Effect[]): Promise<boolean> {
    if (this.#runner.state === null) return false;
    this.#runner.decide(rule);
    await this.#drain.flush();
    return true;
  }

  #mailCommand(rule: (turn: Turn) => { effects: Effect[]; refusal: Exclude<MailAnswer, "unknown"> }): MailAnswer {
    const { state } = this.#runner;
    return state === null ? "unknown" : this.#carryOut(rule(this.#runner.turn(state))).refusal;
  }

  /** Of a conversation that begins with it, if it has not. */
  #decideBegun<T extends { effects: Effect[] }>(request: OpenRequest, rule: (turn: Turn) => T): T {
    this.open(request);
    return this.#carryOut(rule(this.#runner.turn(this.#runner.state ?? openedState(request, Date.now()))));
  }

  #carryOut<T extends { effects: Effect[] }>(outcome: T): T {
    this.#runner.apply(outcome.effects);
    return outcome;
  }
}
