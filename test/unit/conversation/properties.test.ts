/** Whatever is sent, in whatever order: the rules of the log and of what visitors see hold. Seeded. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decideTyped } from "../../../durable-objects/conversation/addresses.ts";
import * as commands from "../../../durable-objects/conversation/commands.ts";
import { decideDeliveryReport } from "../../../durable-objects/conversation/delivery.ts";
import type { Connection } from "../../../durable-objects/conversation/connection.ts";
import { decideFrame } from "../../../durable-objects/conversation/core.ts";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import { decideReceiveMail } from "../../../durable-objects/conversation/intake.ts";
import type { ClientFrame, Message, ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { isUnread, type ConversationState } from "../../../durable-objects/conversation/state.ts";
import {
  conversationForAgents,
  conversationForVisitor,
  frameFor,
  messageFor,
  messagesFor,
} from "../../../durable-objects/conversation/views.ts";
import {
  NOW,
  aMail,
  aState,
  aTurn,
  aViewer,
  agentConnection,
  ana,
  uuid,
  visitorConnection,
} from "../../support/conversation-builders.ts";

/** A conversation in memory: stores what is decided, and keeps what a visitor's socket would be sent. */
class Model {
  state: ConversationState = aState();
  messages = new Map<string, Message>();
  shown: unknown[] = [];
  revisions: number[] = [];

  turn(): Turn {
    return aTurn(this.state, [...this.messages]);
  }

  apply(effects: Effect[], sender: Connection | null): void {
    for (const effect of effects) this.#store(effect);
    for (const effect of effects) this.#tell(effect, sender);
    this.revisions.push(this.state.revision);
  }

  #store(effect: Effect): void {
    if (effect.kind === "insert") {
      expect(this.messages.has(effect.key)).toBe(false);
      this.messages.set(effect.key, effect.message);
    } else if (effect.kind === "update") {
      const key = [...this.messages].find(([, { seq }]) => seq === effect.message.seq)?.[0];
      expect(key).toBeDefined();
      this.messages.set(key ?? "", effect.message);
    } else if (effect.kind === "state") this.state = effect.state;
  }

  #tell(effect: Effect, sender: Connection | null): void {
    const show = (frame: ServerFrame): unknown => this.shown.push(frameFor(aViewer(), frame));
    if (effect.kind === "message") this.shown.push(messageFor(aViewer(), effect.message));
    else if (effect.kind === "broadcast" && effect.isForAgents !== true) show(effect.frame);
    else if (effect.kind === "answer" && sender?.kind !== "agent") show(effect.frame);
    else if (effect.kind === "conversation") this.shown.push(conversationForVisitor(this.state, NOW));
    else if (effect.kind === "catch-up") this.shown.push(messagesFor(aViewer(), [...this.messages.values()]));
  }
}

const SECRET = "secret";
const words = fc.constantFrom("", " ", "Hello", "Two\nlines");
const seqs = fc.nat(12);
const clientIds = fc.integer({ min: 1, max: 20 }).map(uuid);

const channels = fc.constantFrom("chat" as const, "email" as const, "note" as const);
const visitorFrames = fc.oneof(
  fc.record({ type: fc.constant("send" as const), clientId: clientIds, text: words, channel: channels }),
  fc.record({ type: fc.constant("seen" as const), seq: seqs }),
  fc.record({ type: fc.constant("undo" as const), seq: seqs }),
  fc.constant({ type: "typing" as const }),
  fc.record({ type: fc.constant("hello" as const), lastSeq: seqs }),
);
const agentFrames = fc.oneof(
  visitorFrames,
  // What agents write in notes and mails' subjects must never reach a visitor.
  fc.record({
    type: fc.constant("send" as const),
    clientId: clientIds,
    text: fc.constant(SECRET),
    channel: fc.constant("note" as const),
  }),
  fc.record({
    type: fc.constant("send" as const),
    clientId: clientIds,
    text: fc.constant(SECRET),
    channel: fc.constant("email" as const),
    subject: fc.constant(SECRET),
    ifLastSeq: seqs,
  }),
  fc.record({ type: fc.constant("draft" as const), kind: fc.constant("reply" as const), text: fc.constant(SECRET) }),
);
const connections = fc.constantFrom(
  agentConnection(),
  agentConnection({ agentId: "ben", name: "Ben", undoMs: 5_000, unseenMs: 60_000 }),
  agentConnection({ agentId: "vera", name: "Vera", role: "viewer" }),
);

