/**
 * [A16] Whatever happens in whatever order: a browser in a chat is shown mailed words only of the address that it is
 * confirmed for, and hears nothing that a message which is not for it has caused. Seeded; over the real rules.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decideAddress, decideTyped } from "../../../durable-objects/conversation/addresses.ts";
import { beginnerViewer, isFor, widened } from "../../../durable-objects/conversation/audience.ts";
import { catchUpFrames } from "../../../durable-objects/conversation/catch-up.ts";
import * as commands from "../../../durable-objects/conversation/commands.ts";
import { decideFrame } from "../../../durable-objects/conversation/core.ts";
import { decideDeliveryReport } from "../../../durable-objects/conversation/delivery.ts";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import { decideReceiveMail } from "../../../durable-objects/conversation/intake.ts";
import { decideMoveOut } from "../../../durable-objects/conversation/moves.ts";
import type { Message, ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { decideSession, decideUse } from "../../../durable-objects/conversation/sessions.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import { conversationForVisitor, frameFor, messageFor } from "../../../durable-objects/conversation/views.ts";
import {
  NOW,
  SESSION,
  aMail,
  aState,
  aTurn,
  agentConnection,
  ana,
  uuid,
  visitorConnection,
} from "../../support/conversation-builders.ts";

const ADDRESSES = ["vera@customer.test", "leo@customer.test", "eve@evil.test"];
const address = fc.constantFrom(...ADDRESSES);
let sends = 0;
const PAGE = 3;

/** A conversation in memory, and the frames that its browser's socket is sent. */
class World {
  state: ConversationState = aState();
  messages = new Map<string, Message>();
  frames: (ServerFrame | Message)[] = [];

  turn(): Turn {
    return aTurn(this.state, [...this.messages]);
  }

  viewer() {
    return beginnerViewer(this.state, NOW);
  }

  apply(effects: Effect[], isFromVisitor = false): void {
    const before = this.state;
    for (const effect of effects) this.#store(effect);
    for (const effect of effects) this.#tell(effect, { before, isFromVisitor });
  }

  /** What a browser is shown that comes anew, and that comes back and says what it has. */
  welcome(): ServerFrame[] {
    return [0, 1, 4, 7].flatMap((lastSeq) => this.#welcomeFrom(lastSeq));
  }

  #welcomeFrom(lastSeq: number): ServerFrame[] {
    const viewer = this.viewer();
    if (viewer === null) return [];
    // Pages of three, so that what is not shown would move their ends.
    const all = [...this.messages.values()];
    const after = (seq: number, limit: number) => all.filter((one) => one.seq > seq).slice(0, Math.min(limit, PAGE));
    const log = { after, events: () => [], drafts: () => [] };
    const presence = { isVisitorOnline: true, agents: [] };
    return [...catchUpFrames(log, { state: this.state, presence, viewer, agentId: null, lastSeq, now: NOW })];
  }

  #store(effect: Effect): void {
    if (effect.kind === "insert") this.messages.set(effect.key, effect.message);
    else if (effect.kind === "state") this.state = effect.state;
    else if (effect.kind === "update" || effect.kind === "widen")
      for (const [key, message] of this.messages) {
        if (effect.kind === "widen")
          this.messages.set(key, { ...message, for: widened(message.for, effect.sessionId, effect.email) });
        else if (message.seq === effect.message.seq) this.messages.set(key, effect.message);
      }
  }

  /** As `effect-runner.ts` does. */
  #tell(effect: Effect, { before, isFromVisitor }: { before: ConversationState; isFromVisitor: boolean }): void {
    const viewer = this.viewer();
    if (viewer === null) return;
    const shown =
      effect.kind === "message"
        ? messageFor(viewer, effect.message)
        : effect.kind === "broadcast" && effect.isForAgents !== true
          ? frameFor(viewer, effect.frame)
          : effect.kind === "answer" && isFromVisitor
            ? frameFor(viewer, effect.frame)
            : effect.kind === "withdraw" && isFor(effect.message, viewer)
              ? { type: "withdrawn" as const, seqs: [effect.message.seq] }
              : effect.kind === "conversation"
                ? this.#conversationNews(before)
                : null;
    if (shown !== null) this.frames.push(shown);
  }

  #conversationNews(before: ConversationState): ServerFrame | null {
    const conversation = conversationForVisitor(this.state, NOW);
    if (JSON.stringify(conversation) === JSON.stringify(conversationForVisitor(before, NOW))) return null;
    return { type: "conversation", conversation };
  }
}

interface Action {
  name: string;
  run: (world: World) => Effect[];
  /** It is no act of the visitor, nor an agent's that is theirs to see: only a message that is for them may be told. */
  isQuiet?: boolean;
  isOfVisitor?: boolean;
}

const newId = (): string => uuid((sends += 1));

function agentSends(channel: "chat" | "email" | "note"): Action {
  return {
    name: `an agent's ${channel}`,
    isQuiet: channel !== "chat",
    run: (world) => {
      const text = channel === "email" ? `MAILED to ${world.state.address?.email ?? ""}` : channel;
      const frame = { type: "send" as const, clientId: newId(), text, channel };
      return decideFrame(world.turn(), { frame, connection: agentConnection(), attachments: [] });
    },
  };
}

const visitorFrame = (name: string, frame: () => Parameters<typeof decideFrame>[1]["frame"]): Action => ({
  name,
  isOfVisitor: true,
  run: (world) => decideFrame(world.turn(), { frame: frame(), connection: visitorConnection(), attachments: [] }),
});

