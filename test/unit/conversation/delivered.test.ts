/** What had reached the visitor's device when they left. */
import { describe, expect, test } from "vitest";
import { decideVisitorLeft } from "../../../durable-objects/conversation/unseen.ts";
import { NOW, aMessage, aState, aTurn, ana } from "../../support/conversation-builders.ts";

const reply = (seq: number) => aMessage({ seq, at: NOW - 40_000 + seq * 10_000, author: ana });
const messages = [1, 2, 3].map((seq): [string, ReturnType<typeof reply>] => [`key-${seq}`, reply(seq)]);
const state = aState({ lastSeq: 3, lastReply: { seq: 3, agentId: "ana" }, revision: 7 });
const after = (effects: ReturnType<typeof decideVisitorLeft>) =>
  effects.flatMap((effect) => (effect.kind === "state" ? [effect.state] : []))[0];

describe("a visitor who leaves", () => {
  test("has what was written before the last sign of life of their device, and agents are told", () => {
    const effects = decideVisitorLeft(aTurn(state, messages), NOW - 15_000);
    expect(effects.map(({ kind }) => kind)).toEqual(["state", "conversation"]);
    expect(after(effects)).toMatchObject({ visitorDeliveredSeq: 2, revision: 8 });
    expect(after(decideVisitorLeft(aTurn(state, messages), NOW))).toMatchObject({ visitorDeliveredSeq: 3 });
  });

  test("costs nothing where it says nothing new", () => {
    expect(decideVisitorLeft(aTurn({ ...state, visitorSeenSeq: 3 }, messages), NOW)).toEqual([]);
    expect(decideVisitorLeft(aTurn({ ...state, visitorDeliveredSeq: 3 }, messages), NOW)).toEqual([]);
    expect(decideVisitorLeft(aTurn({ ...state, lastReply: null }, messages), NOW)).toEqual([]);
    expect(decideVisitorLeft(aTurn(state, messages), 0)).toEqual([]);
  });

  test("begins the wait for unseen replies anew", () => {
    const waiting = { ...state, unseen: { dueAt: NOW - 1, afterMs: 120_000, mails: 0, day: 0 }, visitorDeliveredSeq: 3 };
    expect(after(decideVisitorLeft(aTurn(waiting, messages), NOW))).toMatchObject({
      unseen: { dueAt: NOW + 120_000, afterMs: 120_000, mails: 0, day: 0 },
      revision: 7,
    });
  });
});