type Action = (model: Model) => void;

function frameAction(connection: Connection, frame: ClientFrame): Action {
  return (model) => {
    model.apply(decideFrame(model.turn(), { frame, connection, attachments: [] }), connection);
  };
}

const command =
  (decide: (turn: Turn) => Effect[]): Action =>
  (model) =>
    model.apply(decide(model.turn()), null);
const secretContact = { id: uuid(50), name: SECRET, email: `${SECRET}@customer.test` };

const actions: fc.Arbitrary<Action> = fc.oneof(
  visitorFrames.map((frame) => frameAction(visitorConnection(), frame)),
  fc.tuple(connections, agentFrames).map(([connection, frame]) => frameAction(connection, frame)),
  fc
    .constantFrom("open" as const, "complete" as const)
    .map((status) => command((turn) => commands.decideStatus(turn, status, ana))),
  fc.constantFrom(null, { id: "ben", name: "Ben" }).map((who) => command((turn) => commands.decideAssign(turn, who, ana))),
  seqs.map((seq) => command((turn) => commands.decideRead(turn, seq))),
  seqs.map((seq) => command((turn) => commands.decideMailMessage(turn, seq).effects)),
  seqs.map((seq) => command((turn) => decideDeliveryReport(turn, seq, { kind: "refused", recipient: null, reason: SECRET }))),
  fc.constant(command((turn) => commands.decideContact(turn, secretContact))),
  fc.constant(command((turn) => decideTyped(turn, { email: `typed-${SECRET}@customer.test` }))),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.boolean()).map(([id, isNewPerson, shouldReopen]) =>
    command(
      (turn) =>
        decideReceiveMail(
          turn,
          aMail({
            messageId: `${id}@customer.test`,
            author: { kind: "contact", name: SECRET },
            subject: SECRET,
            html: SECRET,
            quoted: SECRET,
            text: SECRET,
            mail: { isNewPerson, from: { address: `${SECRET}@customer.test` } },
            shouldReopen,
          }),
        ).effects,
    ),
  ),
);

test("[A2] [A3] [P6] any sequence of frames and commands keeps the log and the visitor's view sound", () => {
  let written = 0;
  fc.assert(
    fc.property(fc.array(actions, { maxLength: 60, size: "max" }), (sequence) => {
      const model = new Model();
      for (const act of sequence) {
        const before = model.state;
        act(model);
        const after = model.state;
        expect(after.readSeq).toBeGreaterThanOrEqual(before.readSeq);
        expect(after.visitorSeenSeq).toBeGreaterThanOrEqual(before.visitorSeenSeq);
        if (after.status === "complete" && before.status === "open") expect(isUnread(after)).toBe(false);
      }
      const { state, messages } = model;
      const seqsStored = [...messages.values()].map(({ seq }) => seq);
      expect(seqsStored).toEqual(seqsStored.map((_, index) => index + 1));
      expect(state.lastSeq).toBe(seqsStored.length);
      expect(state.lastMessage?.seq ?? 0).toBe(state.lastSeq);
      for (const seq of [state.readSeq, state.visitorSeenSeq, state.lastInboundSeq, state.lastReply?.seq ?? 0])
        expect(seq).toBeLessThanOrEqual(state.lastSeq);
      expect(model.revisions).toEqual([...model.revisions].sort((a, b) => a - b));
      expect(JSON.stringify(model.shown)).not.toMatch(/secret|customer\.test|"id":"(?:ana|ben|vera)"|"note"|"delivery"|"mail"/);
      written += seqsStored.length;
    }),
    { seed: 7, numRuns: 600 },
  );
  // The sequences are no empty talk.
  expect(written).toBeGreaterThan(1_000);
});

/** The state as the lists show it. */
function listed(state: ConversationState): string {
  return JSON.stringify({ ...conversationForAgents(state, { isVisitorOnline: false, now: NOW }), revision: 0 });
}

test("every change of what the lists show raises the revision", () => {
  fc.assert(
    fc.property(fc.array(actions, { maxLength: 40, size: "max" }), (sequence) => {
      const model = new Model();
      for (const act of sequence) {
        const before = model.state;
        act(model);
        if (listed(model.state) !== listed(before)) expect(model.state.revision).toBeGreaterThan(before.revision);
      }
    }),
    { seed: 11, numRuns: 200 },
  );
});
