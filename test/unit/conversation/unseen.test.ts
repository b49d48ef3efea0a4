import { describe, expect, it } from "vitest";
import { cancelUnneeded, decideSeenByVisitor, decideUnseen } from "../../../durable-objects/conversation/unseen.ts";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import { aMessage, aState, aTurn } from "../../support/conversation-builders.ts";

const agent = { kind: "agent", id: "ana", name: "Ana" } as const;
const contact = { id: "0190a000-0000-7000-8000-000000000001", name: "Vera", email: "vera@example.test" };
const replies = [2, 3].map((seq) => aMessage({ seq, author: agent, text: `reply ${seq}` }));

function aTurnWith(over: Parameters<typeof aState>[0], turn: Partial<Turn> = {}): Turn {
  const base = aTurn(
    aState({ contact, lastSeq: 3, visitorSeenSeq: 1, lastReply: { seq: 3, agentId: "ana" }, ...over }),
    replies.map((message) => [`agent:ana:${message.seq}`, message]),
  );
  return { ...base, ...turn };
}

const due = (turn: Turn) => ({ ...turn.state.unseen, dueAt: turn.now, afterMs: 120_000 });
const mailsOf = (effects: Effect[]) => effects.flatMap((effect) => (effect.kind === "mail" ? [effect.job] : []));
const stateOf = (effects: Effect[]) => effects.findLast((effect) => effect.kind === "state")?.state.unseen;

describe("[O11] a reply reaches the person", () => {
  it("mails several unseen replies once, in one mail, and says so on each of them", () => {
    const turn = aTurnWith({});
    turn.state.unseen = due(turn);
    const effects = decideUnseen(turn, replies);
    expect(mailsOf(effects)).toEqual([{ seq: 3, dueAt: turn.now, also: [2], isCancelledBySeen: true }]);
    expect(effects.flatMap((effect) => (effect.kind === "update" ? [effect.message.delivery] : []))).toEqual([
      { state: "queued", to: ["vera@example.test"] },
      { state: "queued", to: ["vera@example.test"] },
    ]);
    expect(stateOf(effects)).toMatchObject({ dueAt: null, mails: 1 });
  });

  it("waits while the visitor is there, and for as long again", () => {
    const turn = aTurnWith({}, { isVisitorOnline: () => true });
    turn.state.unseen = due(turn);
    const effects = decideUnseen(turn, replies);
    expect(mailsOf(effects)).toEqual([]);
    expect(stateOf(effects)).toMatchObject({ dueAt: turn.now + 120_000 });
  });

  it("mails nobody without an address", () => {
    const turn = aTurnWith({ contact: null });
    turn.state.unseen = due(turn);
    expect(mailsOf(decideUnseen(turn, replies))).toEqual([]);
  });

  it("[T1] mails an address that was only typed once, a proven one again", () => {
    const turn = aTurnWith({});
    turn.state.unseen = { ...due(turn), mails: 1 };
    expect(mailsOf(decideUnseen(turn, replies))).toEqual([]);
    turn.state.isAddressProven = true;
    expect(mailsOf(decideUnseen(turn, replies))).toHaveLength(1);
  });

  it("[T16] takes a mail back that is not needed any more, without counting it", () => {
    const turn = aTurnWith(
      { unseen: { dueAt: null, afterMs: 120_000, mails: 1 } },
      { queuedReplies: () => [{ seq: 3, also: [2] }] },
    );
    const effects = decideSeenByVisitor(turn, 3);
    expect(effects.flatMap((effect) => (effect.kind === "cancel-mail" ? [effect.seq] : []))).toEqual([3]);
    expect(effects.flatMap((effect) => (effect.kind === "update" ? [effect.message.delivery] : []))).toEqual([
      { state: "seen" },
      { state: "seen" },
    ]);
    expect(stateOf(effects)).toMatchObject({ mails: 0 });
  });

  it("leaves a mail alone whose last reply was not seen", () => {
    const turn = aTurnWith({}, { queuedReplies: () => [{ seq: 3, also: [2] }] });
    expect(cancelUnneeded(turn, 2)).toEqual([]);
  });
});