/** A code was mailed to the address, comes back with the session's token, and the new token is used. */
function confirm(email: string): Action {
  return {
    name: `confirmed for ${email}`,
    isOfVisitor: true,
    run: (world) => {
      const claim = { sessionId: SESSION, generation: world.state.beginner?.generation ?? 0 };
      world.apply(decideSession(world.turn(), claim, { kind: "new-code", email, hash: "h" }).effects);
      world.apply(decideSession(world.turn(), claim, { kind: "try-code", hash: "h" }).effects);
      return decideUse(world.turn(), { ...claim, generation: claim.generation + 1 });
    },
  };
}

function mailFrom(email: string, over: Parameters<typeof aMail>[0]): Action {
  return {
    name: `a mail of ${email}`,
    isQuiet: true,
    run: (world) => {
      const mail = { ...over?.mail, from: { address: email } };
      const text = `MAILED by ${email}`;
      return decideReceiveMail(world.turn(), aMail({ ...over, messageId: newId(), author: { kind: "contact" }, text, mail }))
        .effects;
    },
  };
}

const seqs = fc.nat(14);
const command = (name: string, isQuiet: boolean, run: Action["run"]): Action => ({ name, isQuiet, run });
const keyAt = (world: World, seq: number) =>
  [...world.messages].find(([, message]) => message.seq === seq && message.mail !== undefined)?.[0];

const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom("chat" as const, "email" as const, "note" as const).map(agentSends),
  fc.constant(visitorFrame("the visitor writes", () => ({ type: "send", clientId: newId(), text: "chat" }))),
  seqs.map((seq) => visitorFrame("the visitor has seen", () => ({ type: "seen", seq }))),
  address.map((email): Action => ({ name: "types", isOfVisitor: true, run: (world) => decideTyped(world.turn(), { email }) })),
  address.map(confirm),
  fc
    .tuple(address, fc.boolean(), fc.constantFrom({}, { isNewPerson: true }, { isParticipant: true }, { isAutomatic: true }))
    .map(([email, isAnswer, mail]) => mailFrom(email, { isAnswer, mail, shouldReopen: !("isAutomatic" in mail) })),
  address.map((email) => command("an agent's click", false, (world) => decideAddress(world.turn(), { email }, ana))),
  fc
    .constantFrom("open" as const, "complete" as const)
    .map((status) => command("status", false, (world) => commands.decideStatus(world.turn(), status, ana))),
  seqs.map((seq) => command("read", false, (world) => commands.decideRead(world.turn(), seq))),
  seqs.map((seq) => command("undo", true, (world) => commands.decideUndo(world.turn(), seq).effects)),
  seqs.map((seq) => command("mailed again", true, (world) => commands.decideMailMessage(world.turn(), seq).effects)),
  seqs.map((seq) =>
    command("bounce", true, (world) =>
      decideDeliveryReport(world.turn(), seq, { kind: "refused", recipient: null, reason: "no" }),
    ),
  ),
  seqs.map((seq) =>
    command("moved away", true, (world) =>
      decideMoveOut(world.turn(), { keys: [keyAt(world, seq) ?? ""], to: { conversationId: uuid(99) }, move: 1, actor: ana }),
    ),
  ),
  address.map((email) =>
    command("the address book", true, (world) => commands.decideContact(world.turn(), { id: uuid(60), name: "Somebody", email })),
  ),
);

/** Whose mailed words a text is, by the text itself. */
function mayBeShown(text: string, confirmed: string | null): boolean {
  if (!text.startsWith("MAILED")) return true;
  return confirmed !== null && text.split(" ")[2] === confirmed;
}

const textsOf = (frames: readonly (ServerFrame | Message)[]): string[] =>
  frames.flatMap((frame) => {
    if ("text" in frame) return [frame.text];
    if (frame.type === "message") return [frame.message.text];
    return frame.type === "welcome" || frame.type === "messages" ? frame.messages.map(({ text }) => text) : [];
  });

test("[A16] [T2] [P6] [P7] in every order of events", () => {
  const told = { frames: 0, mailed: 0, quiet: 0 };
  fc.assert(
    fc.property(fc.array(actions, { maxLength: 40, size: "max" }), (sequence) => {
      const world = new World();
      for (const action of sequence) {
        const before = { frames: world.frames.length, welcome: JSON.stringify(world.welcome()), state: world.state };
        world.apply(action.run(world), action.isOfVisitor === true);
        const news = world.frames.slice(before.frames);
        const viewer = world.viewer();
        const confirmed = viewer?.kind === "session" ? viewer.confirmedFor : null;
        const texts = [...textsOf(news), ...textsOf(world.welcome())];
        for (const text of texts) expect([action.name, text, mayBeShown(text, confirmed)]).toEqual([action.name, text, true]);
        told.mailed += texts.filter((text) => text.startsWith("MAILED")).length;
        told.frames += news.length;
        // The conversation was given another address: by the book's word, which a claim had asked for.
        const isReplaced = before.state.address?.email !== world.state.address?.email;
        if (action.isQuiet !== true || textsOf(news).length > 0 || isReplaced) continue;
        const withdrawn = news.filter((frame) => "type" in frame && frame.type === "withdrawn");
        if (withdrawn.length > 0) continue;
        told.quiet += 1;
        expect([action.name, news]).toEqual([action.name, []]);
        expect([action.name, JSON.stringify(world.welcome())]).toEqual([action.name, before.welcome]);
      }
    }),
    { seed: 16, numRuns: 800 },
  );
  // It is no empty talk.
  expect(told.frames).toBeGreaterThan(1_000);
  expect(told.mailed).toBeGreaterThan(1_000);
  expect(told.quiet).toBeGreaterThan(2_000);
}, 60_000);
