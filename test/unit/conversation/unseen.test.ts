import { describe, expect, it } from "vitest";
import { cancelUnneeded, decideSeenByVisitor, decideUnseen } from "../../../durable-objects/conversation/unseen.ts";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import { NOW, aBeginner, aMailState, aMessage, aState, aTurn, anAddress } from "../../support/conversation-builders.ts";

const agent = { kind: "agent", id: "ana", name: "Ana" } as const;
const VERA = "vera@example.test";
const DAY_MS = 24 * 60 * 60_000;
const today = Math.floor(NOW / DAY_MS);
/** Its visitor has typed Vera's address. */
const typed = { address: anAddress(VERA), beginner: aBeginner({ given: [VERA] }) };
const reachable = {
  ...typed,
  correspondents: [{ email: VERA, mails: 1, bounces: 0, isHeard: true, isReachable: true }],
};
const confirmed = { ...typed, beginner: aBeginner({ given: [VERA], confirmed: { email: VERA, usedAt: NOW } }) };
const replies = [2, 3].map((seq) => aMessage({ seq, author: agent, text: `reply ${seq}` }));

function aTurnWith(over: Parameters<typeof aState>[0], turn: Partial<Turn> = {}): Turn {
  const base = aTurn(
    aState({ ...typed, lastSeq: 3, visitorSeenSeq: 1, lastReply: { seq: 3, agentId: "ana" }, ...over }),
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
    expect(mailsOf(effects)).toEqual([{ seq: 3, to: VERA, dueAt: turn.now, also: [2], isCancelledBySeen: true }]);
    expect(effects.flatMap((effect) => (effect.kind === "update" ? [effect.message.delivery] : []))).toEqual([
      { state: "queued", to: [VERA] },
      { state: "queued", to: [VERA] },
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
    const turn = aTurnWith({ address: null, beginner: aBeginner() });
    turn.state.unseen = due(turn);
    const effects = decideUnseen(turn, replies);
    expect(mailsOf(effects)).toEqual([]);
    expect(stateOf(effects)).toMatchObject({ dueAt: null, mails: 0 });
  });

  it("[T4] goes to the address that its reader gave last, whatever replies by mail go to", () => {
    const given = { address: anAddress(VERA), claimed: "other@example.test" };
    const turn = aTurnWith({ ...given, beginner: aBeginner({ given: [VERA, "other@example.test"] }) });
    turn.state.unseen = due(turn);
    expect(mailsOf(decideUnseen(turn, replies))).toMatchObject([{ to: "other@example.test" }]);
  });

  it("goes where replies go where nobody began a chat", () => {
    const state = aMailState({ address: anAddress(VERA, { by: "mail" }), lastSeq: 3 });
    const turn = {
      ...aTurn(
        state,
        replies.map((message) => [`agent:ana:${message.seq}`, message]),
      ),
    };
    turn.state.unseen = due(turn);
    expect(mailsOf(decideUnseen(turn, replies))).toMatchObject([{ to: VERA }]);
  });

  it.each([
    ["only typed: one in all", typed, { mails: 0, day: 0 }, { mails: 1 }],
    ["only typed: not a second", typed, { mails: 1, day: today }, null],
    ["only typed: not a second on another day", typed, { mails: 1, day: today - 5 }, null],
    ["that has answered us: a third on a day", reachable, { mails: 2, day: today }, { mails: 3, day: today }],
    ["that has answered us: not a fourth", reachable, { mails: 3, day: today }, null],
    ["that has answered us: again the next day", reachable, { mails: 3, day: today - 1 }, { mails: 1, day: today }],
    ["that the visitor has shown to be theirs: as many as it takes", confirmed, { mails: 30, day: today }, { mails: 31 }],
  ] as const)("[T1] an address %s", (_, over, before, after) => {
    const turn = aTurnWith(structuredClone(over) as Parameters<typeof aState>[0]);
    turn.state.unseen = { ...due(turn), ...before };
    const effects = decideUnseen(turn, replies);
    expect(mailsOf(effects)).toHaveLength(after === null ? 0 : 1);
    expect(stateOf(effects)).toMatchObject({ dueAt: null, ...(after ?? before) });
  });

  it("[T1] is one mail of a conversation in all, however many addresses its visitor types", () => {
    const beginner = aBeginner({ given: [VERA, "next@example.test"] });
    const turn = aTurnWith({ address: anAddress("next@example.test"), beginner });
    turn.state.unseen = { ...due(turn), mails: 1 };
    expect(mailsOf(decideUnseen(turn, replies))).toEqual([]);
  });

  it("[T1] an address has shown nothing by what another one of the conversation has", () => {
    const beginner = aBeginner({ given: [VERA, "next@example.test"] });
    const turn = aTurnWith({ ...reachable, claimed: "next@example.test", beginner });
    turn.state.unseen = { ...due(turn), mails: 1 };
    expect(mailsOf(decideUnseen(turn, replies))).toEqual([]);
  });

  it("[T1] a session that is not used any more, or was blocked, has shown nothing", () => {
    const old = { email: VERA, usedAt: NOW - 91 * DAY_MS };
    for (const over of [{ confirmed: old }, { confirmed: { ...old, usedAt: NOW }, isBlocked: true }]) {
      const turn = aTurnWith({ ...typed, beginner: aBeginner({ given: [VERA], ...over }) });
      turn.state.unseen = { ...due(turn), mails: 1 };
      expect(mailsOf(decideUnseen(turn, replies))).toEqual([]);
    }
  });

  it("[T16] takes a mail back that is not needed any more, without counting it", () => {
    const turn = aTurnWith(
      { unseen: { dueAt: null, afterMs: 120_000, mails: 1, day: 0 } },
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
    expect(cancelUnneeded(turn, 2)).toEqual({ state: null, effects: [] });
  });
});
